"""A mask that a person gives, as any tool exports it: which objects does it show?

The background is found by its colour: black, or transparent. Then, in this order:

- an opacity that varies is the object (a cut-out), unless what is opaque has few flat colours;
- indices whose background is index 0, and colours of PASCAL VOC or DAVIS, are labels; 255 is void;
- grey levels are labels, 2- and 4-bit ones as they are stored; black and white alone are one object;
- other colours, and 16-bit values above 254, are numbered 1..K: ascending as 0xRRGGBB, or as they are.

Soft edges are cut: at half for one object, between several by the nearest colour that touches them. What
can be read in two ways is refused.
"""

import numpy as np
import numpy.typing as npt

from shls_core.errors import MaskError
from shls_core.files.masks.cut_out import colours_of, opaque_part, palette_values
from shls_core.files.masks.found_objects import (
    DRAW,
    MANY_LOOKS,
    MOST_OBJECTS,
    WANTED,
    Numbering,
    check_areas,
    check_flat,
    cut_at_half,
    exact_looks,
    labelled,
    listed,
    no_ground,
    numbered,
    one_object,
    single,
    soft_notes,
)
from shls_core.files.masks.looks import as_colours, looks_of
from shls_core.files.masks.mask_reading import MaskReading
from shls_core.files.masks.samples import Samples, read_samples
from shls_core.files.masks.soft_edges import TwoLevels, settled, two_levels
from shls_core.files.masks.voc_colours import VOC_VALUES, colour_name, mapped, voc_labels


def given_mask(data: bytes, numbering: Numbering | None = None) -> MaskReading:
    """Return the objects that a mask file shows.

    Parameters
    ----------
    data : bytes
        The file.
    numbering : Mapping[int, int] or None
        Labels of colours; None: those of this file are numbered.

    Raises
    ------
    MaskError
        If it cannot be read, or can be read in two ways; the reason says what was seen and how to make a
        good mask.
    """
    return objects_of(read_samples(data), numbering)


def objects_of(samples: Samples, numbering: Numbering | None = None) -> MaskReading:
    """Return the objects that samples show; raises as `given_mask` does."""
    if samples.alpha is not None and not _names_its_ground(samples):
        part = opaque_part(samples)
        if part.colours is None:
            return single(part.inside, "opaque pixels", part.notes)
        return _coloured(part.colours, numbering, part.notes)
    if samples.palette is None:
        coloured = samples.kind == "colour"
        return (_colours if coloured else _grey)(samples, numbering)
    return _indexed(samples, numbering)


def _names_its_ground(samples: Samples) -> bool:
    """Whether index 0 alone is transparent: a palette of labels, whose opacity says nothing new."""
    if samples.palette is None or samples.alpha is None:
        return False
    return int(samples.values[samples.alpha < 255].max(initial=0)) == 0


def _indexed(samples: Samples, numbering: Numbering | None) -> MaskReading:
    looks = exact_looks(samples.values)
    check_areas(looks)
    used = looks.listed()
    palette = palette_values(samples)
    colours = palette[used].tolist()
    colour_at = dict(zip(used, colours, strict=True))
    if colours == [index * 0x010101 for index in used]:  # a ramp: indices are grey levels
        return _grey(Samples("grey", samples.values, lossy=samples.lossy), numbering)
    is_voc = colours == VOC_VALUES[used].tolist()
    names_its_ground = colour_at.get(0) == 0 or samples.alpha is not None
    notes: tuple[str, ...] = ()
    if 0 not in colours and not is_voc and not names_its_ground:
        if 0 not in used or 0xFFFFFF in colours:
            raise MaskError(no_ground(colour_at, looks))
        names_its_ground = True
        notes = (f"background: index 0, {colour_name(colour_at[0])}, as no pixel is black",)
    seen = colours_of(samples)
    if samples.alpha is not None:
        seen = np.where(samples.alpha < 255, 0, seen)
    ambiguous = len(set(colours)) < len(colours)  # then colours cannot tell the objects apart
    flat = bool(looks.solid.all()) and len(used) <= MANY_LOOKS
    labels_told_by_colour = voc_labels(palette.tolist()) is not None or (not flat and _is_soft(seen))
    if is_voc or (names_its_ground and (ambiguous or not labels_told_by_colour)):
        names = {index: f"index {index}, {colour_name(colour)}" for index, colour in colour_at.items()}
        return labelled(samples.values, looks, names, {} if ambiguous else colour_at, notes)
    return _coloured(seen, numbering, notes)


def _is_soft(colours: npt.NDArray[np.integer]) -> bool:
    looks = looks_of(colours)
    if looks is None or (len(looks.values) > MANY_LOOKS and two_levels(as_colours(colours))):
        return True
    return settled(colours, looks, coloured=True) is not None


def _colours(samples: Samples, numbering: Numbering | None) -> MaskReading:
    if samples.lossy:
        return _two_levels_only(as_colours(samples.values), samples.lossy)
    return _coloured(samples.values, numbering)


