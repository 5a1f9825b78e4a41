"""The configuration of a whole run: a YAML file, optionally based on another; unknown keys are refused."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import pydantic
import yaml
from pydantic import Field, model_validator

from flows.environment.credentials import refuse_credentials
from flows.strict_yaml import strict_yaml
from shls_core.adaptation.config import AdaptationConfig
from shls_core.clips.config import ClipsConfig, FootageConfig
from shls_core.errors import ConfigError
from shls_core.files.foreign_file import read_text
from shls_core.files.places import expanded
from shls_core.frozen import FrozenConfig
from shls_core.methods.config import MethodConfig
from shls_core.methods.learning_source import check_source
from shls_core.methods.mask_vos.cluster_config import ClusterConfig
from shls_core.methods.registry import DEFAULT, MethodSection, default_method, method_named
from shls_core.photographs.crops import CropConfig
from shls_core.photographs.split import HeldOutConfig
from shls_core.propagation.config import PropagationConfig
from shls_core.saliency.config import SaliencyConfig
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.synthesis.config import SynthesisConfig
from shls_core.training.phases import check_phases
from shls_core.training.shares_config import TrainingSection, TrainingWithShares
from shls_core.training.source import STILLS, Source
from storage.gate.config import GateConfig
from storage.tables.names import NAME_PATTERN
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.runs.worker_range import refuse_idle
from tasks.stages.ingest import IngestConfig

_IN_A_WHEEL, _IN_A_CHECKOUT = Path(__file__).parent / "configs", Path(__file__).parents[1] / "configs"
CONFIGS = _IN_A_WHEEL if _IN_A_WHEEL.is_dir() else _IN_A_CHECKOUT
QUICKSTART = str(CONFIGS / "quickstart.yaml")
CLIPS = str(CONFIGS / "clips.yaml")

_LARGEST_FILE = 1 << 20
_SHOWN = 200
"""Characters of a wrong value that an error message repeats."""

_MOVED = {
    "network": "method.network",
    "memory": "method.memory",
    **{
        f"training.{key}": f"method.{key}"
        for key in ("contrast", "temperature", "refinement_from", "refinement_learning_rate")
    },
}
"""Keys in files from before there was a choice of methods, and their new names."""


_PATHS = (("ingest", "images"), ("footage", "videos"), ("execution", "log_dir"), ("saliency", "detector"))
"""Keys that hold a path, also behind the kind of a detector (``maps:FOLDER``)."""


class PipelineConfig(FrozenConfig):
    """The whole configuration, one section per part."""

    name: str = Field(default="photos", pattern=f"^{NAME_PATTERN}$")
    """Name under which the dataset is published: ``NAME@v1``, ``NAME@latest``."""
    staging: StagingConfig = StagingConfig()
    """How rows are drawn, grouped into shards and rejected."""
    ingest: IngestConfig = IngestConfig()
    """Which photographs are taken in."""
    crops: CropConfig = CropConfig()
    """Whether photographs are cut into parts."""
    saliency: SaliencyConfig = SaliencyConfig()
    """How the foreground is found."""
    synthesis: SynthesisConfig = SynthesisConfig()
    """How stills become pseudo-sequences."""
    held_out: HeldOutConfig = HeldOutConfig()
    """Which photographs and videos training never sees."""
    superpixels: SuperpixelConfig = SuperpixelConfig()
    """How frames become superpixels."""
    footage: FootageConfig = FootageConfig()
    """Which videos are taken in."""
    clips: ClipsConfig = ClipsConfig()
    """How videos become clips."""
    clusters: ClusterConfig = ClusterConfig()
    """Whether clips get pseudo-masks from the features of a checkpoint, and how."""
    gate: GateConfig = GateConfig()
    """What a dataset must look like to be published."""
    method: MethodSection = Field(default_factory=default_method)
    """The segmentation method: its name, and the keys that only this method has."""
    propagation: PropagationConfig = PropagationConfig()
    """How masks are propagated through videos."""
    adaptation: AdaptationConfig = AdaptationConfig()
    """Whether a network learns each video from its propagated masks, and how."""
    training: TrainingSection = TrainingWithShares()
    """How weights are learned."""
    source: Source = STILLS
    """What training draws of a dataset: ``stills``, the pseudo-sequences of its photographs, or ``clips``,
    pieces of its videos."""
    validation_dataset: str | None = None
    """Name or id of a dataset of photographs, in the same store, whose held-out sequences validate and score
    what is trained: a dataset of videos alone has no masks. By default the dataset that is trained on."""
    starts_from: str | None = None
    """Id of a checkpoint in the same store whose weights training begins with, as far as both networks have
    them; by default all weights are random."""
    rounds: int = Field(default=10, ge=1, le=1000)
    """Rounds of `shls alternate`, each of ``training.steps`` (Mask-VOS: 10)."""
    execution: ExecutionConfig = ExecutionConfig()
    """Where the work runs."""

    @model_validator(mode="after")
    def _parts_fit(self) -> "PipelineConfig":
        check_phases(self.method.phases, self.training)
        check_source(self.source, self.method)
        refuse_idle(self.execution.training_workers, self.training.shares)
        return self

    def with_changes(self, **sections: Mapping[str, Any]) -> "PipelineConfig":
        """Return the configuration with some keys of some sections replaced, and validated again.

        Values that are None replace nothing.
        """
        whole = self.model_dump()
        for section, changes in sections.items():
            whole[section] |= {key: value for key, value in changes.items() if value is not None}
        return _checked(whole, "the options given")


def load_config(config: PipelineConfig | str) -> PipelineConfig:
    """Read the configuration file at a path; a configuration is returned unchanged.

    Where there is no such file, ``stills``, ``stills.yaml`` and ``configs/stills.yaml`` mean the
    configuration of that name that comes with the project. A file with ``base: OTHER.yaml`` (found in the
    same way; a path is relative to the file's own folder) contains only what differs from it.

    Raises
    ------
    ConfigError
        If it cannot be read, or contains an unknown key or value.
    """
    if isinstance(config, PipelineConfig):
        return config
    content = _content(_file_named(expanded(config), Path()), ())
    refuse_credentials(content, f" ({config})")
    return _checked(content, config)


def changed_config(config: str, changes: Mapping[str, Any]) -> PipelineConfig:
    """Return the configuration that `load_config` reads, with some keys of some sections replaced.

    Parameters
    ----------
    config
        As of `load_config`.
    changes
        What a file based on that one would contain.

    Raises
    ------
    ConfigError
        As of `load_config`; the changes may be wrong, too.
    """
    refuse_credentials(changes, " (changes)")
    content = _content(_file_named(expanded(config), Path()), ())
    return _checked(_merged(content, changes), f"{config} with changes" if changes else config)


def _file_named(name: str, folder: Path) -> Path:
    """Return the file at a path from `folder`; where there is none, the project's own of that name."""
    path = folder / name
    if os.path.lexists(path):  # Path.exists raises for a name that is too long
        return path
    bundled = {file.relative_to(CONFIGS).as_posix(): file for file in CONFIGS.rglob("*.yaml")}
    return bundled.get(f"{name.removeprefix('configs/').removesuffix('.yaml')}.yaml", path)


def _content(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """Return the sections of a file merged into those of its base; `above`: the files based on this one."""
    if path.resolve() in above:
        raise ConfigError(f"expected a base that does not stand on this file itself, got {path}")
    try:
        content = strict_yaml(read_text(path, _LARGEST_FILE))
    except (OSError, ValueError) as error:  # ValueError: a path that no file has
        what = error.strerror if isinstance(error, OSError) else str(error)
        known = ", ".join(sorted(file.stem for file in CONFIGS.glob("*.yaml")))
        raise ConfigError(
            f"expected a configuration file at {path}: {what}; the project's own are {known}"
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"expected YAML in {path}: {' '.join(str(error).split())}") from error
    if content is None:  # an empty file: every default
        content = {}
    if not isinstance(content, dict):
        raise ConfigError(f"expected a mapping of sections in {path}, got a {type(content).__name__}")
    _refuse_moved(content, path)
    if isinstance(content.get("method"), str):
        content["method"] = {"name": content["method"]}
    for section, key in _PATHS:
        if isinstance(content.get(section), dict) and isinstance(content[section].get(key), str):
            content[section][key] = _with_home(content[section][key])
    if "base" not in content:
        return content
    base = content.pop("base")
    if not isinstance(base, str):
        raise ConfigError(f"expected the path of a configuration file as base, got {base!r:.200} ({path})")
    return _merged(_content(_file_named(expanded(base), path.parent), (*above, path.resolve())), content)


def _with_home(value: str) -> str:
    kind, colon, path = value.partition(":")
    return f"{kind}:{expanded(path)}" if colon and path.startswith("~") else expanded(value)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the keys of `changes`; sections in both are merged in the same way.

    A `method` section that names another method replaces the one in `base`.
    """
    both = {
        key: _merged(base[key], value) if _is_same_section(key, base[key], value) else value
        for key, value in changes.items()
        if key in base
    }
    return {**base, **changes, **both}


def _is_same_section(key: str, base: Any, changes: Any) -> bool:
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return False
    return key != "method" or changes.get("name") in (None, base.get("name", DEFAULT))


def _refuse_moved(content: Mapping[str, Any], path: Path) -> None:
    training = content.get("training")
    keys = {*content, *(f"training.{key}" for key in (training if isinstance(training, dict) else {}))}
    for old, new in _MOVED.items():
        if old in keys:
            raise ConfigError(f"{old} is now {new} ({path})")


def _checked(content: Mapping[str, Any], where: str) -> PipelineConfig:
    try:
        return PipelineConfig.model_validate(content)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(f"{_described(first, content)} ({where})") from error


def _described(problem: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key}; expected one of: {', '.join(_known_keys(location[:-1], content))}"
    if problem["type"] == "value_error":  # a check of our own: its message contains the value
        return f"{key}: {problem['ctx']['error']}" if key else str(problem["ctx"]["error"])
    got = repr(problem["input"])
    return f"{key}: {problem['msg']}, got {got if len(got) <= _SHOWN else got[:_SHOWN] + '…'}"


def _known_keys(sections: list[str], content: Mapping[str, Any]) -> list[str]:
    model: Any = PipelineConfig
    for section in sections:
        if get_origin(model) is Mapping:  # a section for each of several names
            model = get_args(model)[1]
            continue
        model = model.model_fields[section].annotation
        if model is MethodConfig:  # the file names the method, and with it the class
            model = method_named(content["method"].get("name", DEFAULT)).config
    return sorted(model.model_fields)
