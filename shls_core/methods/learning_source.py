"""Whether a method can learn from a source, and what it draws of clips."""

from pydantic import ValidationError

from shls_core.errors import ConfigError
from shls_core.frozen import first_problem
from shls_core.methods.config import MethodConfig
from shls_core.methods.registry import method_named
from shls_core.training.clip_draw import ClipDraw
from shls_core.training.source import CLIPS, Source


def check_source(source: Source, config: MethodConfig) -> None:
    """Check that a method, as it is configured, can learn from a source.

    Raises
    ------
    ConfigError
        If it cannot.
    """
    if source == CLIPS:
        clip_draw_of(config)
    elif "clusters" in method_named(config.name).columns(config):
        raise ConfigError(
            f"expected method.pseudo_masks: shards with source: stills, whose pseudo-sequences have "
            f"pseudo-masks, got clusters (method {config.name})"
        )


def clip_draw_of(config: MethodConfig) -> ClipDraw:
    """Return what a method draws of a clip.

    Raises
    ------
    ConfigError
        If it cannot learn from clips, or not as it is configured.
    """
    method = method_named(config.name)
    if method.clip_draw is None:
        needs = ", ".join(column for column in method.columns(config) if column != "frames")
        why = f"which learns from {needs}, too" if needs else "which draws no clips"
        raise ConfigError(f"expected source: stills with method {config.name}, {why}, got source: clips")
    try:
        return method.clip_draw(config)
    except ValidationError as error:
        what = first_problem(error).removeprefix("Value error, ")
        raise ConfigError(f"{what} (method {config.name}, source: clips)") from error
