"""One small file of every format and kind that the decoder reads, made here."""

import io
import struct
import zlib
from types import SimpleNamespace

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from shls_core.errors import ImageError
from shls_core.files.pictures.decode import decode_image

HEIGHT, WIDTH = 32, 48


def scene(seed: int = 0) -> np.ndarray:
    """A smooth picture with a red square left of its middle: the same in no turn."""
    small = np.random.default_rng(seed).integers(60, 160, (5, 7, 3)).astype(np.uint8)
    pixels = np.array(Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    pixels[8:16, 6:20] = (220, 30, 30)
    return pixels


def saved(pixels: np.ndarray | Image.Image, image_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(file, image_format, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(rows: list[bytes], width: int, bits: int, colour_type: int, extra: bytes = b"") -> bytes:
    """A PNG straight from the specification: Pillow cannot write all of them."""
    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def tiff(pages: list[dict[int, list[int] | bytes]], parts: list[list[bytes]], order: str = "<") -> bytes:
    """A TIFF of these tags (16 bits, longer values 32 bits, bytes) and strips or tiles, page by page."""
    big_endian = order == ">"
    data = (b"MM\0*" if big_endian else b"II*\0") + struct.pack(order + "I", 0)
    link = 4
    for tags, stored in zip(pages, parts, strict=True):
        starts = []
        for part in stored:
            starts.append(len(data))
            data += part
        is_tiled = 322 in tags
        full = {**tags}
        if stored:
            full |= {
                324 if is_tiled else 273: starts,
                325 if is_tiled else 279: [len(part) for part in stored],
            }
        entries = b""
        for tag, values in sorted(full.items()):
            if isinstance(values, bytes):
                kind, count, packed = 7, len(values), values
            else:
                letter = "I" if tag in (273, 279, 324, 325, 330) else "H"
                kind, count = {"I": 4, "H": 3}[letter], len(values)
                packed = struct.pack(f"{order}{count}{letter}", *values)
            if len(packed) > 4:
                data += bytes(len(data) % 2)
                packed, data = struct.pack(order + "I", len(data)), data + packed
            entries += struct.pack(order + "HHI", tag, kind, count) + packed.ljust(4, b"\0")
        data += bytes(len(data) % 2)
        data = data[:link] + struct.pack(order + "I", len(data)) + data[link + 4 :]
        data += struct.pack(order + "H", len(full)) + entries
        link = len(data)
        data += bytes(4)
    return data


def tiff_tags(pixels: np.ndarray, photometric: int, **more: list[int]) -> dict[int, list[int]]:
    num_samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    tags = {
        256: [pixels.shape[1]],
        257: [pixels.shape[0]],
        258: [8 * pixels.dtype.itemsize] * num_samples,
        259: [1],
        262: [photometric],
        277: [num_samples],
        278: [pixels.shape[0]],
    }
    return tags | {int(name[1:]): values for name, values in more.items()}


def heic(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, **{"quality": 90, "chroma": 444, **options})
    return file.getvalue()


def wide_heic(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    wide = (pixels.astype(np.uint16) * 257).tobytes()
    pillow_heif.encode("RGB;16", (pixels.shape[1], pixels.shape[0]), wide, file, quality=95, chroma=444)
    return file.getvalue()


def files_of_every_kind() -> dict[str, tuple[bytes, np.ndarray]]:
    """Files by name, each with the pixels that it shows."""
    pixels = scene()
    image = Image.fromarray(pixels)
    grey = np.asarray(image.convert("L"))
    greys = grey[..., None].repeat(3, axis=2)
    wide, wide_grey = pixels.astype(np.uint16) * 257, grey.astype(np.uint16) * 257
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile[:24] + bytes(12) + profile[36:]  # the time when it was made
    half = np.full((HEIGHT, WIDTH, 1), 128, np.uint8)
    half[:, WIDTH // 2 :] = 255
    on_white = np.rint(pixels * (half / 255.0) + 255 - half).astype(np.uint8)
    with_alpha = Image.fromarray(np.dstack([pixels, half]))
    plain = f"{WIDTH} {HEIGHT}".encode()
    bits = (grey > 100).astype(np.uint8)
    black_or_white = bits[..., None].repeat(3, axis=2) * 255
    animation = {"save_all": True, "append_images": [Image.fromarray(scene(1))], "duration": 100}
    tiles = [
        np.ascontiguousarray(
            np.pad(wide, ((0, 0), (0, 16), (0, 0)))[top : top + 16, left : left + 32]
        ).tobytes()
        for top in (0, 16)
        for left in (0, 32)
    ]
    planes = [np.ascontiguousarray(wide[..., band]).tobytes() for band in range(3)]
    return {
        "plain.jpg": (saved(image, "JPEG", quality=95, icc_profile=profile), pixels),
        "progressive.jpg": (saved(image, "JPEG", quality=95, progressive=True), pixels),
        "grey.jpg": (saved(image.convert("L"), "JPEG", quality=95), greys),
        "cmyk.jpg": (saved(image.convert("CMYK"), "JPEG", quality=95), pixels),
        "two.mpo": (saved(image, "MPO", quality=95, save_all=True, append_images=[image]), pixels),
        "plain.png": (saved(image, "PNG", icc_profile=profile), pixels),
        "alpha.png": (saved(with_alpha, "PNG"), on_white),
        "palette.png": (saved(image.convert("P"), "PNG"), np.asarray(image.convert("P").convert("RGB"))),
        "grey4.png": (png([bytes([0x01, 0x23])], 4, 4, 0), np.array([[[v] * 3 for v in (0, 17, 34, 51)]])),
        "wide.png": (png([row.astype(">u2").tobytes() for row in wide], WIDTH, 16, 2), pixels),
        "animation.png": (saved(image, "PNG", **animation), pixels),
        "lossy.webp": (saved(image, "WEBP", quality=100), pixels),
        "lossless.webp": (saved(with_alpha, "WEBP", lossless=True), on_white),
        "animation.webp": (saved(image, "WEBP", quality=100, **animation), pixels),
        "animation.gif": (saved(image, "GIF", **animation), pixels),
        "plain.bmp": (saved(image, "BMP"), pixels),
        "palette.bmp": (saved(image.convert("L"), "BMP"), greys),
        "bits.pbm": (b"P4\n" + plain + b"\n" + np.packbits(1 - bits, axis=1).tobytes(), black_or_white),
        "plain.pgm": (b"P2 # grey\n" + plain + b" 255\n" + " ".join(map(str, grey.ravel())).encode(), greys),
        "plain.ppm": (saved(image, "PPM"), pixels),
        "wide.ppm": (b"P6 " + plain + b" 65535\n" + wide.astype(">u2").tobytes(), pixels),
        "plain.avif": (saved(image, "AVIF", quality=95, subsampling="4:4:4"), pixels),
        "alpha.avif": (saved(with_alpha, "AVIF", quality=95, subsampling="4:4:4"), on_white),
        "plain.heic": (heic(image), pixels),
        "alpha.heic": (heic(with_alpha), on_white),
        "wide.heic": (wide_heic(pixels), pixels),
        "grid.heic": (heic(image.resize((128, 128)), tile_size=64), np.asarray(image.resize((128, 128)))),
        "plain.tif": (saved(image, "TIFF", icc_profile=profile), pixels),
        "lzw.tif": (saved(image, "TIFF", compression="tiff_lzw"), pixels),
        "jpeg.tif": (saved(image, "TIFF", compression="jpeg", quality=95), pixels),
        "fax.tif": (
            saved(Image.fromarray(bits * 255).convert("1"), "TIFF", compression="group4"),
            black_or_white,
        ),
        "cmyk.tif": (saved(image.convert("CMYK"), "TIFF"), pixels),
        "wide.tif": (
            tiff(
                [tiff_tags(wide, 2, t278=[8])],
                [[wide[top : top + 8].tobytes() for top in range(0, HEIGHT, 8)]],
            ),
            pixels,
        ),
        "big_endian.tif": (
            tiff([tiff_tags(wide_grey, 1)], [[wide_grey.astype(">u2").tobytes()]], ">"),
            greys,
        ),
        "wide_deflate.tif": (
            cv2.imencode(".tiff", wide[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 8])[1].tobytes(),
            pixels,
        ),
        "wide_lzw.tif": (
            cv2.imencode(".tiff", wide[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])[1].tobytes(),
            pixels,
        ),
        "wide_tiles.tif": (tiff([tiff_tags(wide, 2, t322=[32], t323=[16])], [tiles]), pixels),
        "wide_planes.tif": (tiff([tiff_tags(wide, 2, t284=[2])], [planes]), pixels),
    }


@pytest.fixture(scope="session")
def every_kind():
    """Files by name, each with the pixels that it shows."""
    return files_of_every_kind()


@pytest.fixture(scope="session")
def make():
    """What makes files: the functions of this module."""
    return SimpleNamespace(
        scene=scene, saved=saved, chunk=chunk, png=png, tiff=tiff, tiff_tags=tiff_tags, heic=heic
    )


@pytest.fixture(scope="session")
def reason_for():
    """A function that returns why a file is refused."""

    def reason(data: bytes) -> str:
        with pytest.raises(ImageError) as caught:
            decode_image(data, None)
        return caught.value.reason

    return reason
