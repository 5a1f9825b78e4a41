"""The recipe of a pseudo-sequence: every drawn parameter, and nothing that can be computed from them.

Matrices act on OpenCV's homogeneous points ``(x, y, 1)``, x being the column and y the row, pixel
centres at integers. Boxes are half-open ``(top, left, bottom, right)``, sizes ``(height, width)``.
"""

from typing import Annotated, Literal

from pydantic import Field, ValidationError

from shls_core.errors import InputError
from shls_core.frozen import FrozenConfig, first_problem

Box = tuple[int, int, int, int]
Size = tuple[int, int]
MatrixRow = tuple[float, float, float]
MatrixRows = tuple[MatrixRow, MatrixRow, MatrixRow]
ColourStep = Literal["brightness", "contrast", "saturation", "hue"]


class ColourJitter(FrozenConfig):
    """One change of colour."""

    brightness: float
    """Factor on all channels."""
    contrast: float
    """Factor on the distance from the mean grey value."""
    saturation: float
    """Factor on the distance from each pixel's own grey value."""
    hue_turns: float
    """Turn of the hue, in full turns."""
    order: tuple[ColourStep, ColourStep, ColourStep, ColourStep]
    """The order in which the four are applied."""


class TemplateFrame(FrozenConfig):
    """The template in one frame."""

    matrix: MatrixRows
    """From the resized template to the frame."""
    jitter: ColourJitter | None
    """Change of the template's colours; none in the first frame."""


class TemplateLayer(FrozenConfig):
    """The image a sequence starts from: its background, and the objects that stay in it."""

    image_id: str
    size: Size
    """Size of the resized template, px."""
    labels: tuple[int, ...]
    """Labels of the template's pseudo-mask that are objects 1, 2, ... of the sequence."""
    frames: tuple[TemplateFrame, ...]


class Component(FrozenConfig):
    """One 4-connected component of a binarised saliency map."""

    level: Annotated[int, Field(ge=1, le=255)]
    """Pixels of the map at this value or above are foreground."""
    box: Box
    """The component's bounding box in the map."""
    seed: tuple[int, int]
    """A pixel (row, column) of the component, which distinguishes it from others in the box."""


class ObjectFrame(FrozenConfig):
    """A pasted object in one frame."""

    matrix: MatrixRows
    """From the resized component to the object's box of this frame."""
    box: Box
    """Where that box lies in the frame; any part of it may be outside."""
    jitter: ColourJitter
    """Change of colour since the previous frame; in the first frame, since the source."""

    @property
    def size(self) -> Size:
        """Height and width of the box, px."""
        top, left, bottom, right = self.box
        return bottom - top, right - left


class PastedObject(FrozenConfig):
    """An object cut out of another image and pasted into every frame."""

    source_id: str
    component: Component
    size: Size
    """Size to which the component's box is resized before the first frame, px."""
    attempt: Annotated[int, Field(ge=1)]
    """Which placement was accepted, counted from 1."""
    frames: tuple[ObjectFrame, ...]


LeftOutReason = Literal[
    "the sequence is full",
    "no component in the saliency map",
    "not visible in the first frame",
    "hides an earlier object",
]


class LeftOut(FrozenConfig):
    """A drawn source that gave no object."""

    source_id: str
    reason: LeftOutReason
    """Why, at the last attempt."""


class Recipe(FrozenConfig):
    """All that was drawn for one pseudo-sequence.

    Objects of the template come first (labels 1..k), then the pasted ones in their order; later ones
    hide earlier ones.
    """

    sample_id: str
    frame_size: Annotated[int, Field(ge=1)]
    """Height and width of every frame, px."""
    template: TemplateLayer
    objects: tuple[PastedObject, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def num_frames(self) -> int:
        """Frames of the sequence."""
        return len(self.template.frames)

    @property
    def num_objects(self) -> int:
        """Objects of the first frame, those of the template included."""
        return len(self.template.labels) + len(self.objects)

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Images whose pixels are pasted, each named once, in order of first use."""
        return tuple(dict.fromkeys(pasted.source_id for pasted in self.objects))

    def to_json(self) -> str:
        """Return the recipe as JSON; floats are written so that they read back to the same bits."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read a recipe that `to_json` wrote.

        Raises
        ------
        InputError
            If the text is not such a recipe.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise InputError(f"expected a recipe, got {first_problem(error)}") from error
