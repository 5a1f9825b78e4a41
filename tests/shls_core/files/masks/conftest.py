"""Masks as tools export them, made by the tests: a square of 40x30 px in a frame of 160x120 px."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

HEIGHT, WIDTH = 120, 160
SQUARE = np.zeros((HEIGHT, WIDTH), np.uint8)
SQUARE[30:60, 20:60] = 1
TWO = SQUARE.copy()
TWO[30:60, 40:60] = 2
WHITE = SQUARE * np.uint8(255)

THREE = TWO.copy()
THREE[80:100, 100:130] = 3
VOID = TWO.copy()
VOID[28:30, 18:62] = 255

VOC = [(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128)]


def encoded(values, kind="PNG", **options):
    """The bytes of a picture in a format."""
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def indexed(labels, colours, kind="PNG", **options):
    """An indexed picture with these colours of indices 0, 1, …"""
    image = Image.frombytes("P", labels.shape[::-1], np.ascontiguousarray(labels).tobytes())
    image.putpalette([channel for colour in colours for channel in colour])
    return encoded(image, kind, **options)


def grey_png(labels, bits):
    """A grey PNG of 1, 2, 4 or 8 bits, values as they are."""
    planes = labels[:, :, None] >> np.arange(bits - 1, -1, -1) & 1
    rows = b"".join(b"\0" + np.packbits(row.astype(np.uint8).ravel()).tobytes() for row in planes)

    def chunk(name, content):
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    height, width = labels.shape
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def coloured(labels, colours):
    """An RGB picture: a colour for each label."""
    return np.array(colours, np.uint8)[labels]


def softened(values, degrees=7):
    """A picture turned with soft edges."""
    return np.asarray(Image.fromarray(values).rotate(degrees, Image.Resampling.BICUBIC, center=(40, 45)))


def photograph(seed=0):
    """A picture with no flat area, as a camera takes it."""
    noise = np.random.default_rng(seed).integers(0, 40, (HEIGHT, WIDTH, 3))
    ramp = np.linspace(0, 200, WIDTH)[None, :, None] * np.array([1.0, 0.8, 0.5])
    return (ramp + noise).astype(np.uint8)


def transparent_where(labels, colours):
    """RGBA: these colours, label 0 transparent."""
    return np.dstack([colours, (labels > 0).astype(np.uint8) * 255])


def turned_by_exif():
    """The square lying on its side, and a note that it is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(np.rot90(WHITE).copy(), exif=exif)


def quantised(**options):
    return Image.fromarray(coloured(SQUARE, [BLACK, SNOW])).convert("P", **options)


def several_pages():
    return encoded(WHITE, "TIFF", save_all=True, append_images=[Image.fromarray(WHITE)])


def permuted_voc():
    return indexed(np.array([0, 4, 3], np.uint8)[TWO], [VOC[0], VOC[3], VOC[4], VOC[2], VOC[1]])


RED, GREEN, LIME = (220, 30, 30), (30, 220, 30), (0, 255, 0)
BLACK, SNOW = (0, 0, 0), (255, 255, 255)
VOID_PALETTE = [*VOC[:3], *[BLACK] * 252, (224, 224, 192)]
DARK = photograph() // 8

