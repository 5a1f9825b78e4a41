"""The parameters of deployed flows: small and typed, so that the server refuses a wrong one by its name.

Prefect's server keeps a JSON schema of the parameters with every deployment. It draws a form from it, and
checks every run against it before the run exists. Here a configuration is one of the names in ``configs/``,
and `Changes` has the schema of a configuration of which any part may be left out.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Annotated, Any

from pydantic import Field, StringConstraints, WithJsonSchema

from flows.configuration import CONFIGS, PipelineConfig, changed_config
from shls_core.methods.registry import METHODS, method_named

_LEFT_OUT = frozenset({"default", "title"})
"""Keywords that change nothing: a default in the schema would become a value in the form."""


def config_names() -> list[str]:
    """Return the names of the configurations in ``configs/``; ablations, in a folder there, are left out."""
    return sorted(file.stem for file in CONFIGS.glob("*.yaml"))


def changes_schema() -> dict[str, Any]:
    """Return the JSON schema of a part of a configuration: no key is required, and no other is allowed."""
    whole = PipelineConfig.model_json_schema()
    parts = whole["$defs"]
    schema: dict[str, Any] = _inlined({key: value for key, value in whole.items() if key != "$defs"}, parts)
    schema["properties"]["method"] = _method_schema()
    return schema


def _method_schema() -> dict[str, Any]:
    """Return the schema of the section ``method``: the keys of every method."""
    keys: dict[str, list[Any]] = {}
    for name in METHODS:
        whole = method_named(name).config.model_json_schema()
        for key, value in _inlined(whole, whole.get("$defs", {}))["properties"].items():
            known = keys.setdefault(key, [])
            known += [value] if value not in known else []
    properties = {key: each[0] if len(each) == 1 else {"anyOf": each} for key, each in keys.items()}
    properties["name"] = {"type": "string", "enum": sorted(METHODS)}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _inlined(schema: Any, parts: Mapping[str, Any]) -> Any:
    """Return a schema with its references replaced by what they mean, and nothing required."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        meant = deepcopy(parts[schema["$ref"].rpartition("/")[2]])
        return _inlined({**meant, **{key: value for key, value in schema.items() if key != "$ref"}}, parts)
    is_object = schema.get("type") == "object"
    left_out = {"$defs", *_LEFT_OUT, *({"required"} if is_object else ())}
    done = {key: value for key, value in schema.items() if key not in left_out}
    if "properties" in done:  # a property may be called `title`
        done["properties"] = {key: _inlined(value, parts) for key, value in done["properties"].items()}
    return {key: value if key == "properties" else _inlined(value, parts) for key, value in done.items()}


ConfigName = Annotated[
    str,
    WithJsonSchema({"type": "string", "enum": config_names()}),
    Field(description="A configuration of the project, by its name in configs/."),
]
StoreLocation = Annotated[
    str, StringConstraints(min_length=1), Field(description="Folder of the store, or s3://bucket/prefix.")
]
SourceFolder = Annotated[
    str | None,
    Field(description="Folder, or s3://bucket/prefix, to read; empty: the one that the configuration names."),
]
Changes = Annotated[
    dict[str, Any],
    WithJsonSchema(changes_schema()),
    Field(description="Keys of the configuration with other values, as {training: {steps: 500}}."),
]
NO_CHANGES: Changes = {}
"""The default of `changes`, a plain dictionary as the schema has to show it; nobody changes it."""
DatasetReference = Annotated[
    str | None, Field(description="Name or id of the dataset; empty: the newest of the configuration's name.")
]
CheckpointReference = Annotated[
    str | None, Field(description="Id of the checkpoint; empty: the one trained last.")
]

SampleCount = Annotated[int, Field(ge=0, description="Samples to make again, drawn at random.")]


def chosen(
    config: str, changes: Mapping[str, Any], images: str | None = None, videos: str | None = None
) -> PipelineConfig:
    """Return the configuration that the parameters of a run mean.

    Raises
    ------
    ConfigError
        If there is none of this name, or it does not take these changes.
    """
    return changed_config(config, changes).with_changes(
        ingest={"images": images or None}, footage={"videos": videos or None}
    )
