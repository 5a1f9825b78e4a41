"""What segments real videos, from what a person chose."""

from flows.configuration import PipelineConfig
from storage.references import newest_checkpoint, resolve
from storage.store import Store
from tasks.benchmark_videos import SegmenterChoice


def choose_segmenter(
    config: PipelineConfig,
    store: str,
    checkpoint: str | None = None,
    num_superpixels: int | None = None,
    max_side: int | None = None,
) -> SegmenterChoice:
    """Return the checkpoint, by default the one trained last, and how it is used.

    Raises
    ------
    NameUnknown
        If there is no such checkpoint in the store.
    """
    opened = Store.open(store)
    checkpoint_id = resolve(opened, checkpoint, "checkpoint") if checkpoint else newest_checkpoint(opened)
    number = num_superpixels or config.propagation.num_superpixels
    return SegmenterChoice(checkpoint_id, config.memory, config.superpixels, number, max_side)
