"""Records of checkpoints and of their scores."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from storage.canonical import digest_json
from storage.records.manifests import Record

_DECIDING = frozenset(
    {
        "dataset",
        "validation_dataset",
        "clip_draw",
        "starts_from",
        "method",
        "configuration",
        "code_digest",
        "versions",
        "device_kind",
    }
)


class ValidationScore(BaseModel):
    """J&F, 0..1, of the averaged weights after a step on held-out pseudo-sequences."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: int
    score: float


class CheckpointRecord(Record):
    """Everything that determined a set of weights; its digest is the checkpoint's id."""

    kind: Literal["checkpoint", "pretrained"] = "checkpoint"
    """``pretrained``: for use without its dataset, which may be in no available store."""
    dataset: str
    """Id of the dataset it was trained on; for untrained weights, the digest of no bytes."""
    validation_dataset: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Id of the dataset whose held-out sequences validate and score it; None: those of `dataset`."""
    clip_draw: dict[str, Any] | None = Field(default=None, exclude_if=lambda value: value is None)
    """If it learned from clips: what was drawn of each, as `shls_core.training.clip_draw.ClipDraw`; with
    seed and step, which frames of which clips it saw can be computed without its method."""
    starts_from: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Id of the checkpoint whose weights its training began with, as far as both networks have them; None:
    random weights."""
    pseudo_masks_by: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Id of the checkpoint that made the clusters it learned from, as its dataset says; None: there were
    none."""
    method: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Name of the method; None in records from before there was a choice, whose method is ``shls``."""
    configuration: dict[str, Any]
    """Sections ``method`` and ``training``, including seed and thread count, without settings that do not
    affect the weights, and ``source`` if it is not ``stills``; if pretrained, ``method`` states how it is
    used. If `method` is None: ``network``, ``memory`` and ``training``."""
    code_digest: str
    versions: dict[str, str]
    device_kind: str
    weights: str
    """Digest of the safetensors object."""
    final_loss: float
    """Mean loss of the last tenth of the steps."""
    step: int | None = None
    """Steps after which the weights were kept; None in records from before there was a choice."""
    validations: tuple[ValidationScore, ...] = ()
    """In the order of the steps."""
    made_from: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """If pretrained: id of the checkpoint as it was trained, in full precision."""

    @property
    def is_pretrained(self) -> bool:
        """Whether it is for use without its dataset."""
        return self.kind == "pretrained"

    @property
    def is_untrained(self) -> bool:
        """Whether its weights are random: it is used without a dataset, because there is none."""
        return self.is_pretrained and self.step == 0

    @property
    def key(self) -> str:
        """The key of the work in the index: digest of everything that determines the weights."""
        return digest_json(self.model_dump(mode="json", include=set(_DECIDING)))

    @property
    def scored_on(self) -> str:
        """Id of the dataset whose held-out sequences score it."""
        return self.validation_dataset or self.dataset


class ObjectScore(BaseModel):
    """Scores of one object of one held-out sequence, 0..1."""

    model_config = ConfigDict(frozen=True)

    sequence: str
    object_id: int
    j_mean: float
    f_mean: float


class EvaluationRecord(Record):
    """How a checkpoint scored on held-out sequences, beside two baselines."""

    kind: Literal["evaluation"] = "evaluation"
    checkpoint: str
    joined_with: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Id of a second checkpoint whose features were joined to those of `checkpoint`; None: there was none."""
    dataset: str
    """Id of the dataset of these sequences: the checkpoint's own, or the one that validates it."""
    configuration: dict[str, Any]
    code_digest: str
    versions: dict[str, str]
    device_kind: str
    num_sequences: int
    num_frames: int
    """Number of scored frames; the first and the last frame of every sequence are not scored."""
    scores: dict[str, float]
    """Under the official names, 0..1."""
    baselines: dict[str, dict[str, float]]
    """The same for ``copy_first_mask`` and ``untrained``."""
    objects: tuple[ObjectScore, ...]
    """Scores of the checkpoint."""

    @property
    def key(self) -> str:
        """The key of the work in the index: digest of everything that determines the scores."""
        return digest_json(self.model_dump(mode="json", include={"checkpoint", "joined_with", *_DECIDING}))


class BenchmarkObject(BaseModel):
    """Scores of one object of one video of a benchmark, 0..1, and the frame values they come from."""

    model_config = ConfigDict(frozen=True)

    sequence: str
    object_id: int
    scores: dict[str, float | None]
    """Under the official names; None where one has no value."""
    frame_j: tuple[float, ...]
    """J of every scored frame; the first is frame 1."""
    frame_f: tuple[float, ...]


class SegmentedRecord(Record):
    """Everything that determined the masks of the videos of a benchmark."""

    checkpoint: str
    joined_with: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Id of a second checkpoint whose features were joined to those of `checkpoint`; None: there was none."""
    benchmark: str
    """``DAVIS-2016``, ``DAVIS-2017`` or ``YouTube-VOS``."""
    split: str
    material: str
    """Digest of the names and bytes of all frames of the split, and of all masks given or scored against."""
    configuration: dict[str, Any]
    """Sections ``method``, ``propagation`` and ``superpixels``, as far as the masks depend on them, and
    ``max_side``, the working size of frames."""
    code_digest: str
    versions: dict[str, str]
    device_kind: str


class BenchmarkRecord(SegmentedRecord):
    """How a checkpoint scored on the videos of a benchmark, by its official protocol."""

    kind: Literal["benchmark"] = "benchmark"
    scores: dict[str, float | None]
    """Over all objects, under the official names."""
    objects: tuple[BenchmarkObject, ...]


class SubmissionRecord(SegmentedRecord):
    """Which masks a checkpoint made for a benchmark whose server scores them."""

    kind: Literal["submission"] = "submission"
    dataset: str
    """Id of the dataset that the checkpoint was trained on."""
    masks: str
    """Digest of the names and bytes of the mask files."""
    num_masks: int
