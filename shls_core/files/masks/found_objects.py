"""Objects found in a mask, by each way of telling them apart; what can be read in two ways is refused."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from shls_core.errors import MaskError
from shls_core.files.masks.looks import Looks, looks_of
from shls_core.files.masks.mask_reading import MaskReading, SeenObject, percent
from shls_core.files.masks.soft_edges import TwoLevels
from shls_core.files.masks.voc_colours import colour_name, mapped

VOID = 255
"""Label of pixels of which nothing is known."""

MOST_OBJECTS = 254
MANY_LOOKS = 16
"""A mask with more values is asked whether they are edges, or a photograph."""

WANTED = "expected a mask of objects on a black or transparent background"
DRAW = "save it as an indexed PNG, 0 background, 1..K objects"

_LARGEST_LABEL_BESIDE_VOID = 31
_MOSTLY_AREAS = 0.9
_LEAST_IN_AREAS = 0.3
_LOOKS_LISTED = 4

Numbering = Mapping[int, int]
"""Labels by colour (0xRRGGBB) or 16-bit value, where several masks are numbered together."""


def cut_at_half(found: TwoLevels, notes: tuple[str, ...]) -> MaskReading:
    """Return the one object of a mask with soft edges."""
    notes = (*notes, *soft_notes(found.num_soft))
    return one_object(found.inside, "bright pixels", notes, may_be_inverted=True)


def soft_notes(num_soft: int) -> tuple[str, ...]:
    """Return what is said of soft edges of one object; nothing if it has none."""
    return (f"soft edges cut at half: {num_soft} px between",) if num_soft else ()


def one_object(
    inside: npt.NDArray[np.bool_], seen_as: str, notes: tuple[str, ...], may_be_inverted: bool
) -> MaskReading:
    """Return one object without a label, unless the mask looks like an inverted one."""
    share = float(inside.mean())
    if may_be_inverted and share > 0.5 and inside[[0, 0, -1, -1], [0, -1, 0, -1]].all():
        raise MaskError(
            f"{WANTED}, got white on {percent(share)} of the frame and in its four corners, as an inverted "
            f"mask has: invert it, or save labels 0 and 1 if that is the object"
        )
    return single(inside, seen_as, notes)


def single(inside: npt.NDArray[np.bool_], seen_as: str, notes: tuple[str, ...]) -> MaskReading:
    """Return one object without a label."""
    objects = (SeenObject(1, seen_as, float(inside.mean())),) if inside.any() else ()
    return MaskReading(inside.astype(np.uint8), objects, "single", notes)


def labelled(
    values: npt.NDArray[np.integer],
    looks: Looks,
    names: Mapping[int, str],
    marks: Mapping[int, int],
    notes: tuple[str, ...],
) -> MaskReading:
    """Return the objects of a mask whose values are labels; void is background."""
    labels = values.astype(np.uint8)
    objects = [value for value in looks.listed() if value]
    if objects == [VOID]:
        return one_object(labels == VOID, names[VOID], notes, may_be_inverted=not marks)
    if VOID in objects:
        objects.remove(VOID)
        if not marks and objects[0] > _LARGEST_LABEL_BESIDE_VOID:
            shades = ", ".join(map(str, objects[:4]))
            raise MaskError(
                f"{WANTED}, got grey {shades} and 255, which is void beside labels and an object beside "
                f"shades: save objects as labels 1..K"
            )
        notes = (*notes, f"255 (void, {percent(looks.share(VOID))}) is taken as background")
        labels = np.where(labels == VOID, np.uint8(0), labels)
    seen = tuple(SeenObject(one, names[one], looks.share(one), marks.get(one)) for one in objects)
    return MaskReading(labels, seen, "labels", notes)


def numbered(
    values: npt.NDArray[np.integer],
    looks: Looks,
    name_of: Callable[[int], str],
    numbering: Numbering | None,
    notes: tuple[str, ...],
) -> MaskReading:
    """Return the objects of a mask whose values tell objects apart, but are no labels."""
    marks = [value for value in looks.listed() if value]
    if len(marks) > MOST_OBJECTS:
        raise MaskError(f"expected at most {MOST_OBJECTS} objects in a mask, got {len(marks)} values: {DRAW}")
    numbers = numbering if numbering is not None else {mark: number for number, mark in enumerate(marks, 1)}
    labels = mapped(values, looks.values, [numbers.get(value, 0) for value in looks.listed()])
    seen = (SeenObject(numbers[mark], name_of(mark), looks.share(mark), mark) for mark in marks)
    return MaskReading(labels, tuple(sorted(seen, key=lambda one: one.label)), "numbered", notes)


def exact_looks(values: npt.NDArray[np.integer]) -> Looks:
    """Return the looks of values of 8 bits."""
    looks = looks_of(values)
    assert looks is not None  # 256 values at most
    return looks


def check_flat(looks: Looks, what: str) -> None:
    """Refuse many values of which few fill areas, as a photograph has."""
    drawn = looks.values != 0
    in_areas = looks.counts[drawn & looks.solid].sum()
    if len(looks.values) > MANY_LOOKS and in_areas < _MOSTLY_AREAS * looks.counts[drawn].sum():
        raise MaskError(
            f"{WANTED}, got {len(looks.values)} {what} that mostly fill no areas, as a photograph, a soft "
            f"map or blurred edges have: {DRAW}"
        )


def check_areas(looks: Looks) -> None:
    """Refuse many indices of which hardly any fills an area, background included."""
    if (
        len(looks.values) > MANY_LOOKS
        and looks.counts[looks.solid].sum() < _LEAST_IN_AREAS * looks.counts.sum()
    ):
        raise MaskError(f"{WANTED}, got {len(looks.values)} colours, as a photograph has: {DRAW}")


def no_ground(colours: Mapping[int, int], looks: Looks) -> str:
    """Return what is said of a mask whose background cannot be found."""
    shown = listed({value: colour_name(colour) for value, colour in colours.items()}, looks)
    return f"{WANTED}, got no black or transparent pixel but {shown}: paint black what is no object"


def listed(names: Mapping[int, str], looks: Looks) -> str:
    """Return the most frequent values with their shares."""
    by_share = sorted(names, key=lambda value: (-looks.share(value), value))
    shown = ", ".join(f"{names[value]} ({percent(looks.share(value))})" for value in by_share[:_LOOKS_LISTED])
    more = len(names) - _LOOKS_LISTED
    return f"{shown} and {more} more" if more > 0 else shown
