"""Segments a clip from masks of some frames; writes a mask for every frame, and pictures."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shls_core.adaptation.report import AdaptationReport
from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.masks.mask_reading import SeenObject
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.video import Video
from shls_core.files.whole_file import make_folder
from shls_core.propagation.given_masks import segment_from_masks
from shls_core.propagation.video_segmenter import VideoSegmenter
from shls_core.video.clip import Clip
from shls_core.video.contact_sheet import ContactSheet, write_picture
from shls_core.video.mask_files import MaskFiles
from shls_core.video.overlay import overlay
from tasks.terminal import print_line, terminal_progress

if TYPE_CHECKING:  # it loads torch
    from shls_core.adaptation.two_passes import VideoAdaptation

MASKS, OVERLAY, CONTACT_SHEET = "masks", "overlay.mp4", "contact_sheet.png"


@dataclass(frozen=True)
class Segmented:
    """The result of segmenting a video."""

    masks: Path
    """Folder with an indexed PNG per frame, named as the frame is."""
    contact_sheet: Path
    overlay: Path | None
    num_frames: int
    objects: tuple[SeenObject, ...]
    """The objects of the given masks."""
    mask_lines: tuple[str, ...]
    """What was seen in the given masks, a line for each, and what was left out."""
    findings: Findings
    """What was converted, which frames are damaged, and what is missing."""
    adaptation: AdaptationReport | None = None
    """What adaptation did; None if propagated masks are the result."""


def free_masks_folder(video: Video, out: Path) -> Path:
    """Return the folder for the masks of a video below `out`.

    Raises
    ------
    InputError
        If it holds masks already, `out` is the folder of the frames, or a file is in its place.
    """
    if out.is_dir() and out.samefile(video.path):
        raise InputError(
            f"expected a place for results, got the folder of the frames: choose another --out ({out})"
        )
    folder = out / MASKS
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"expected a place for masks, got {folder}, which holds some: choose another --out")
    if blocking := next((place for place in (folder, out) if place.exists() and not place.is_dir()), None):
        raise InputError(
            f"expected a folder for masks, got {blocking}, which is a file: choose another --out"
        )
    return folder


def segment_video(
    segmenter: VideoSegmenter,
    video: Video,
    masks: MaskFiles,
    out: Path,
    with_overlay: bool = False,
    on_frame: Callable[[int], None] | None = None,
    adaptation: "VideoAdaptation | None" = None,
) -> Segmented:
    """Segment a video frame by frame; memory use does not grow with its length.

    With adaptation, masks are written when all are propagated and the network has learned from them.

    Parameters
    ----------
    segmenter
        The segmenter.
    video
        The video.
    masks
        The given masks, by number of the frame. Frames before the first one are background.
    out
        Folder for the results, created if it does not exist.
    with_overlay
        Whether to write a video of the masks drawn over the frames, too.
    on_frame
        Called with the number of frames done, after each; what it raises ends the work.
    adaptation
        Adapts the masks to the video; None: propagated masks are the result.

    Raises
    ------
    InputError
        If a mask or a frame cannot be used, `out` holds masks already or is the folder of the frames. Masks
        of earlier frames are kept.
    """
    folder = free_masks_folder(video, out)
    sheet = ContactSheet()
    done, findings = 0, Findings(notes=list(video.notes))
    stated, report = video.num_frames or video.num_stated or 0, AdaptationReport()
    try:
        with ExitStack() as opened:
            phases = opened.enter_context(_Phases())
            clip = opened.enter_context(Clip(out / OVERLAY, video.fps)) if with_overlay else None
            segmented = segment_from_masks(segmenter, video.frames(findings), masks)
            if adaptation:

                def watch(phase: str, num_done: int, total: int) -> None:
                    phases.show(phase, num_done, total or max(num_done, stated))

                segmented = adaptation.after(segmented, video.frames, masks, watch, report)
            for frame, labels in segmented:
                if done == 0:  # not earlier: a video that cannot be started leaves no folder
                    make_folder(folder)
                    _print_each(video, video.notes)
                    for line in masks.lines:
                        print_line(line)
                write_mask(folder / f"{frame.name}.png", labels)
                drawn = overlay(frame.pixels, labels)
                sheet.add(drawn)
                if clip:
                    clip.add(drawn, frame.seconds)
                done += 1
                phases.show("write" if adaptation else "segment", done, max(done, stated))
                if on_frame:
                    on_frame(done)
    except InputError as error:
        kept = f"; frames done before: {done} (their masks are in {folder})" if done else ""
        raise InputError(f"{error}{kept}") from error
    _print_each(video, (*findings.notes[len(video.notes) :], *findings.losses()))
    for line in report.lines() if adaptation else ():
        print_line(line)
    write_picture(out / CONTACT_SHEET, sheet.image())
    return Segmented(
        masks=folder,
        contact_sheet=out / CONTACT_SHEET,
        overlay=out / OVERLAY if with_overlay else None,
        num_frames=done,
        objects=masks.objects,
        mask_lines=masks.lines,
        findings=findings,
        adaptation=report if adaptation else None,
    )


class _Phases:
    """The progress of phases that follow each other."""

    def __enter__(self) -> "_Phases":
        self._current, self._shown = "", ExitStack()
        return self

    def __exit__(self, *error: object) -> None:
        self._shown.close()

    def show(self, phase: str, done: int, total: int) -> None:
        """Show how far a phase is; the one before it is done."""
        if phase != self._current:
            self._shown.close()
            unit = "steps" if phase == "adapt" else "frames"
            self._advance = self._shown.enter_context(terminal_progress(phase, unit))
            self._current = phase
        self._advance(done, total)


def _print_each(video: Video, lines: Iterable[str]) -> None:
    for line in lines:
        print_line(f"{video.path}: {line}")
