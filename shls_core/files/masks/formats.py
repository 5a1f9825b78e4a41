"""Kinds of mask files, and how each is read: the rows of a table in the documentation, checked by a test."""

from typing import NamedTuple

REFUSED = "refused: "
"""What begins so is an error in one line, with this remedy."""


class MaskKind(NamedTuple):
    """One kind of file.

    Attributes
    ----------
    kind : str
        What a tool exports.
    given : str
        How `given_mask` reads it: ``shls segment --mask``.
    exact : str
        How `exact_labels` reads it: annotations and results of benchmarks.
    soft : str
        How `soft_map` reads it: ``saliency.detector: maps:FOLDER``, ``shls dataset measure-masks --truth``.
    """

    kind: str
    given: str
    exact: str
    soft: str


_AS_LABELS = "refused: save as an indexed or grey PNG, 0 background, 1..K objects"
_PNG = "refused: save as an indexed PNG, 0 background, 1..K objects"
_OBJECTS = "objects are 255"

MASK_KINDS = (
    MaskKind("indexed, background index 0 (VOC, DAVIS)", "indices are labels", "indices", _OBJECTS),
    MaskKind(
        "indexed, black at another index",
        "black is background; other colours as in RGB",
        _AS_LABELS,
        _OBJECTS,
    ),
    MaskKind("indexed, VOC colours at other indices", "labels of the colours", _AS_LABELS, _OBJECTS),
    MaskKind(
        "indexed, neither black nor transparent, index 0 used",
        "index 0 is background, and said to be; refused if white is among the others",
        "indices",
        _OBJECTS,
    ),
    MaskKind("grey levels 0..254", "labels", "labels", "labels up to 31: objects are 255; else the map"),
    MaskKind("grey of 1, 2 or 4 bits", "labels as they are stored", "the same", _OBJECTS),
    MaskKind("black and white (0, 255)", "one object", "255 is void; with --year 2016 an object", _OBJECTS),
    MaskKind("255 beside labels", "void is background, and said to be", "void", "void is 0"),
    MaskKind("grey of 16 bits, up to 255", "labels", "labels", _OBJECTS),
    MaskKind("grey of 16 bits, above 255", "numbered 1..K, ascending", _AS_LABELS, "value / 257, rounded"),
    MaskKind("RGB in VOC colours", "their labels", "their labels", _OBJECTS),
    MaskKind("RGB in other colours on black", "numbered 1..K, ascending as 0xRRGGBB", _AS_LABELS, _OBJECTS),
    MaskKind("RGB without black", "refused: paint black what is no object", _AS_LABELS, _PNG),
    MaskKind("cut-out with transparency", "what is opaque is one object", _AS_LABELS, "opacity is the map"),
    MaskKind("flat colours on transparency", "as in RGB", _AS_LABELS, "opacity is the map"),
    MaskKind("soft edges of one object", "cut at half, and said to be", _AS_LABELS, "the map"),
    MaskKind("soft edges of several colours", "cut at the nearest colour", _AS_LABELS, _OBJECTS),
    MaskKind("JPEG, lossy WebP, AVIF of one object on black", "cut at half", _AS_LABELS, "the map"),
    MaskKind(
        "JPEG, lossy WebP, AVIF of several objects", _PNG, _AS_LABELS, "a map if grey; colours: refused"
    ),
    MaskKind("white with a black object (inverted)", "refused: invert it", "255 is void", "white is 255"),
    MaskKind("a photograph", _PNG, _AS_LABELS, "refused: a grey map, a cut-out or a mask"),
    MaskKind("several pictures in one file", *("refused: save each in a file",) * 3),
    MaskKind("RGB of 16 bits, CMYK, Lab, fractions", *(_PNG,) * 3),
)
"""Every kind, in the order of the table."""
