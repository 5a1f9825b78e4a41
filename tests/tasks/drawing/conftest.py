"""A small clip with edges at known places, and the page that draws its masks, open in a browser."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from shls_core.files.videos.video import open_video
from tasks.drawing.answers import Answers
from tasks.drawing.clip_segmentation import ClipSegmentation, SegmentOptions
from tasks.drawing.mask_places import MaskPlaces
from tasks.drawing.server import PageServer
from tasks.drawing.session import DrawingSession

HEIGHT, WIDTH, NUM_FRAMES = 120, 160, 3
GREEN, RED, BLUE = (40, 110, 50), (210, 40, 40), (40, 60, 200)


def frame_of_clip(number: int) -> np.ndarray:
    """A red box and a blue one on green; the red one moves by 8 px a frame."""
    frame = np.full((HEIGHT, WIDTH, 3), GREEN, np.uint8)
    frame[30:80, 20 + 8 * number : 70 + 8 * number] = RED
    frame[60:100, 110:140] = BLUE
    return frame


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A folder of frames, ``a0.png`` to ``a2.png``."""
    folder = tmp_path / "clip"
    folder.mkdir()
    for number in range(NUM_FRAMES):
        assert cv2.imwrite(str(folder / f"a{number}.png"), frame_of_clip(number)[..., ::-1])
    return folder


@pytest.fixture
def pixels() -> list[np.ndarray]:
    """The frames of that clip."""
    return [frame_of_clip(number) for number in range(NUM_FRAMES)]


@dataclass
class Drawing:
    """A session that is served."""

    session: DrawingSession
    server: PageServer
    answers: Answers
    ended: threading.Event
    out: Path


Serve = Callable[[Path, Path, Callable[[], Any]], Drawing]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that serves the page of a clip, for masks at a place, until the test ends."""
    with ExitStack() as opened:

        def served(clip: Path, out: Path, segmenter: Callable[[], Any]) -> Drawing:
            video = open_video(clip)
            session = DrawingSession(video, MaskPlaces(out), num_pieces=60)
            ended = threading.Event()
            segmentation = ClipSegmentation(video, segmenter)
            answers = Answers(session, segmentation, SegmentOptions(max_side=427), ended.set)
            server = opened.enter_context(PageServer())
            opened.callback(segmentation.stop)
            server.serve(answers)
            return Drawing(session, server, answers, ended, out)

        yield served


@pytest.fixture
def drawing(serve: Serve, clip: Path, tmp_path: Path) -> Drawing:
    """The page of the clip, served; nothing can be segmented."""

    def no_segmenter() -> Any:
        raise AssertionError("nobody asked for it")

    return serve(clip, tmp_path / "first.png", no_segmenter)
