"""What tasks return to flows: small frozen records, never arrays."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shls_core.files.skipped_counts import SkippedFiles
from tasks.runs.usage import Usage


class Outcome(BaseModel):
    """The result of a task."""

    model_config = ConfigDict(frozen=True)


class StageOutcome(Outcome):
    """The result of building a stage."""

    name: str
    status: Literal["computed", "cached", "partial"]
    """``partial``: some rows were copied from shards made earlier, the others computed."""
    artifact: str
    """Id of the stage's manifest."""
    shards: int
    shards_computed: int
    rows: int
    rows_computed: int
    rejected: int
    rejected_reasons: dict[str, int] = {}
    """How many rows were rejected for each reason, most frequent first."""
    seconds: float
    left_out: dict[str, int] = {}
    """Sources of which no row was made because they were withdrawn: how many for each reason."""
    unmatched: dict[str, int] = {}
    """Photographs without a map and maps without a photograph, where maps come from a folder."""
    skipped: tuple[SkippedFiles, ...] = ()
    """What lies among the sources and is not used."""
    files_read: int | None = None
    """Photographs or videos that were read to plan the stage; None where there is no index of them."""
    files_unchanged: int | None = None
    """Those that were not read, because they are unchanged since an earlier build."""
    lost_frames: int = 0
    """Frames of videos that are damaged or missing, in rows that are accepted."""
    usage: Usage | None = None
    """What it took, in this process and in those of workers."""


class DriftOutcome(Outcome):
    """How far a new dataset is from the version published before it."""

    verdict: Literal["first", "same", "passed", "accepted", "held back", "not compared"]
    """``first``: there is none before it; ``same``: it is the version before it; ``accepted``: too far, and
    published because the configuration does not enforce the bounds."""
    against: str | None = None
    """Id of the earlier dataset."""
    name: str | None = None
    """Its name, ``NAME@vN``."""
    reasons: tuple[str, ...] = ()
    """What is too far, farthest first; or why nothing could be compared."""


class DatasetOutcome(Outcome):
    """A published dataset."""

    dataset: str
    name: str
    """``NAME@vN``."""
    stages: tuple[StageOutcome, ...]
    drift: DriftOutcome | None = None
    """Beside the version published before it."""


class TrainingOutcome(Outcome):
    """The result of training."""

    checkpoint: str
    status: Literal["computed", "cached"]
    steps: int
    step: int | None
    """Steps after which the weights were kept."""
    final_loss: float
    validations: dict[int, float]
    """J&F, 0..1, on held-out sequences, by step."""
    seconds: float
    allowed_withdrawn: tuple[str, ...] = ()
    """Ids of withdrawn photographs in the dataset that were used, because the user allowed it."""
    short_clips: int = 0
    """Training clips that were left out because they have fewer frames than are drawn."""


class EvaluationOutcome(Outcome):
    """The result of an evaluation; scores under their official names, 0..1."""

    evaluation: str
    status: Literal["computed", "cached"]
    num_sequences: int
    num_frames: int
    scores: dict[str, float]
    copy_first_mask: dict[str, float]
    untrained: dict[str, float]
    seconds: float


class BenchmarkOutcome(Outcome):
    """The result of an evaluation on a benchmark; scores under their official names, 0..1."""

    evaluation: str
    """Id of its record, which holds the scores of every object and frame."""
    checkpoint: str
    joined_with: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Id of a second checkpoint whose features were joined to those of `checkpoint`."""
    masks: str
    """Folder of masks and official tables."""
    scores: dict[str, float | None]


class SubmissionOutcome(Outcome):
    """Masks for a benchmark whose server scores them."""

    submission: str
    """Id of its record, which ties the masks to checkpoint and dataset."""
    checkpoint: str
    joined_with: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """As of a `BenchmarkOutcome`."""
    dataset: str
    masks: str
    """Folder to be zipped and submitted."""
    num_masks: int


Reproduced = Literal["agrees", "disagrees", "not comparable"]


class ReproductionOutcome(Outcome):
    """The result of training a checkpoint again."""

    checkpoint: str
    verdict: Reproduced
    differences: dict[str, tuple[str, str]] = {}
    """What decides the weights and has changed, by name: what it was, what it is."""
    weights: str
    """Digest of the checkpoint's weights."""
    weights_again: str | None = None
    """Of those learned now; None where nothing was learned."""
    seconds: float
    allowed_withdrawn: tuple[str, ...] = ()
    """As of a `TrainingOutcome`."""
