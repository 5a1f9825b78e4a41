"""The base of every configuration model, and what is wrong with one that is refused."""

from pydantic import BaseModel, ConfigDict, ValidationError


class FrozenConfig(BaseModel):
    """A configuration: immutable, unknown keys refused, field docstrings kept as descriptions."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


def first_problem(error: ValidationError) -> str:
    """Return the first thing that is wrong with some input, as ``where: what``."""
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else str(first["msg"])
