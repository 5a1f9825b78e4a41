"""The checkpoints that a command uses: one, or two that are joined."""

from collections.abc import Sequence

from flows.checkpoint_in_use import CheckpointInUse, checkpoint_in_use
from flows.configuration import PipelineConfig
from flows.memory_in_use import with_joined_penalty
from shls_core.errors import InputError
from storage.canonical import short
from tasks.checkpoints.untrained import UNTRAINED


def checkpoints_in_use(
    checkpoints: Sequence[str],
    config: PipelineConfig | str | None,
    store: str,
    share: float | None = None,
) -> CheckpointInUse:
    """Resolve the checkpoints of a command and how they are used.

    Parameters
    ----------
    checkpoints
        At most two, each as for `checkpoint_in_use`; without any, the newest. The configuration is that of
        the first; of the second, only features are used.
    config, store
        As for `checkpoint_in_use`.
    share
        ``propagation.joined.share``; by default that of the configuration.

    Raises
    ------
    InputError
        If there are more than two, the same one twice, random weights as the second, or a share for one.
    ConfigError, NameUnknown
        As `checkpoint_in_use`.
    """
    if len(checkpoints) > 2:
        raise InputError(f"expected one --checkpoint, or two to join, got {len(checkpoints)}")
    if share is not None and len(checkpoints) < 2:
        raise InputError("expected two of --checkpoint with --share, got one")
    first = checkpoint_in_use(next(iter(checkpoints), None), config, store)
    if len(checkpoints) < 2:
        return first
    if checkpoints[1] == UNTRAINED:
        raise InputError(f"expected a second --checkpoint that was trained, got {UNTRAINED}")
    second = checkpoint_in_use(checkpoints[1], None, store)
    if second.id == first.id:
        raise InputError(f"expected two checkpoints to join, got {short(first.id)} twice")
    return joined(first, second, share)


def joined(first: CheckpointInUse, second: CheckpointInUse, share: float | None = None) -> CheckpointInUse:
    """Return a checkpoint in use with the features of another joined to its own.

    Raises
    ------
    ConfigError
        If the share is no share.
    """
    section = first.config.propagation.joined.model_dump() | ({} if share is None else {"share": share})
    config = first.config.with_changes(propagation={"joined": section})
    if not first.is_configured:
        config = with_joined_penalty(config)
    return first.model_copy(update={"config": config, "second": second})
