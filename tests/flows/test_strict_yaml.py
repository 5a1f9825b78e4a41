import pytest
import yaml

from flows.configuration import CONFIGS, load_config
from flows.strict_yaml import strict_yaml
from shls_core.errors import ConfigError

BOMB = "a: &a [x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)
)


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: path.name)
def test_good_yaml_is_read_as_the_safe_loader_reads_it(path):
    text = path.read_text(encoding="utf-8")
    assert strict_yaml(text) == yaml.safe_load(text)


def test_aliases_and_merges_are_understood():
    assert strict_yaml("a: &a {x: 1}\nb: {<<: *a, y: 2}\n") == {"a": {"x": 1}, "b": {"x": 1, "y": 2}}
    assert strict_yaml("") is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("name: a\nname: b\n", "key 'name' is there twice, in line 1 and in line 2"),
        (
            "training:\n  steps: 3\n  steps: 4\n",
            "key 'steps' is there twice, in line 2 and in line 3",
        ),
        ("[" * 5000 + "]" * 5000, "nested more than 40 deep"),
        ("a: " + "[" * 100 + "]" * 100, "nested more than 40 deep"),
        (BOMB, "more than 20,000 values"),
        ("a: &a [*a]", "more than 20,000 values"),
        ("name: 2026-99-99", "month must be in"),
        ("!!python/object/apply:os.system [echo]", "could not determine a constructor"),
        ("? [a, b]\n: 1", "unhashable key"),
    ],
)
def test_what_hides_or_multiplies_is_refused_in_one_line(tmp_path, text, what):
    with pytest.raises(yaml.YAMLError, match=what):
        strict_yaml(text)
    (tmp_path / "it.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=what) as refused:
        load_config(str(tmp_path / "it.yaml"))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ("training: {learning_rate: .nan}", "training.learning_rate: Input should be a finite number"),
        ("training: {learning_rate: 1.0e+999}", "training.learning_rate: Input should be a finite number"),
        ("name: ''", "name: String should match pattern"),
        (f"name: {'x' * 5000}é", "name: .*…"),
    ],
)
def test_values_that_cannot_be_are_refused_and_cut(tmp_path, section, what):
    (tmp_path / "it.yaml").write_text(section, encoding="utf-8")
    with pytest.raises(ConfigError, match=what) as refused:
        load_config(str(tmp_path / "it.yaml"))
    assert len(str(refused.value)) < 600


def test_files_that_are_no_text_are_told(tmp_path):
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    with pytest.raises(ConfigError, match=r"expected a configuration file at .*: it is no text in UTF-8"):
        load_config(str(tmp_path / "binary.yaml"))