MASKS = {
    "binary": lambda: encoded(WHITE),
    "ones": lambda: encoded(SQUARE),
    "bilevel": lambda: encoded(SQUARE > 0),
    "grey labels": lambda: encoded(TWO),
    "ids 1, 5, 200": lambda: encoded(np.array([0, 1, 5, 200], np.uint8)[THREE]),
    "grey 2 bit": lambda: grey_png(TWO, 2),
    "grey 2 bit, three": lambda: grey_png(THREE, 2),
    "grey 4 bit": lambda: grey_png(TWO, 4),
    "grey 4 bit, white": lambda: grey_png(SQUARE * np.uint8(15), 4),
    "voc palette": lambda: indexed(TWO, VOC[:3]),
    "voc gif": lambda: indexed(TWO, VOC[:3], "GIF"),
    "voc bmp": lambda: indexed(TWO, VOC[:3], "BMP"),
    "voc tiff": lambda: indexed(TWO, VOC[:3], "TIFF", compression="tiff_lzw"),
    "void palette": lambda: indexed(VOID, VOID_PALETTE),
    "void grey": lambda: encoded(VOID),
    "black palette": lambda: indexed(TWO, [BLACK] * 3),
    "own palette": lambda: indexed(TWO, [BLACK, RED, GREEN]),
    "white first": lambda: indexed(1 - SQUARE, [SNOW, BLACK]),
    "colours first": lambda: indexed(np.array([2, 0, 1], np.uint8)[TWO], [RED, GREEN, BLACK]),
    "permuted voc": permuted_voc,
    "no black": lambda: indexed(TWO, [(68, 1, 84), RED, GREEN]),
    "white ground": lambda: indexed(TWO, [(60, 60, 60), RED, SNOW]),
    "transparent index": lambda: indexed(TWO, [SNOW, RED, GREEN], transparency=0),
    "adaptive": lambda: encoded(quantised(palette=Image.Palette.ADAPTIVE, colors=2)),
    "web palette": lambda: encoded(quantised()),
    "rgb voc": lambda: encoded(coloured(TWO, VOC[:3])),
    "rgb white": lambda: encoded(coloured(SQUARE, [BLACK, SNOW])),
    "rgb colours": lambda: encoded(coloured(TWO, [BLACK, RED, GREEN])),
    "rgb ppm": lambda: encoded(coloured(TWO, [BLACK, RED, GREEN]), "PPM"),
    "rgb webp": lambda: encoded(coloured(TWO, [BLACK, RED, GREEN]), "WEBP", lossless=True),
    "rgb on white": lambda: encoded(coloured(TWO, [SNOW, RED, GREEN])),
    "rgba white": lambda: encoded(np.dstack([coloured(SQUARE, [BLACK, SNOW]), np.full_like(WHITE, 255)])),
    "cut-out": lambda: encoded(np.dstack([DARK, WHITE])),
    "cut-out, black": lambda: encoded(np.dstack([DARK * SQUARE[..., None], WHITE])),
    "cut-out, soft": lambda: encoded(np.dstack([DARK, softened(WHITE, 3)])),
    "cut-out, webp": lambda: encoded(np.dstack([DARK, WHITE]), "WEBP", quality=60),
    "flat cut-out": lambda: encoded(transparent_where(TWO, coloured(TWO, [SNOW, RED, GREEN]))),
    "black and red cut-out": lambda: encoded(transparent_where(TWO, coloured(TWO, [SNOW, BLACK, RED]))),
    "grey and alpha": lambda: encoded(np.dstack([WHITE, np.full_like(WHITE, 255)])),
    "soft": lambda: encoded(softened(WHITE)),
    "soft half": lambda: encoded(softened(WHITE // 2)),
    "soft few levels": lambda: encoded(softened(WHITE) // 64 * 85),
    "soft red": lambda: encoded(softened(coloured(SQUARE, [BLACK, RED]))),
    "soft colours": lambda: encoded(softened(coloured(TWO, [BLACK, RED, GREEN]))),
    "soft shades": lambda: encoded(softened(np.array([0, 120, 250], np.uint8)[TWO])),
    "jpeg": lambda: encoded(WHITE, "JPEG", quality=90),
    "jpeg, half": lambda: encoded(WHITE // 2, "JPEG", quality=75),
    "jpeg, red": lambda: encoded(coloured(SQUARE, [BLACK, RED]), "JPEG", quality=80),
    "png from jpeg": lambda: encoded(Image.open(io.BytesIO(encoded(WHITE, "JPEG", quality=60)))),
    "jpeg, two": lambda: encoded(coloured(TWO, [BLACK, RED, GREEN]), "JPEG", quality=90),
    "jpeg labels": lambda: encoded(TWO, "JPEG", quality=95),
    "lossy webp": lambda: encoded(coloured(SQUARE, [BLACK, SNOW]), "WEBP", quality=70),
    "16 bit": lambda: encoded(TWO.astype(np.uint16)),
    "16 bit white": lambda: encoded(SQUARE.astype(np.uint16) * 65535),
    "16 bit ids": lambda: encoded(np.array([0, 24001, 26000], np.uint16)[TWO]),
    "float tiff": lambda: encoded(Image.fromarray(TWO.astype(np.float32)), "TIFF"),
    "exif": turned_by_exif,
    "tiff": lambda: encoded(WHITE, "TIFF"),
    "inverted": lambda: encoded(255 - WHITE),
    "soft inverted": lambda: encoded(255 - softened(WHITE)),
    "all white": lambda: encoded(np.full_like(WHITE, 255)),
    "no background": lambda: encoded(SQUARE + np.uint8(1)),
    "black": lambda: encoded(SQUARE * 0),
    "shades": lambda: encoded(np.array([0, 127, 255], np.uint8)[TWO]),
    "photograph": lambda: encoded(photograph()),
    "grey photograph": lambda: encoded(photograph()[..., 0]),
    "several pages": several_pages,
    "rgb 16 bit": lambda: _wide_colours(),
    "cmyk": lambda: encoded(Image.new("CMYK", (20, 20)), "TIFF"),
    "fractions": lambda: encoded(Image.fromarray(SQUARE / np.float32(3)), "TIFF"),
}


def _wide_colours():
    import cv2

    return cv2.imencode(".png", coloured(TWO, [BLACK, RED, GREEN]).astype(np.uint16) * 257)[1].tobytes()


@pytest.fixture
def mask_file():
    """A function that returns the bytes of a mask by the name of its kind."""
    return lambda name: MASKS[name]()


@pytest.fixture
def square():
    """Where the object is: 1 in a square."""
    return SQUARE


@pytest.fixture
def two():
    """Two objects: the left and the right half of the square."""
    return TWO
