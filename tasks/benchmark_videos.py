"""Segmenting the videos of a benchmark, one job a video; a folder of masks appears when it is whole."""

import functools
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from shls_core.davis.layout import DavisVideo, Year
from shls_core.davis.mask_files import read_mask, write_mask
from shls_core.errors import InputError
from shls_core.memory.config import MemoryConfig
from shls_core.metrics.sequence import VOID_LABEL
from shls_core.network.shls_network import ShlsNetwork
from shls_core.propagation.propagator import Propagator
from shls_core.propagation.video_segmenter import VideoSegmenter
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.video.frames import open_video
from storage.store import Store
from tasks.checkpoints import load_checkpoint


@dataclass(frozen=True)
class SegmenterChoice:
    """Everything that decides the masks of a video but the video itself."""

    checkpoint: str
    memory: MemoryConfig
    superpixels: SuperpixelConfig
    num_superpixels: int | None
    max_side: int | None


@dataclass(frozen=True)
class BenchmarkJob:
    """One video to segment."""

    store: str
    choice: SegmenterChoice
    device: str
    video: DavisVideo
    year: Year
    out: Path


def segment_benchmark_video(job: BenchmarkJob) -> int:
    """Write the masks of one video and return how many there are.

    Raises
    ------
    InputError
        If frames and annotations are not of the same number, or cannot be used.
    """
    network = _network(job.store, job.choice.checkpoint, job.device)
    segmenter = VideoSegmenter(
        Propagator(network, job.choice.memory),
        job.choice.superpixels,
        job.choice.num_superpixels,
        job.choice.max_side,
    )
    source = open_video(job.video.frames)
    names = [path.name for path in job.video.annotation_paths]
    if source.num_frames != len(names):
        raise InputError(
            f"expected {len(names)} frames, one for every mask, got {source.num_frames} in {job.video.frames}"
        )
    aside = job.out / f".{job.video.name}.{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        pixels = (frame.pixels for frame in source.frames())
        masks = segmenter.segment(pixels, first_mask(job.video, job.year))
        for name, mask in zip(names, masks, strict=True):
            write_mask(aside / name, mask)
        aside.replace(job.out / job.video.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return len(names)


def first_mask(video: DavisVideo, year: Year) -> npt.NDArray[np.uint8]:
    """Return the objects of a video's first frame: of 2016 a single one, of 2017 by label, without void."""
    mask = read_mask(video.annotation_paths[0])
    if year == 2016:
        return (mask > 0).astype(np.uint8)
    return np.where(mask == VOID_LABEL, 0, mask).astype(np.uint8)


@functools.lru_cache(maxsize=1)
def _network(store: str, checkpoint: str, device: str) -> ShlsNetwork:
    """Load the network once in every worker."""
    return load_checkpoint(Store.open(store), checkpoint, torch.device(device))
