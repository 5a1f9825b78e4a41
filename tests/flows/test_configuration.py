import sys
import types
from pathlib import Path

import pydantic
import pytest

from flows.configuration import PipelineConfig, load_config
from shls_core.errors import ConfigError
from shls_core.methods.config import MethodConfig
from shls_core.methods.method import Method
from shls_core.methods.registry import METHODS
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.methods.shls.section import ShlsSection


class OtherConfig(MethodConfig):
    name: str = "other"
    depth: int = 1


OTHER = Method("other", OtherConfig, lambda config: ("frames",), *[print] * 5, (), (), ())
"""As much of another method as a configuration needs."""


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> str:
        path = tmp_path / "written.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_file_holds_what_differs_from_its_base(written, tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "lowest.yaml").write_text("name: lowest\ntraining: {steps: 7, batch_size: 2}")
    (tmp_path / "below" / "base.yaml").write_text(
        "base: lowest.yaml\ntraining: {steps: 8}\n"
        "method: {network: {refinement: {mode: roi, decoder_width: 0.5}}}"
    )
    config = load_config(
        written(
            "base: below/base.yaml\nmethod: {name: shls, network: {refinement: {mode: whole_frame}}}\n"
            "synthesis: {scale: [1, 1.1]}"
        )
    )
    assert config.name == "lowest"
    assert (config.training.steps, config.training.batch_size) == (8, 2)
    assert config.method.network.refinement == RefinementConfig(mode="whole_frame", decoder_width=0.5)
    assert config.synthesis.scale == (1, 1.1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base: written.yaml", "^expected a base that does not stand on this file itself, got "),
        (
            "base: [paper.yaml]",
            r"^expected the path of a configuration file as base, got \['paper.yaml'\] \(",
        ),
        ("base: nowhere.yaml", "^expected a configuration file at .*nowhere.yaml: No such file"),
    ],
)
def test_a_base_that_cannot_be_used_is_told(written, text, expected):
    path = written(text)
    with pytest.raises(ConfigError, match=expected) as raised:
        load_config(path)
    assert str(Path(path).parent) in str(raised.value)


def test_a_name_alone_means_every_default_of_the_method(written):
    assert load_config(written("method: shls")) == PipelineConfig()
    assert load_config(written("method: {name: shls}")).method == ShlsSection()


def test_the_section_of_another_method_takes_the_place_of_the_one_below(written, tmp_path, monkeypatch):
    monkeypatch.setitem(METHODS, "other", f"{__name__}:OTHER")
    monkeypatch.setitem(sys.modules, __name__, types.SimpleNamespace(OTHER=OTHER))
    (tmp_path / "base.yaml").write_text("method: {name: shls, contrast: soft_neighbours}")
    assert load_config(written("base: base.yaml\nmethod: other")).method == OtherConfig()
    assert load_config(written("base: base.yaml\nmethod: {name: other, depth: 3}")).method.depth == 3
    assert load_config(written("base: base.yaml\nmethod: shls")).method.contrast == {"soft_neighbours": 1.0}
    with pytest.raises(ConfigError, match=r"unknown key method\.contrast; expected one of: depth, name"):
        load_config(written("method: {name: other, contrast: nt_xent}"))


def test_an_empty_file_means_every_default(written):
    assert load_config(written("")) == PipelineConfig()


def test_sections_are_read(written):
    config = load_config(
        written("name: mine\ntraining: {learning_rate: 1e-3}\nsynthesis: {scale: [0.9, 1.1]}")
    )
    assert (config.name, config.training.learning_rate, config.synthesis.scale) == ("mine", 1e-3, (0.9, 1.1))


