"""The registry of methods. To add one, add a folder beside this module and a line here.

An entry is a string. So a method is imported only when it is requested, and no code digest reaches one method
through another: a new entry, or a change in one method, makes no checkpoint of another stale.
"""

import importlib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from shls_core.errors import InputError
from shls_core.methods.config import MethodConfig
from shls_core.methods.method import Method

METHODS: dict[str, str] = {
    "dul": "shls_core.methods.dul.method:DUL",
    "mask_vos": "shls_core.methods.mask_vos.method:MASK_VOS",
    "momentum_memory": "shls_core.methods.momentum_memory.method:MOMENTUM_MEMORY",
    "shls": "shls_core.methods.shls.method:SHLS",
}
"""The location of every `Method`, by its name: ``module:ATTRIBUTE``."""

DEFAULT = "shls"
"""The method of a configuration that names none, and of records written before there was a choice."""


def method_named(name: str) -> Method:
    """Return the method with a name.

    Raises
    ------
    InputError
        If there is none.
    """
    if not isinstance(name, str) or name not in METHODS:
        raise InputError(f"expected a method of {', '.join(sorted(METHODS))}, got {name!r}")
    module, attribute = METHODS[name].split(":")
    method: Method = getattr(importlib.import_module(module), attribute)
    return method


def method_config(section: Any) -> MethodConfig:
    """Validate the section ``method`` of a configuration and return it as the class of its method.

    Parameters
    ----------
    section
        A mapping with a key ``name`` (if missing: `DEFAULT`), a name alone, or a result of this function.

    Raises
    ------
    ValueError
        If there is no such method, or it does not have these keys.
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
    """Return the default configuration of the default method."""
    return method_config(DEFAULT)


MethodSection = Annotated[SerializeAsAny[MethodConfig], BeforeValidator(method_config)]
"""The type of a field ``method`` in a configuration."""
