"""Frames per second from pixels to masks, including superpixels, with the weights of the project.

    python benchmarks/frames_per_second.py --threads 2
    python benchmarks/frames_per_second.py --device cuda --search torch --frames 100

A photograph of scikit-image moves behind a window of 854x480. The code of `shls segment --checkpoint
pretrained --quality fast` tracks an object of 120 px across; superpixels are computed while the network
processes the frame before. The first frames are not counted: they fill the memory to its limit. What `best`
learns after the video is not timed.
"""

import argparse
import itertools
import time
from collections.abc import Iterator

import cv2
import numpy as np
import skimage.data
import torch
from rich.console import Console
from rich.table import Table

from flows.checkpoint_in_use import checkpoint_in_use
from shls_core.propagation.video_segmenter import VideoSegmenter
from tasks.checkpoints.pretrained import PRETRAINED

HEIGHT, WIDTH, WARM_UP = 480, 854, 12


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--search", choices=("faiss", "torch"), default="faiss")
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--qualities", default="fast,balanced")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    title = f"{WIDTH}x{HEIGHT}, one object, {chosen.device}, {chosen.threads} threads"
    table = Table("quality", "processed at", "frames/s", title=title)
    for name in chosen.qualities.split(","):
        segmenter, max_side = segmenter_of(name, torch.device(chosen.device), chosen.search)
        table.add_row(name, f"{max_side} px", f"{frames_per_second(segmenter, chosen.frames):.1f}")
    Console(width=110).print(table)


def segmenter_of(quality: str, device: torch.device, search: str) -> tuple[VideoSegmenter, int | None]:
    """Return what `shls segment --quality QUALITY` segments with, and the longest side of its frames."""
    used = checkpoint_in_use(PRETRAINED, None, "store").with_options(quality=quality)
    used = used.with_changes(method={"memory": {"search": search}})
    choice = used.on_videos()
    return choice.segmenter(*used.networks(device)), choice.max_side


def frames_per_second(segmenter: VideoSegmenter, num_frames: int) -> float:
    """Segment `num_frames` frames after a warm-up, and return the frames per second."""
    mask = cv2.circle(np.zeros((HEIGHT, WIDTH), np.uint8), (WIDTH // 2, HEIGHT // 2), 60, 1, -1)
    masks = segmenter.segment(itertools.islice(wandering(), WARM_UP + num_frames), mask)
    for _ in range(WARM_UP):
        next(masks)
    started = time.perf_counter()
    for _ in masks:  # the masks are on the CPU: no work is left in flight
        pass
    return num_frames / (time.perf_counter() - started)


def wandering() -> Iterator[np.ndarray]:
    """Yield windows of a photograph, moved by three pixels each time, forth and back."""
    photograph = cv2.resize(skimage.data.astronaut(), (WIDTH + 90, HEIGHT + 90))
    for step in itertools.count():
        at = 3 * abs(step % 60 - 30)
        yield np.ascontiguousarray(photograph[at : at + HEIGHT, at : at + WIDTH])


if __name__ == "__main__":
    main()
