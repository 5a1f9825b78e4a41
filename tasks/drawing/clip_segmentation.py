"""Segments the clip from the drawn masks while the page shows how far it is."""

import shlex
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from shls_core.errors import InputError, ShlsError
from shls_core.files.masks.label_files import read_mask
from shls_core.files.pictures.jpeg_frames import encode_frame
from shls_core.files.videos.video import Video
from shls_core.propagation.video_segmenter import VideoSegmenter
from shls_core.video.mask_files import find_masks
from shls_core.video.overlay import overlay
from tasks.drawing.frame_reader import FrameReader, count_of_frames
from tasks.scoring.segment_clip import Segmented, segment_video
from tasks.terminal import print_line

State = Literal["idle", "running", "done", "failed", "stopped"]


@dataclass(frozen=True)
class SegmentOptions:
    """How the page segments a clip: the same as `shls segment` with these options."""

    checkpoints: tuple[str, ...] = ("pretrained",)
    """One, or two that are joined; none: the newest one of the store."""
    store: str | None = None
    max_side: int | None = None

    def command(self, clip: Path, mask: Path, out: Path) -> str:
        """Return the command for a shell.

        Examples
        --------
        >>> SegmentOptions(max_side=427).command(Path("a clip.mp4"), Path("a.png"), Path("look"))
        "shls segment 'a clip.mp4' --mask a.png --out look --checkpoint pretrained --max-side 427 --overlay"
        """
        words = ["shls", "segment", str(clip), "--mask", str(mask), "--out", str(out)]
        words += [word for checkpoint in self.checkpoints for word in ("--checkpoint", checkpoint)]
        words += ["--store", self.store] if self.store is not None else []
        words += ["--max-side", str(self.max_side)] if self.max_side is not None else []
        return shlex.join([*words, "--overlay"])


@dataclass(frozen=True)
class Progress:
    """How far a segmentation is."""

    state: State = "idle"
    num_done: int = 0
    folder: Path | None = None
    error: str | None = None
    result: Segmented | None = None


class _StopAsked(Exception):
    pass


class ClipSegmentation:
    """One segmentation at a time, in a thread of its own.

    Parameters
    ----------
    video : Video
        The clip.
    segmenter : callable
        Returns what segments; called in that thread, for it may take seconds to load.
    """

    def __init__(self, video: Video, segmenter: Callable[[], VideoSegmenter]) -> None:
        self._video, self._segmenter = video, segmenter
        self._frames = FrameReader(video)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.progress = Progress()

    def start(self, mask: Path, out: Path) -> None:
        """Start from the masks at `mask`; results go to a new folder named like `out`.

        Raises
        ------
        InputError
            If one is running.
        """
        with self._lock:
            if self.progress.state == "running":
                raise InputError("expected no segmentation in work, got one: wait, or stop it")
            self._stop.clear()
            self.progress = Progress("running", folder=free_folder(out))
            self._thread = threading.Thread(target=self._segment, args=(mask,), daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the one that is running after its current frame; its results are removed."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def facts(self) -> dict[str, Any]:
        """Return how far it is, for the page."""
        now = self.progress
        return {
            "state": now.state,
            "num_done": now.num_done,
            "num_frames": now.result.num_frames if now.result else count_of_frames(self._video),
            "folder": now.folder and str(now.folder),
            "error": now.error,
            "has_overlay": bool(now.result and now.result.overlay),
        }

    def picture(self, number: int) -> bytes:
        """Return a frame with its mask drawn over it, as JPEG.

        Raises
        ------
        InputError
            If the frame has no mask yet.
        """
        now = self.progress
        frame = self._frames[number]
        if now.folder is None or number >= now.num_done:
            raise InputError(f"expected a frame that is segmented, 0..{now.num_done - 1}, got {number}")
        mask = read_mask(now.folder / "masks" / f"{frame.name}.png")
        return encode_frame(overlay(frame.pixels, mask), quality=90)

    def _segment(self, mask: Path) -> None:
        folder = self.progress.folder
        assert folder is not None
        try:
            masks = find_masks(self._video, [mask])
            result = segment_video(self._segmenter(), self._video, masks, folder, True, self._count)
            self.progress = replace(self.progress, state="done", result=result)
        except _StopAsked:
            shutil.rmtree(folder, ignore_errors=True)
            self.progress = Progress("stopped")
        except ShlsError as error:
            self.progress = replace(self.progress, state="failed", error=str(error))
        except Exception as error:  # a defect: the page shows it, the terminal keeps it
            said = f"unexpected {type(error).__name__}: {error}"
            print_line(f"segmentation: {said}")
            self.progress = replace(self.progress, state="failed", error=said)

    def _count(self, num_done: int) -> None:
        self.progress = replace(self.progress, num_done=num_done)
        if self._stop.is_set():
            raise _StopAsked


def free_folder(wanted: Path) -> Path:
    """Return `wanted`, or the first of ``wanted_2``, ``wanted_3``, … that does not exist."""
    number, folder = 1, wanted
    while folder.exists():
        number += 1
        folder = wanted.with_name(f"{wanted.name}_{number}")
    return folder
