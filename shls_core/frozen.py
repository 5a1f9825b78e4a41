"""The base class of configuration models, and the description of a validation error."""

from pydantic import BaseModel, ConfigDict, ValidationError


class FrozenConfig(BaseModel):
    """A configuration: immutable; unknown keys are rejected; field docstrings become descriptions."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


def first_problem(error: ValidationError) -> str:
    """Return the first validation error as ``where: what``."""
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else str(first["msg"])
