"""What the page can ask for: a path below its address, and the answer."""

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from shls_core.errors import InputError
from tasks.drawing.clip_segmentation import ClipSegmentation, SegmentOptions, free_folder
from tasks.drawing.session import DrawingSession

_PAGE = Path(__file__).parent / "page"
_MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_FILES = {path.name: path for path in _PAGE.iterdir() if path.suffix in _MEDIA_TYPES}


@dataclass(frozen=True)
class Answer:
    """What goes back to the browser."""

    body: bytes
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    file: Path | None = None
    """A file that is sent instead of `body`, or parts of it."""
    then: Callable[[], None] | None = None
    """Called once it is sent."""


class Answers:
    """Answers the questions of the page.

    Parameters
    ----------
    session : DrawingSession
        What is drawn.
    segmentation : ClipSegmentation
        What the page can start.
    options : SegmentOptions
        How it is started, for the command that is shown.
    end : callable
        Called when the person is done.
    """

    def __init__(
        self,
        session: DrawingSession,
        segmentation: ClipSegmentation,
        options: SegmentOptions,
        end: Callable[[], None],
    ) -> None:
        self._session, self._segmentation, self._options, self._end = session, segmentation, options, end
        self._most_bytes = len(session.mask(0).ravel())
        self._routes: tuple[tuple[str, str, Callable[..., Answer | None]], ...] = (
            ("GET", r"facts", lambda _: _json(session.facts() | self._after_saving())),
            ("GET", r"frames/(\d{1,9})/picture", self._picture),
            ("GET", r"frames/(\d{1,9})/facts", lambda _, one: _json(session.frame_facts(int(one)))),
            ("GET", r"frames/(\d{1,9})/pieces/(\d{1,2})", self._pieces),
            ("GET", r"frames/(\d{1,9})/mask", lambda _, one: _packed(session.mask(int(one)))),
            ("GET", r"frames/(\d{1,9})/salient", self._salient),
            ("POST", r"frames/(\d{1,9})/mask", self._save),
            ("GET", r"segmentation", lambda _: _json(segmentation.facts())),
            ("POST", r"segmentation", self._start),
            ("POST", r"segmentation/stop", self._stop),
            ("GET", r"segmentation/frames/(\d{1,9})", self._segmented_frame),
            ("GET", r"segmentation/overlay\.mp4", self._overlay),
            ("POST", r"end", self._ended),
        )

    @property
    def most_bytes(self) -> int:
        """The size of the largest request that makes sense: one byte for each pixel of a frame."""
        return self._most_bytes

    def answer(self, method: str, path: str, body: bytes) -> Answer | None:
        """Return the answer to a request, or None if there is nothing at that path.

        Raises
        ------
        ShlsError
            If the request cannot be fulfilled.
        """
        if method == "GET" and (file := _FILES.get(path or "page.html")):
            return Answer(file.read_bytes(), f"{_MEDIA_TYPES[file.suffix]}; charset=utf-8")
        for wanted_method, pattern, act in self._routes:
            if method == wanted_method and (found := re.fullmatch(pattern, path, re.ASCII)):
                return act(body, *found.groups())
        return None

    def segment_command(self) -> str | None:
        """Return the command that segments the clip from what is saved, or None while nothing is."""
        mask = self._session.places.argument
        if mask is None:
            return None
        return self._options.command(self._session.video.path, mask, free_folder(self._result_folder()))

    def _result_folder(self) -> Path:
        folder = self._session.places.folder
        return folder.with_name(f"{folder.name}_result")

    def _after_saving(self) -> dict[str, Any]:
        return {"saved": self._session.saved(), "command": self.segment_command()}

    def _picture(self, _: bytes, number: str) -> Answer:
        return Answer(self._session.picture(int(number)), "image/jpeg")

    def _pieces(self, _: bytes, number: str, level: str) -> Answer:
        return _packed(self._session.pieces(int(number), int(level)).astype("<u2"))

    def _salient(self, _: bytes, number: str) -> Answer:
        found = self._session.salient_object(int(number))
        return _packed(found.mask)

    def _save(self, body: bytes, number: str) -> Answer:
        self._session.save(int(number), body)
        return _json(self._after_saving())

    def _start(self, _: bytes) -> Answer:
        mask = self._session.places.argument
        if mask is None:
            raise InputError("expected a saved mask, got none: draw an object first")
        self._segmentation.start(mask, self._result_folder())
        return _json(self._segmentation.facts())

    def _stop(self, _: bytes) -> Answer:
        self._segmentation.stop()
        return _json(self._segmentation.facts())

    def _segmented_frame(self, _: bytes, number: str) -> Answer:
        return Answer(self._segmentation.picture(int(number)), "image/jpeg")

    def _overlay(self, _: bytes) -> Answer | None:
        result = self._segmentation.progress.result
        return Answer(b"", "video/mp4", file=result.overlay) if result and result.overlay else None

    def _ended(self, _: bytes) -> Answer:
        return replace(_json(self._after_saving()), then=self._end)


def _json(content: dict[str, Any]) -> Answer:
    return Answer(json.dumps(content, ensure_ascii=False).encode())


def _packed(labels: np.ndarray) -> Answer:
    """Return labels row by row, unpacked by the browser: bytes, for a canvas may alter its pixels."""
    data = gzip.compress(labels.tobytes(), compresslevel=1, mtime=0)
    return Answer(data, "application/octet-stream", {"Content-Encoding": "gzip"})
