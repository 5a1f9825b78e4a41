"""What segments real videos, from what a person chose."""

from flows.checkpoint_config import find_checkpoint
from flows.configuration import PipelineConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.propagation.video_segmenter import check_number
from storage.records.manifests import record_id
from tasks.checkpoints.load import load_checkpoint, network_of
from tasks.checkpoints.pretrained import PRETRAINED, keep_pretrained, read_pretrained
from tasks.runs.device import choose_device
from tasks.scoring.benchmark_videos import SegmenterChoice


def choose_segmenter(
    config: PipelineConfig,
    store: str,
    checkpoint: str,
    num_superpixels: int | None = None,
    max_side: int | None = None,
) -> SegmenterChoice:
    """Return a checkpoint and how it is used.

    ``pretrained`` is put into the store, which is made where there is none.

    Raises
    ------
    NameUnknown
        If there is no such checkpoint in the store.
    """
    found = keep_pretrained(store) if checkpoint == PRETRAINED else find_checkpoint(store, checkpoint)[1]
    return _choice(config, found, num_superpixels, max_side)


def ready_segmenter(
    config: PipelineConfig,
    store: str,
    checkpoint: str,
    num_superpixels: int | None = None,
    max_side: int | None = None,
) -> tuple[SegmenterChoice, ShlsNetwork]:
    """Return the same, with the network; of ``pretrained`` without a store.

    Raises
    ------
    NameUnknown
        If there is no such checkpoint in the store.
    """
    device = choose_device(config.execution)
    if checkpoint == PRETRAINED:
        record, weights = read_pretrained()
        found, network = record_id(record), network_of(record, weights, device)
    else:
        opened, found = find_checkpoint(store, checkpoint)
        network = load_checkpoint(opened, found, device)
    return _choice(config, found, num_superpixels, max_side), network


def _choice(
    config: PipelineConfig, checkpoint: str, num_superpixels: int | None, max_side: int | None
) -> SegmenterChoice:
    number = num_superpixels or config.propagation.num_superpixels
    check_number(config.superpixels, number)
    refinement = config.propagation.refinement
    return SegmenterChoice(checkpoint, config.memory, config.superpixels, number, max_side, refinement)
