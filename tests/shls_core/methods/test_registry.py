import importlib.util
import json
import subprocess
import sys

import pytest
from pydantic import BaseModel, ValidationError

from shls_core.errors import InputError
from shls_core.methods.config import MethodConfig
from shls_core.methods.registry import (
    DEFAULT,
    METHODS,
    MethodSection,
    default_method,
    method_config,
    method_named,
)
from shls_core.methods.shls.section import ShlsSection
from storage.rows.loader import ALL_COLUMNS


class Holder(BaseModel):
    method: MethodSection


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_entry_is_a_whole_method_of_its_name(name):
    method = method_named(name)
    assert method.name == name
    assert issubclass(method.config, MethodConfig)
    assert method_config(name).name == name
    columns = method.columns(method.config())
    assert "frames" in columns
    assert set(columns) <= {*ALL_COLUMNS, "clusters"}
    fields = method.config.model_fields
    assert set(method.config.used) <= fields.keys()
    for module in (*method.training_modules, *method.use_modules, *method.feature_modules):
        assert importlib.util.find_spec(module), module


def test_a_method_that_is_none_is_told_with_those_there_are():
    with pytest.raises(InputError, match=r"^expected a method of .*\bshls\b.*, got 'slhs'$"):
        method_named("slhs")


def test_a_name_or_a_section_without_one_means_its_defaults():
    assert method_config("shls") == method_config({}) == default_method() == ShlsSection()
    assert DEFAULT == "shls"
    chosen = method_config({"temperature": 0.5})
    assert chosen == ShlsSection(temperature=0.5)
    assert method_config(chosen) is chosen


def test_a_field_dumps_and_takes_the_section_of_any_method():
    held = Holder(method={"name": "shls", "network": {"width_multiplier": 0.5}})
    assert isinstance(held.method, ShlsSection)
    assert held.model_dump(mode="json")["method"]["network"]["width_multiplier"] == 0.5
    assert Holder.model_validate(held.model_dump()) == held
    assert Holder.model_validate_json(held.model_dump_json()) == held


@pytest.mark.parametrize(
    ("section", "location", "message"),
    [
        ("none", ("method",), "expected a method of "),
        (3, ("method",), "expected the name of a method, or a section with it, got 3"),
        ({"name": "shls", "depth": 3}, ("method", "depth"), "Extra inputs are not permitted"),
        (
            {"network": {"width_multiplier": 9}},
            ("method", "network", "width_multiplier"),
            "less than or equal",
        ),
    ],
)
def test_what_is_wrong_is_told_where_it_is(section, location, message):
    with pytest.raises(ValidationError) as raised:
        Holder(method=section)
    [problem] = raised.value.errors()
    assert problem["loc"] == location
    assert message in problem["msg"]


def test_methods_are_described_and_configured_without_torch():
    script = (
        "import json, sys\n"
        "from shls_core.methods.registry import METHODS, method_config, method_named\n"
        "early = [name for name in sys.modules if name.startswith('shls_core.methods.shls')]\n"
        "for name in METHODS: method_config(name), method_named(name)\n"
        "json.dump([early, [name for name in ('torch', 'faiss', 'cv2') if name in sys.modules]], sys.stdout)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], []]
