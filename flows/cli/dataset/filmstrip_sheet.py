"""Filmstrips of a few videos in one picture: a strip of each, and strips of its pieces, with their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image, ImageDraw

from flows.cli.dataset.contact_sheet import CAPTION_PX, GAP_PX, LABEL_PX
from tasks.staging.filmstrip import LEGEND, WIDTH_PX, DrawnVideo
from tasks.staging.staged_videos import Pixels, RejectedVideo

_INDENT_PX = 24


def video_caption(drawn: DrawnVideo | RejectedVideo, prefix: str = "") -> str:
    """Return the line about a video."""
    if isinstance(drawn, RejectedVideo):
        return f"{prefix}{drawn.file_name}: rejected, footage: {drawn.reason}"
    return f"{prefix}{drawn.video.file_name}: {drawn.text}"


def filmstrip_sheet(drawn: Sequence[tuple[str, DrawnVideo | RejectedVideo]]) -> Image.Image:
    """Return the sheet of some videos, one below the other, each with its caption; the legend is below."""
    rows = [row for caption, one in drawn for row in _rows(caption, one)]
    rows.append(_Row(LEGEND, 0, None))
    width = max(WIDTH_PX, *(row.left + row.strip.shape[1] for row in rows if row.strip is not None))
    sheet = Image.new("RGB", (width, sum(row.height for row in rows)), "white")
    draw, top = ImageDraw.Draw(sheet), 0
    for row in rows:
        row.draw(sheet, draw, top)
        top += row.height
    return sheet


def one_below_the_other(sheets: Sequence[Image.Image]) -> Image.Image:
    """Return sheets as one, on white."""
    together = Image.new(
        "RGB", (max(one.width for one in sheets), sum(one.height for one in sheets)), "white"
    )
    top = 0
    for one in sheets:
        together.paste(one, (0, top))
        top += one.height
    return together


class _Row:
    """A line of text with a strip below it, or without."""

    def __init__(self, text: str, left: int, strip: Pixels | None) -> None:
        self.text, self.left, self.strip = text, left, strip
        self.is_caption = left == 0
        # A caption keeps a distance from what is above it.
        self._text_px = GAP_PX + CAPTION_PX if self.is_caption else LABEL_PX
        self.height = self._text_px + (0 if strip is None else strip.shape[0] + GAP_PX)

    def draw(self, sheet: Image.Image, draw: ImageDraw.ImageDraw, top: int) -> None:
        """Draw it at a height of a sheet."""
        colour, size = ("black", 15) if self.is_caption else ("dimgray", 14)
        draw.text(
            (self.left, top + (GAP_PX if self.is_caption else 0) + 3), self.text, fill=colour, font_size=size
        )
        if self.strip is not None:
            sheet.paste(Image.fromarray(self.strip), (self.left, top + self._text_px))


def _rows(caption: str, drawn: DrawnVideo | RejectedVideo) -> Iterator[_Row]:
    if isinstance(drawn, RejectedVideo):
        yield _Row(caption, 0, None)
        return
    yield _Row(caption, 0, drawn.strip)
    for one in drawn.pieces:
        yield _Row(one.text, _INDENT_PX, one.strip)
