"""Segments the videos of a benchmark, one job per video; a folder of masks appears when it is complete."""

import functools
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from shls_core.benchmarks.video import BenchmarkVideo, first_appearances
from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.videos.video import frame_numbers, open_video
from shls_core.files.whole_file import make_folder
from shls_core.propagation.given_masks import segment_from_masks
from storage.store import Store
from tasks.checkpoints.load import load_checkpoint
from tasks.scoring.segmenter_choice import SegmenterChoice


@dataclass(frozen=True)
class BenchmarkJob:
    """One video to segment."""

    store: str
    choice: SegmenterChoice
    device: str
    video: BenchmarkVideo
    out: Path


def segment_benchmark_video(job: BenchmarkJob) -> int:
    """Write the wanted masks of one video and return how many frames it has.

    Raises
    ------
    InputError
        If its frames or masks cannot be used.
    """
    networks = [_network(job.store, checkpoint, job.device) for checkpoint in job.choice.checkpoints]
    segmenter = job.choice.segmenter(*networks)
    source, appearing = open_video(job.video.frames), first_appearances(job.video)
    masks = dict(zip(frame_numbers(source, list(appearing)), appearing.values(), strict=True))
    wanted, num_frames = frozenset(job.video.wanted), 0
    aside = job.out / f".{job.video.name}.{os.getpid()}"
    for left_by_killed in job.out.glob(f".{job.video.name}.[0-9]*"):
        shutil.rmtree(left_by_killed, ignore_errors=True)
    make_folder(aside)
    try:
        segmented = segment_from_masks(segmenter, source.frames(), masks)
        if adaptation := job.choice.how.adaptation_on(torch.device(job.device)):
            segmented = adaptation.after(segmented, source.frames, masks)
        for frame, labels in segmented:
            num_frames += 1
            if frame.name in wanted:
                write_mask(aside / f"{frame.name}.png", labels)
        aside.replace(job.out / job.video.name)
    except InputError as error:
        raise InputError(f"{error} (video {job.video.name})") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return num_frames


@functools.lru_cache(maxsize=2)
def _network(store: str, checkpoint: str, device: str) -> nn.Module:
    """Load each of the networks once in every worker."""
    return load_checkpoint(Store.open(store), checkpoint, torch.device(device))
