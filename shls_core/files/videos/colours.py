"""Colours of decoded frames: to RGB by the matrix, range and transfer that the stream states."""

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorTrc, Interpolation, VideoReformatter
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.files.videos.findings import Findings

_UNSPECIFIED_MATRIX, _BT601, _BT709 = 2, 6, 1
_HDR = {ColorTrc.SMPTE2084: "PQ", ColorTrc.ARIB_STD_B67: "HLG"}
# Exact and the same on every processor.
_EXACT = (
    Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT | Interpolation.FULL_CHR_H_INT
)


class ToRgb:
    """Converts frames of one video, whose tables it keeps.

    Without a stated matrix, BT.709 is taken for HD and BT.601 below, as players do. HDR (PQ, HLG) becomes
    SDR. Transparent pixels are blended onto white, as those of photographs.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> UInt8[np.ndarray, "H W 3"]:
        """Return the pixels of a frame, RGB.

        Raises
        ------
        InputError
            If there is no conversion for its colours.
        """
        if frame.colorspace == _UNSPECIFIED_MATRIX:
            frame.colorspace = _BT709 if frame.width >= 1280 or frame.height > 576 else _BT601
        has_alpha = any(part.is_alpha for part in frame.format.components) and not frame.format.has_palette
        try:
            rgb = self._reformatter.reformat(
                frame,
                format="rgba" if has_alpha else "rgb24",
                interpolation=_EXACT,
                threads=1,
                **self._conversion_of_hdr(frame),
            )
        except av.FFmpegError as error:
            raise InputError(
                f"expected colours that can be converted, got {frame.format.name} with the matrix "
                f"{frame.colorspace} and the transfer {frame.color_trc}"
            ) from error
        pixels = rgb.to_ndarray()
        return _over_white(pixels) if has_alpha else pixels

    def _conversion_of_hdr(self, frame: av.VideoFrame) -> dict[str, int]:
        if frame.color_trc not in _HDR:
            return {}
        if frame.color_primaries == ColorPrimaries.UNSPECIFIED:
            frame.color_primaries = ColorPrimaries.BT2020
        self._findings.note(
            f"it is HDR ({_HDR[ColorTrc(frame.color_trc)]}): its colours are brought to SDR (sRGB)"
        )
        return {"dst_color_trc": ColorTrc.IEC61966_2_1, "dst_color_primaries": ColorPrimaries.BT709}


def _over_white(pixels: UInt8[np.ndarray, "H W 4"]) -> UInt8[np.ndarray, "H W 3"]:
    colour, alpha = pixels[..., :3].astype(np.uint32), pixels[..., 3:].astype(np.uint32)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
