"""The configuration of a whole run: a YAML file, perhaps on top of another; unknown keys refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic
import yaml
from pydantic import Field

from shls_core.errors import ConfigError
from shls_core.frozen import FrozenConfig
from shls_core.methods.shls.memory.config import MemoryConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.photographs.crops import CropConfig
from shls_core.photographs.split import HeldOutConfig
from shls_core.propagation.config import PropagationConfig
from shls_core.saliency.config import SaliencyConfig
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.synthesis.config import SynthesisConfig
from shls_core.training.config import TrainingConfig
from storage.gate.config import GateConfig
from storage.tables.names import NAME_PATTERN
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.ingest import IngestConfig

CONFIGS = Path(__file__).parents[1] / "configs"
QUICKSTART = str(CONFIGS / "quickstart.yaml")


class PipelineConfig(FrozenConfig):
    """Everything that is configured, by the part it belongs to."""

    name: str = Field(default="photos", pattern=f"^{NAME_PATTERN}$")
    """Name under which the dataset is published: ``NAME@v1``, ``NAME@latest``."""
    staging: StagingConfig = StagingConfig()
    """How rows are drawn, grouped into shards and rejected."""
    ingest: IngestConfig = IngestConfig()
    """Which photographs come in."""
    crops: CropConfig = CropConfig()
    """Whether photographs are cut into parts."""
    saliency: SaliencyConfig = SaliencyConfig()
    """How the foreground is found."""
    synthesis: SynthesisConfig = SynthesisConfig()
    """How stills become pseudo-sequences."""
    held_out: HeldOutConfig = HeldOutConfig()
    """Which photographs training never sees."""
    superpixels: SuperpixelConfig = SuperpixelConfig()
    """How frames become superpixels."""
    gate: GateConfig = GateConfig()
    """What a dataset must look like to be published."""
    network: NetworkConfig = NetworkConfig()
    """The network."""
    memory: MemoryConfig = MemoryConfig()
    """The memory of a video."""
    propagation: PropagationConfig = PropagationConfig()
    """How real videos are worked on."""
    training: TrainingConfig = TrainingConfig()
    """How weights are learned."""
    execution: ExecutionConfig = ExecutionConfig()
    """Where the work is done."""

    def with_changes(self, **sections: Mapping[str, Any]) -> "PipelineConfig":
        """Return the configuration with some keys of some sections replaced, and checked again.

        Values that are None replace nothing.
        """
        whole = self.model_dump()
        for section, changes in sections.items():
            whole[section] |= {key: value for key, value in changes.items() if value is not None}
        return _checked(whole, "the options given")


def load_config(config: PipelineConfig | str) -> PipelineConfig:
    """Read the configuration file at a path; a configuration is returned as it is.

    A file that says ``base: OTHER.yaml`` (a path from its own folder) holds what differs from that file.

    Raises
    ------
    ConfigError
        If it cannot be read, or holds a key or value that is not known.
    """
    if isinstance(config, PipelineConfig):
        return config
    return _checked(_content(Path(config), ()), config)


def _content(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """Return the sections of a file on top of those of its base; `above` are the files that stand on it."""
    if path.resolve() in above:
        raise ConfigError(f"expected a base that does not stand on this file itself, got {path}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"expected a configuration file at {path}: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"expected YAML in {path}: {' '.join(str(error).split())}") from error
    if content is None:  # an empty file: every default
        content = {}
    if not isinstance(content, dict):
        raise ConfigError(f"expected a mapping of sections in {path}, got a {type(content).__name__}")
    if "base" not in content:
        return content
    base = content.pop("base")
    if not isinstance(base, str):
        raise ConfigError(f"expected the path of a configuration file as base, got {base!r} ({path})")
    return _merged(_content(path.parent / base, (*above, path.resolve())), content)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the keys of `changes`; sections in both are merged in the same way."""
    both = {
        key: _merged(base[key], value) if isinstance(value, dict) and isinstance(base[key], dict) else value
        for key, value in changes.items()
        if key in base
    }
    return {**base, **changes, **both}


def _checked(content: Mapping[str, Any], where: str) -> PipelineConfig:
    try:
        return PipelineConfig.model_validate(content)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(f"{_told(first)} ({where})") from error


def _told(problem: Mapping[str, Any]) -> str:
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key}; expected one of: {', '.join(_known_keys(location[:-1]))}"
    if problem["type"] == "value_error":  # a check of our own, whose message says what came
        return f"{key}: {problem['ctx']['error']}"
    return f"{key}: {problem['msg']}, got {problem['input']!r}"


def _known_keys(sections: list[str]) -> list[str]:
    model: Any = PipelineConfig
    for section in sections:
        model = model.model_fields[section].annotation
    return sorted(model.model_fields)