@pytest.mark.parametrize(
    ("text", "key", "known"),
    [
        ("sinthesis: {}", "sinthesis", sorted(PipelineConfig.model_fields)),
        ("training: {stepps: 3}", "training.stepps", ["batch_size", "steps", "warmup_steps"]),
        ("method: {momentum: 1}", "method.momentum", ["contrast", "memory", "name", "network"]),
        ("method: {name: shls, network: {depth: 3}}", "method.network.depth", ["width_multiplier"]),
        (
            "propagation: {label_propagation: {neighbors: 3}}",
            "propagation.label_propagation.neighbors",
            ["features", "neighbours", "snap"],
        ),
        (
            "saliency: {superpixels: {number: 3}}",
            "saliency.superpixels.number",
            ["compactness", "num_superpixels", "sigma"],
        ),
    ],
)
def test_an_unknown_key_is_named_with_the_known_ones_and_the_file(written, text, key, known):
    path = written(text)
    with pytest.raises(ConfigError, match=f"unknown key {key}; expected one of: ") as raised:
        load_config(path)
    told = str(raised.value)
    assert path in told
    assert set(known) <= set(told.split("expected one of: ")[1].split(" (")[0].split(", "))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("training: {steps: many}", r"^training\.steps: .*integer.*, got 'many' \("),
        ("training: {steps: 0}", r"^training\.steps: .*greater than or equal to 1, got 0 \("),
        ("execution: {backend: dask}", r"^execution\.backend: .*'serial' or 'ray', got 'dask' \("),
        ("synthesis: 3", r"^synthesis: .*got 3 \("),
        ("method: own", r"^method: expected a method of .*shls.*, got 'own' \("),
        ("method: 3", r"^method: expected the name of a method, or a section with it, got 3 \("),
        (
            "method: {network: {width_multiplier: 9}}",
            r"^method\.network\.width_multiplier: .*less than or equal to 4, got 9 \(",
        ),
        (
            "method: {refinement_learning_rate: 0.1}",
            r"^method: expected refinement_from > 0 with a refinement_learning_rate, got 0 \(",
        ),
        (
            "method: {refinement_from: 5}\ntraining: {steps: 5}",
            r"^expected method\.refinement_from below training\.steps \(5\), got 5 \(",
        ),
        (
            "method: {refinement_from: 7}\ntraining: {steps: 9, warmup_steps: 3}",
            r"^expected training\.warmup_steps of at most 2, .* got 3 \(",
        ),
        ("network: {width_multiplier: 0.5}", r"^network is now method\.network \("),
        ("memory:", r"^memory is now method\.memory \("),
        ("training: {contrast: nt_xent}", r"^training\.contrast is now method\.contrast \("),
        ("training: {steps: 3, refinement_from: 2}", r"^training\.refinement_from is now method\."),
        ("synthesis: {min_objects: 5}", r"^synthesis: expected min_objects <= max_objects, got 5 > 3 \("),
        ("synthesis: {scale: [2, 1]}", r"^synthesis\.scale: expected an interval .*, got 2\.0 \.\. 1\.0 \("),
        ("name: 9 lives", r"^name: .*pattern.*, got '9 lives' \("),
        ("training: {learning_rate: .inf}", r"^training\.learning_rate: .*, got inf \("),
        ("- training", r"^expected a mapping of sections in .*, got a list$"),
        ("[]", r"^expected a mapping of sections in .*, got a list$"),
        ("training: [", r"^expected YAML in .*"),
        ("training: !!python/object:os.system {}", r"^expected YAML in .*"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(written, text, expected):
    path = written(text)
    with pytest.raises(ConfigError, match=expected) as raised:
        load_config(path)
    assert path in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "photograph.yaml"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ConfigError, match=f"expected a configuration file at {path}: it is no text in UTF-8"):
        load_config(str(path))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"expected a configuration file at .*nowhere.yaml: No such file"):
        load_config(str(tmp_path / "nowhere.yaml"))
    with pytest.raises(
        ConfigError, match=r"expected a configuration file at .*: it is a folder, no regular file"
    ):
        load_config(str(tmp_path))


def test_changes_replace_keys_and_leave_the_rest():
    config = PipelineConfig(name="before")
    changed = config.with_changes(
        ingest={"images": "photos"}, execution={"backend": "serial", "workers": None}
    )
    assert changed.ingest.images == "photos"
    assert changed.execution.backend == "serial"
    assert changed.execution.workers == config.execution.workers
    assert changed.name == "before"
    assert config.ingest.images is None


def test_changes_are_checked_like_a_file():
    with pytest.raises(ConfigError, match=r"^execution\.workers: .*, got 0 \(the options given\)$"):
        PipelineConfig().with_changes(execution={"workers": 0})


def test_a_configuration_cannot_be_changed_in_place():
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        PipelineConfig().name = "other"


def models(model: type[pydantic.BaseModel]):
    yield model
    for field in model.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, pydantic.BaseModel):
            yield from models(field.annotation)


@pytest.mark.parametrize(
    "model", dict.fromkeys([*models(PipelineConfig), *models(ShlsSection)]), ids=lambda model: model.__name__
)
def test_every_key_says_what_it_means(model):
    assert [name for name, field in model.model_fields.items() if not field.description] == []
