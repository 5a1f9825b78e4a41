"""The methods there are. To add one: a folder beside this module, and a line here.

An entry is a string: nothing is imported before it is asked for, and no digest of code reaches one method
through another. A new entry, or a change in one method, makes no checkpoint of another stale.
"""

import importlib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from shls_core.errors import InputError
from shls_core.methods.config import MethodConfig
from shls_core.methods.method import Method

METHODS: dict[str, str] = {
    "shls": "shls_core.methods.shls.method:SHLS",
}
"""Where the `Method` of every name is: ``module:ATTRIBUTE``."""

DEFAULT = "shls"
"""The method of a configuration that names none, and of records from before there was a choice."""


def method_named(name: str) -> Method:
    """Return the method of a name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in METHODS:
        raise InputError(f"expected a method of {', '.join(sorted(METHODS))}, got {name!r}")
    module, attribute = METHODS[name].split(":")
    method: Method = getattr(importlib.import_module(module), attribute)
    return method


def method_config(section: Any) -> MethodConfig:
    """Return the section ``method`` of a configuration: checked, as the class of its method.

    Parameters
    ----------
    section
        A mapping with a key ``name`` (without: `DEFAULT`), a name alone, or what this function returned.

    Raises
    ------
    ValueError
        If there is no such method, or it has not these keys.
    """
    if isinstance(section, MethodConfig):
        return section
    if isinstance(section, str):
        section = {"name": section}
    if not isinstance(section, Mapping):
        raise ValueError(f"expected the name of a method, or a section with it, got {section!r}")
    name = section.get("name", DEFAULT)
    try:
        method = method_named(name)
    except InputError as error:
        raise ValueError(str(error)) from error
    return method.config.model_validate({**section, "name": name})


def default_method() -> MethodConfig:
    """Return every default of the default method."""
    return method_config(DEFAULT)


MethodSection = Annotated[SerializeAsAny[MethodConfig], BeforeValidator(method_config)]
"""The type of a field ``method`` in a configuration."""
