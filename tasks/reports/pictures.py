"""Frames as pictures inside a page: the result as a tint, the annotation as an outline."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.video.overlay import outlines, tint

SHARES = (0.0, 0.33, 0.66, 0.99)
"""Where in a video pictures are taken, as shares of its length."""
_WIDTH_PX = 400
_QUALITY = 80
_TRUTH = (255, 214, 0)


@dataclass(frozen=True)
class Picture:
    """A picture that is part of a page.

    Attributes
    ----------
    source : str
        The picture itself, as a ``data:`` URL.
    width, height : int
        In px.
    text : str
        The picture in words.
    caption : str
        The text under it.
    """

    source: str
    width: int
    height: int
    text: str
    caption: str


def pictured_frames(num_frames: int) -> tuple[int, ...]:
    """Return the numbers of the frames that are shown, at 0, 33, 66 and 99 % of a video.

    Examples
    --------
    >>> pictured_frames(80)
    (0, 26, 52, 78)
    """
    return tuple(int(share * (num_frames - 1)) for share in SHARES)


def compared(
    frame: UInt8[np.ndarray, "H W 3"], result: UInt8[np.ndarray, "H W"], truth: UInt8[np.ndarray, "H W"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Return a frame, 400 px wide at most: the result's objects as a tint, the annotation's as outlines.

    Parameters
    ----------
    frame
        RGB.
    result, truth
        Labels, 0 background.
    """
    height, width = frame.shape[:2]
    small_width = min(width, _WIDTH_PX)
    size = (small_width, max(1, round(height * small_width / width)))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    labels: Sequence[np.ndarray] = [
        cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST_EXACT) for mask in (result, truth)
    ]
    drawn = tint(small, labels[0])
    drawn[outlines(labels[1])] = _TRUTH
    return drawn


def picture(drawn: UInt8[np.ndarray, "h w 3"], text: str, caption: str) -> Picture:
    """Put an RGB picture into a page, as JPEG."""
    _, encoded = cv2.imencode(".jpg", drawn[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    source = f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode()}"
    return Picture(source, drawn.shape[1], drawn.shape[0], text, caption)
