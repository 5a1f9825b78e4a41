"""The 16-bit samples of a TIFF.

Pillow cuts 16-bit colours to 8 bits, and OpenCV ignores the tags that say what samples mean. So the samples
are read here: libtiff decompresses the strips or tiles, described to it as rows of bytes, and the tags are
applied.
"""

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt
from jaxtyping import UInt8, UInt16
from PIL import Image

from shls_core.errors import ImageError
from shls_core.files.pictures.sixteen_bits import to_eight_bits
from shls_core.files.pictures.tiff_pages import CORRUPT, TiffPage

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _CMYK = 0, 1, 2, 5
_NUM_COLOURS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _CMYK: 4}
_PREMULTIPLIED, _STRAIGHT = 1, 2
_UNCOMPRESSED, _HORIZONTAL_DIFFERENCES = 1, 2
# LZW, Deflate under both of its numbers, PackBits, LZMA, Zstandard.
_COMPRESSIONS = (_UNCOMPRESSED, 5, 8, 32946, 32773, 34925, 50000)
_SAMPLE_BYTES = 2
# Strips or tiles that are decompressed together.
_GROUP_BYTES = 1 << 25
_MAX_PART_BYTES = 1 << 29


def wide_picture(data: bytes, page: TiffPage) -> Image.Image:
    """Decode a page of 16-bit samples to 8 bits: grey, RGB or CMYK, with alpha if it has one.

    Of samples beyond the colours the first that is alpha counts, straight or premultiplied; one that is
    unspecified means nothing. A sample that no tag explains is taken for straight alpha, as Pillow does with
    8 bits.

    Raises
    ------
    ImageError
        If the page is corrupt, or has another kind of colours or compression.
    """
    stored = _Stored.of(page)
    num_colours = _NUM_COLOURS.get(page.number(262, _WHITE_IS_ZERO), 0)
    if not 0 < num_colours <= stored.num_samples:
        raise ImageError("unsupported pixel format: 16 bits in other colours than grey, RGB and CMYK")
    extra = page.tags.get(338, (_STRAIGHT,) * (stored.num_samples - num_colours))
    alphas = [number for number, kind in enumerate(extra) if kind in (_PREMULTIPLIED, _STRAIGHT)]
    alpha = num_colours + alphas[0] if alphas else None
    if alpha is not None and (num_colours == 4 or alpha >= stored.num_samples):
        raise ImageError("unsupported pixel format: 16 bits, CMYK with transparency")
    kept = [*range(num_colours), *([] if alpha is None else [alpha])]
    together = slice(len(kept)) if kept == list(range(len(kept))) else kept
    narrow = np.empty((page.height, page.width, len(kept)), np.uint8)
    for top, first, samples in stored.groups(data):
        if stored.is_planar:
            if first in kept:
                narrow[top : top + len(samples), :, kept.index(first)] = to_eight_bits(samples[..., 0])
            continue
        narrow[top : top + len(samples)] = to_eight_bits(samples[..., together])
    if page.number(262, _WHITE_IS_ZERO) == _WHITE_IS_ZERO:
        narrow[..., 0] = 255 - narrow[..., 0]
    is_premultiplied = alpha is not None and extra[alphas[0]] == _PREMULTIPLIED
    return _image(narrow, num_colours == 4, is_premultiplied)


def _image(narrow: UInt8[np.ndarray, "H W C"], is_cmyk: bool, is_premultiplied: bool) -> Image.Image:
    num_samples = narrow.shape[2]
    if is_cmyk or is_premultiplied:
        mode = "CMYK" if is_cmyk else {2: "La", 4: "RGBa"}[num_samples]
        return Image.frombytes(mode, narrow.shape[1::-1], narrow.tobytes())
    return Image.fromarray(narrow[..., 0] if num_samples == 1 else narrow)