def _coloured(
    values: npt.NDArray[np.integer], numbering: Numbering | None, notes: tuple[str, ...] = ()
) -> MaskReading:
    """Return the objects of a picture in colours: labels of VOC, one bright object, or each colour one."""
    looks = looks_of(values)
    if looks is None or len(looks.values) > MANY_LOOKS:
        found = two_levels(as_colours(values))
        if found is not None:
            return _one_colour(values, found, numbering, notes)
    if looks is None:
        raise MaskError(f"{WANTED}, got thousands of colours, as a photograph has: {DRAW}")
    present = looks.listed()
    if 0xFFFFFF in present and len(present) > 2 and voc_labels([x for x in present if x != 0xFFFFFF]):
        raise MaskError(
            f"{WANTED}, got white beside the colours of labels, where it may be void or an object: leave it "
            f"black, or {DRAW}"
        )
    if (labels := voc_labels(present)) is not None:
        names = {label: colour_name(colour) for label, colour in zip(labels, present, strict=True)}
        exact = mapped(values, looks.values, labels)
        return labelled(exact, exact_looks(exact), names, dict(zip(labels, present, strict=True)), notes)
    if all(value == (value & 255) * 0x010101 for value in present):
        return _grey(Samples("grey", (values & 255).astype(np.uint8)), numbering, notes)
    if (cut := settled(values, looks, coloured=True)) is not None:
        notes = (*notes, f"soft edges cut at the nearest colour: {cut.num_soft} px")
        return _coloured(cut.values, numbering, notes)
    check_flat(looks, "colours")
    if 0 not in looks:
        raise MaskError(no_ground({value: value for value in present}, looks))
    return numbered(values, looks, colour_name, numbering, (*notes, "colours are numbered by value"))


def _one_colour(
    values: npt.NDArray[np.integer], found: TwoLevels, numbering: Numbering | None, notes: tuple[str, ...]
) -> MaskReading:
    """Return the object of a picture with soft edges; in several masks its colour is its name."""
    if found.is_grey:
        return cut_at_half(found, notes)
    present, counts = np.unique(values[found.inside], return_counts=True)
    colour = int(present[counts.argmax()])
    exact = np.where(found.inside, np.uint32(colour), np.uint32(0))
    return _coloured(exact, numbering, (*notes, *soft_notes(found.num_soft)))


def _grey(samples: Samples, numbering: Numbering | None, notes: tuple[str, ...] = ()) -> MaskReading:
    values, white = _eight_bits(samples.values, samples.white)
    if samples.lossy:
        return _two_levels_only(_scaled(values, white)[..., None], samples.lossy)
    looks = looks_of(values)
    if looks is None or len(looks.values) > MANY_LOOKS:
        found = two_levels(_scaled(values, white)[..., None])
        if found is not None:
            return cut_at_half(found, notes)
    if looks is None:
        raise MaskError(f"{WANTED}, got thousands of grey levels, as a photograph has: {DRAW}")
    if white == 255 and (cut := settled(values, looks, coloured=False)) is not None:
        levels = np.unique(cut.values).tolist()
        if len(levels) == 2 and levels[0] == 0:
            return cut_at_half(TwoLevels(cut.values > 0, levels[1], cut.num_soft, True), notes)
        notes = (*notes, f"soft edges cut at the nearest level: {cut.num_soft} px")
        values, looks = cut.values, exact_looks(cut.values)
    check_flat(looks, "grey levels")
    present = looks.listed()
    if present == [white] and white > 1:
        raise MaskError(f"{WANTED}, got white everywhere: {DRAW}")
    if present == [0, white] and white > 1:
        return one_object(values == white, "white", notes, may_be_inverted=True)
    if 0 not in looks:
        shown = listed({value: f"grey {value}" for value in present}, looks)
        raise MaskError(f"{WANTED}, got no pixel of 0 but {shown}: {DRAW}")
    if present[-1] > MOST_OBJECTS and white > 255:
        return numbered(
            values, looks, lambda value: f"value {value}", numbering, (*notes, "16-bit values are numbered")
        )
    return labelled(values, looks, {value: f"grey {value}" for value in present}, {}, notes)


def _eight_bits(values: npt.NDArray[np.integer], white: int) -> tuple[npt.NDArray[np.integer], int]:
    """Return 16-bit values as 8-bit ones where they are no more than that, and the value of white."""
    if white <= 255:
        return values, white
    if values.max(initial=0) <= 255:
        return values.astype(np.uint8), 255
    if not (values % 257).any():
        return (values // 257).astype(np.uint8), 255
    return values, white


def _scaled(values: npt.NDArray[np.integer], white: int) -> npt.NDArray[np.uint8]:
    return (values.astype(np.uint32) * 255 // white).astype(np.uint8)


def _two_levels_only(pixels: npt.NDArray[np.uint8], lossy: str) -> MaskReading:
    """Return the one object of a file in a format that cannot hold labels."""
    found = two_levels(pixels)
    if found is None:
        raise MaskError(
            f"expected one bright object on black in a mask as {lossy}, which changes values and cannot hold "
            f"labels, got more levels or colours: save it as PNG, 0 background, 1..K objects"
        )
    return cut_at_half(found, (f"{lossy} cannot hold labels",))
