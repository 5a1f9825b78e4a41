"""The whole of a drawing: the page is served until the person is done."""

import os
import sys
import threading
import webbrowser
from dataclasses import dataclass
from pathlib import Path

from shls_core.errors import InputError
from tasks.drawing.answers import Answers
from tasks.drawing.clip_segmentation import ClipSegmentation, SegmentOptions
from tasks.drawing.frame_reader import count_of_frames
from tasks.drawing.mask_places import SavedMask
from tasks.drawing.server import PageServer
from tasks.drawing.session import DrawingSession
from tasks.terminal import print_line

_WAIT_SECONDS = 0.5


@dataclass(frozen=True)
class Drawn:
    """What a drawing came to."""

    masks: tuple[SavedMask, ...]
    """Those that are saved, at least one."""
    next_command: str
    """Segments the clip from them."""
    result: Path | None
    """The folder with what the page segmented last, if it did."""


def draw_masks(
    session: DrawingSession,
    segmentation: ClipSegmentation,
    options: SegmentOptions,
    port: int = 0,
    in_browser: bool = True,
) -> Drawn:
    """Serve the page until it says that all is done, or Ctrl-C.

    Parameters
    ----------
    session
        The clip and its masks.
    segmentation, options
        What the page can start, and how.
    port
        The port on loopback; 0: a free one.
    in_browser
        Whether a browser is opened, where there is a screen.

    Raises
    ------
    InputError
        If the port is in use, or no mask was saved.
    """
    ended = threading.Event()
    answers = Answers(session, segmentation, options, ended.set)
    with PageServer(port) as server:
        server.serve(answers)
        _announce(session, server)
        if in_browser and has_screen():
            webbrowser.open(server.address)
        try:
            # A signal that comes just before a wait does not end it: only the next one notices.
            while not ended.wait(_WAIT_SECONDS):
                pass
        except KeyboardInterrupt:
            print_line("ended")
        finally:
            if segmentation.progress.state == "running":
                print_line("the segmentation in work is stopped, its frames so far are removed")
            segmentation.stop()
    command = answers.segment_command()
    if command is None:
        raise InputError(f"expected a mask to be saved to {session.places.out}, none was")
    last = segmentation.progress
    return Drawn(session.places.saved, command, last.folder if last.state == "done" else None)


def has_screen() -> bool:
    """Whether a browser that is opened would be seen."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _announce(session: DrawingSession, server: PageServer) -> None:
    height, width = session.frames[0].pixels.shape[:2]
    number = count_of_frames(session.video)
    frames = "" if number is None else f"{number} frame{'' if number == 1 else 's'} of "
    print_line(f"draw the mask of {session.video.path} ({frames}{width}x{height}) in a browser:")
    print_line(f"  {server.address}")
    print_line(
        f'"Done" in the page, or Ctrl-C, ends it. From another machine: '
        f"ssh -L {server.port}:127.0.0.1:{server.port} THIS_MACHINE, then open the same address there."
    )
