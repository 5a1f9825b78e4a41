"""The base of every configuration model."""

from pydantic import BaseModel, ConfigDict


class FrozenConfig(BaseModel):
    """A configuration: immutable, unknown keys refused, field docstrings kept as descriptions."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)
