import pytest
from prefect import Flow
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import ValidationError, validate

from flows.configuration import CONFIGS, load_config
from flows.schedule import deployed
from flows.schedule.parameters import changes_schema, chosen, config_names
from shls_core.errors import ConfigError
from shls_core.methods.registry import METHODS, method_named

FLOWS = [
    value
    for value in vars(deployed).values()
    if isinstance(value, Flow) and value.fn.__module__ == deployed.__name__
]


def schema_of(flow):
    return {**parameter_schema(flow).model_dump_for_openapi(), "additionalProperties": False}


def test_a_configuration_of_the_project_is_chosen_by_its_name():
    assert {"quickstart", "stills", "paper"} <= set(config_names())
    assert chosen("stills", {}) == load_config(str(CONFIGS / "stills.yaml"))


def test_changes_and_folders_replace_keys_and_the_others_stay():
    found = chosen("quickstart", {"training": {"steps": 7}}, images="photographs")
    quickstart = load_config("quickstart")
    assert (found.training.steps, found.training.batch_size) == (7, quickstart.training.batch_size)
    assert found.ingest.images == "photographs"
    assert chosen("quickstart", {}, images="").ingest == quickstart.ingest


@pytest.mark.parametrize(
    "changes", [{"training": {"stepz": 1}}, {"training": {"steps": 0}}, {"method": {"name": "x"}}]
)
def test_a_wrong_change_is_refused_before_any_work_without_a_server_too(changes, tmp_path):
    with pytest.raises(ConfigError):
        deployed.regenerate.fn(store=str(tmp_path / "store"), changes=changes)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("name", config_names())
def test_what_a_configuration_says_is_a_change_that_the_schema_takes(name):
    whole = load_config(name).model_dump(mode="json", exclude_none=True)
    schema = {"type": "object", "properties": {"changes": changes_schema()}}
    validate({"changes": whole}, schema, raise_on_error=True)


@pytest.mark.parametrize("method", METHODS)
def test_the_schema_has_the_keys_of_every_method(method):
    assert (
        changes_schema()["properties"]["method"]["properties"].keys()
        >= method_named(method).config.model_fields.keys()
    )


def test_no_key_is_required_and_no_default_would_become_a_value():
    def keywords(schema):
        if isinstance(schema, dict):
            for key, value in schema.items():
                if key == "properties":
                    for inner in value.values():
                        yield from keywords(inner)
                else:
                    yield key
                    yield from keywords(value)
        elif isinstance(schema, list):
            for inner in schema:
                yield from keywords(inner)

    assert not {"required", "default", "$ref", "$defs"} & set(keywords(changes_schema()))


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_flow_takes_its_defaults_and_refuses_a_parameter_it_has_not(flow):
    schema = schema_of(flow)
    defaults = {key: value["default"] for key, value in schema["properties"].items() if "default" in value}
    assert defaults.keys() == schema["properties"].keys()
    validate(defaults, schema, raise_on_error=True)
    with pytest.raises(ValidationError, match="'imagse' was unexpected"):
        validate({"imagse": "x"}, schema, raise_on_error=True)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_no_flow_has_retries_and_every_run_gets_a_name(flow):
    assert flow.retries == 0
    assert flow.flow_run_name is not None
