"""Masks of benchmarks, annotations and results: exact labels, or an error."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError, MaskError
from shls_core.files.foreign_file import read_regular
from shls_core.files.masks.cut_out import palette_values
from shls_core.files.masks.found_objects import MANY_LOOKS
from shls_core.files.masks.looks import looks_of
from shls_core.files.masks.samples import MAX_MASK_BYTES, Samples, read_samples
from shls_core.files.masks.soft_edges import two_levels
from shls_core.files.masks.voc_colours import VOC_VALUES, mapped, voc_labels

_REMEDY = "save labels as an indexed or grey PNG, 0 background, 1..K objects"


def read_mask(path: Path) -> UInt8[np.ndarray, "H W"]:
    """Return the labels of a mask file: 0 background, 1..254 objects, 255 void.

    Raises
    ------
    InputError
        If it cannot be read, or its labels are not certain: see `exact_labels`.
    """
    try:
        return exact_labels(mask_bytes(path))
    except MaskError as error:
        raise InputError(f"{error.reason}: {path}") from error


def mask_bytes(path: Path) -> bytes:
    """Return the content of a mask file.

    Raises
    ------
    MaskError
        If it cannot be read, is no regular file, or is too large for a mask.
    """
    try:
        return read_regular(path, MAX_MASK_BYTES)
    except OSError as error:
        raise MaskError(f"expected a mask file, cannot read it: {error.strerror}") from error


def exact_labels(data: bytes) -> UInt8[np.ndarray, "H W"]:
    """Return the labels that a mask file holds, as the benchmark's evaluator reads them.

    Labels are palette indices, grey levels (2- and 4-bit ones as they are stored), or the colours of PASCAL
    VOC and DAVIS in RGB. Nothing is guessed: what an evaluator would take for other labels is refused.

    Raises
    ------
    MaskError
        If it cannot be read, or its labels are not certain: a format that changes values, opacity, colours of
        no label, soft edges, a palette whose black is not index 0, or whose colours contradict its indices.
    """
    samples = read_samples(data)
    if samples.lossy:
        raise MaskError(f"expected labels, got {samples.lossy}, which changes values: {_REMEDY}")
    if samples.palette is not None:
        return _indexed(samples)
    if samples.alpha is not None:
        raise MaskError(f"expected labels, got a picture whose opacity varies: {_REMEDY}")
    return _coloured(samples) if samples.kind == "colour" else _grey(samples)


def _indexed(samples: Samples) -> UInt8[np.ndarray, "H W"]:
    labels = samples.values.astype(np.uint8, copy=False)
    used = np.flatnonzero(np.bincount(labels.ravel(), minlength=256))
    palette = palette_values(samples)
    colours = palette[used]
    if (colours == VOC_VALUES[used]).all() or (colours == used * 0x010101).all():
        return labels
    if voc_labels(palette.tolist()) is not None and len(np.unique(colours)) == len(used):
        index = int(used[colours != VOC_VALUES[used]][0])
        [label] = voc_labels([int(palette[index])]) or [0]
        raise MaskError(
            f"expected a palette that agrees with its indices, got index {index} in the colour of label "
            f"{label} (#{VOC_VALUES[label]:06x}), as an optimiser leaves it: {_REMEDY}"
        )
    black = used[colours == 0]
    if len(black) and 0 not in black:
        raise MaskError(
            f"expected index 0 as background, got a palette whose black is index {black[0]}, so that "
            f"background and objects may be swapped: {_REMEDY}"
        )
    return labels


def _grey(samples: Samples) -> UInt8[np.ndarray, "H W"]:
    values = samples.values
    highest = int(values.max(initial=0))
    if highest > 255:
        raise MaskError(f"expected labels 0..255, got {highest}: {_REMEDY}")
    labels = values.astype(np.uint8, copy=False)
    looks = looks_of(labels)
    assert looks is not None  # 256 values at most
    mostly_edges = len(looks.values) > MANY_LOOKS and looks.solid.sum() < len(looks.values) / 2
    if mostly_edges and two_levels(labels[..., None]) is not None:
        raise MaskError(
            f"expected labels, got {len(looks.values)} grey levels, of which most fill no area, as soft "
            f"edges have: {_REMEDY}"
        )
    return labels


def _coloured(samples: Samples) -> UInt8[np.ndarray, "H W"]:
    looks = looks_of(samples.values)
    if looks is None:
        raise MaskError(f"expected labels, got thousands of colours, as a photograph has: {_REMEDY}")
    present = looks.listed()
    if (labels := voc_labels(present)) is not None:
        return mapped(samples.values, looks.values, labels)
    if all(value == (value & 255) * 0x010101 for value in present):
        return _grey(Samples("grey", samples.values & 255))
    strange = next(value for value in present if voc_labels([value]) is None)
    raise MaskError(f"expected the colours of labels in PASCAL VOC and DAVIS, got #{strange:06x}: {_REMEDY}")