@dataclass(frozen=True)
class _Stored:
    """How the samples lie in the file: in strips or tiles of one size, plane by plane or together."""

    page: TiffPage
    num_samples: int
    is_planar: bool
    is_tiled: bool
    part_height: int
    part_width: int
    compression: int
    predictor: int

    @classmethod
    def of(cls, page: TiffPage) -> "_Stored":
        is_tiled = 322 in page.tags
        rows = page.number(323, 0) if is_tiled else min(page.number(278, page.height), page.height)
        stored = cls(
            page=page,
            num_samples=page.number(277, 1),
            is_planar=page.number(284, 1) == 2,
            is_tiled=is_tiled,
            part_height=rows,
            part_width=page.number(322, 0) if is_tiled else page.width,
            compression=page.number(259, _UNCOMPRESSED),
            predictor=page.number(317, 1),
        )
        if set(page.tags.get(258, ())) != {16} or stored.predictor not in (1, _HORIZONTAL_DIFFERENCES):
            raise ImageError("unsupported pixel format: 16 bits beside others")
        if stored.compression not in _COMPRESSIONS:
            raise ImageError(f"unsupported pixel format: 16 bits in TIFF compression {stored.compression}")
        if rows < 1 or stored.part_width < 1 or not 1 <= stored.num_samples <= 16:
            raise ImageError(CORRUPT)
        if stored.part_bytes > _MAX_PART_BYTES and stored.compression != _UNCOMPRESSED:
            raise ImageError(f"too large: strips or tiles of {stored.part_bytes} bytes")
        return stored

    @property
    def samples_together(self) -> int:
        return 1 if self.is_planar else self.num_samples

    @property
    def row_bytes(self) -> int:
        return self.part_width * self.samples_together * _SAMPLE_BYTES

    @property
    def part_bytes(self) -> int:
        return self.part_height * self.row_bytes

    def groups(self, data: bytes) -> Iterator[tuple[int, int, UInt16[np.ndarray, "h w C"]]]:
        """Yield bands of rows: the first row, the number of the plane, and samples."""
        across, down = -(-self.page.width // self.part_width), -(-self.page.height // self.part_height)
        num_planes = self.num_samples if self.is_planar else 1
        offsets = self.page.tags.get(324 if self.is_tiled else 273, ())
        sizes = self.page.tags.get(325 if self.is_tiled else 279, ())
        expected = across * down * num_planes
        if len(offsets) < expected or len(sizes) < expected:
            raise ImageError(CORRUPT)
        if self._is_one_plain_strip(num_planes):
            yield from self._bands_of_strip(data, offsets[0])
            return
        at_once = max(1, _GROUP_BYTES // (self.part_bytes * across))
        for plane in range(num_planes):
            for row in range(0, down, at_once):
                rows = min(at_once, down - row)
                start = (plane * down + row) * across
                end = start + rows * across
                parts = [
                    data[offset : offset + size]
                    for offset, size in zip(offsets[start:end], sizes[start:end], strict=True)
                ]
                top = row * self.part_height
                height = min(rows * self.part_height, self.page.height - top)
                yield top, plane, self._samples(parts, across, height)

    def _is_one_plain_strip(self, num_planes: int) -> bool:
        whole = not self.is_tiled and self.part_height == self.page.height
        return whole and num_planes == 1 and self.compression == _UNCOMPRESSED and self.predictor == 1

    def _bands_of_strip(
        self, data: bytes, offset: int
    ) -> Iterator[tuple[int, int, UInt16[np.ndarray, "h w C"]]]:
        """Yield bands of a strip that holds the whole picture uncompressed: as one it may have 800 MB."""
        at_once = max(1, _GROUP_BYTES // self.row_bytes)
        for top in range(0, self.page.height, at_once):
            height = min(at_once, self.page.height - top)
            start = offset + top * self.row_bytes
            yield top, 0, self._samples([data[start : start + height * self.row_bytes]], 1, height)

    def _samples(self, parts: Sequence[bytes], across: int, height: int) -> UInt16[np.ndarray, "h w C"]:
        """Decompress parts, `across` of them side by side; return the rows that the picture has there."""
        # The last strip has fewer rows than others; tiles are whole.
        stored_rows = self.part_height * (len(parts) // across) if self.is_tiled else height
        raw = self._decompressed(parts, stored_rows, across)
        samples = raw.view(self.page.byte_order + "u2").reshape(
            stored_rows, across, self.part_width, self.samples_together
        )
        samples = samples.astype(np.uint16, copy=False)
        if self.predictor == _HORIZONTAL_DIFFERENCES:
            samples = np.cumsum(samples, axis=2, dtype=np.uint16)
        return samples.reshape(stored_rows, -1, self.samples_together)[:height, : self.page.width]

    def _decompressed(self, parts: Sequence[bytes], num_rows: int, across: int) -> npt.NDArray[np.uint8]:
        """Return rows of bytes, as the parts lie in the picture."""
        if self.compression == _UNCOMPRESSED:
            return self._as_stored(parts, num_rows, across)
        image = Image.open(io.BytesIO(self._bytes_as_tiff(parts, num_rows, across)), formats=("TIFF",))
        return np.asarray(image)

    def _as_stored(self, parts: Sequence[bytes], num_rows: int, across: int) -> npt.NDArray[np.uint8]:
        if self.is_tiled:
            wanted = [self.part_bytes] * len(parts)
        else:
            tops = range(0, num_rows, self.part_height)
            wanted = [min(self.part_height, num_rows - top) * self.row_bytes for top in tops]
        if any(len(part) < size for part, size in zip(parts, wanted, strict=True)):
            raise ImageError(CORRUPT)
        joined = np.frombuffer(
            b"".join(part[:size] for part, size in zip(parts, wanted, strict=True)), np.uint8
        )
        if not self.is_tiled:
            return joined.reshape(num_rows, self.row_bytes)
        tiles = joined.reshape(-1, across, self.part_height, self.row_bytes)
        return np.ascontiguousarray(tiles.swapaxes(1, 2)).reshape(num_rows, across * self.row_bytes)

    def _bytes_as_tiff(self, parts: Sequence[bytes], num_rows: int, across: int) -> bytes:
        """Return a TIFF of grey bytes with these parts: libtiff decompresses it and leaves samples alone."""
        numbers: dict[int, Sequence[int]] = {
            256: (across * self.row_bytes,),
            257: (num_rows,),
            258: (8,),
            259: (self.compression,),
            262: (_BLACK_IS_ZERO,),
            266: (self.page.number(266, 1),),
            277: (1,),
        }
        if self.is_tiled:
            numbers |= {322: (self.row_bytes,), 323: (self.part_height,)}
        else:
            numbers |= {278: (self.part_height,)}
        at = 8 + 2 + 12 * (len(numbers) + 2) + 4
        sizes = [len(part) for part in parts]
        starts = list(accumulate(sizes[:-1], initial=at + 8 * len(parts)))
        numbers |= {324: starts, 325: sizes} if self.is_tiled else {273: starts, 279: sizes}
        entries, values = b"", b""
        for tag, some in sorted(numbers.items()):
            if len(some) == 1:
                entries += struct.pack("<HHII", tag, 4, 1, some[0])
            else:
                entries += struct.pack("<HHII", tag, 4, len(some), at + len(values))
                values += struct.pack(f"<{len(some)}I", *some)
        directory = struct.pack("<H", len(numbers)) + entries + bytes(4)
        return (
            b"II*\0"
            + struct.pack("<I", 8)
            + directory
            + values.ljust(8 * len(parts), b"\0")
            + b"".join(parts)
        )
