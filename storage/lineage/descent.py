"""What one photograph went into: every row, shard, dataset, checkpoint and score that descends from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TEMPLATE, PASTED, LEFT_OUT = "template", "pasted", "left out"
"""What a photograph is to a pseudo-sequence: it starts from it, shows an object of it, or drew it in vain."""

TRAINED, VALIDATED, NEVER_DRAWN, UNKNOWN = "trained", "validated", "never drawn", "unknown"
"""How a checkpoint saw a photograph: the strongest that holds."""


@dataclass(frozen=True)
class DescendedRow:
    """A row that names the photograph, rejected ones included, as it lies in one shard."""

    stage: str
    sample_id: str
    digest: str | None
    """Of its content; None in a rejected row."""
    rejected: str | None
    """Why it was rejected, if it was."""
    shard: str
    split: str | None = None
    """Of a pseudo-sequence: ``train`` or ``held_out``."""
    roles: tuple[str, ...] = ()
    """Of a pseudo-sequence: any of ``template``, ``pasted``, ``left out``."""
    notes: Mapping[str, str | None] | None = None
    """Of the photograph itself: ``file_name``, ``source``, ``licence``, ``consent``."""


@dataclass(frozen=True)
class DescendedDataset:
    """A dataset with a row that names the photograph."""

    dataset: str
    names: tuple[str, ...]
    """Like ``photos@v3``, oldest first."""
    stages: Mapping[str, str]
    """Those of its stage artifacts that have such a row, by stage."""


@dataclass(frozen=True)
class Exposure:
    """How a checkpoint saw the photograph."""

    checkpoint: str
    dataset: str
    how: str
    """``trained``, ``validated``, ``never drawn`` or ``unknown``."""
    steps: int | None
    """Steps before the weights that were kept."""
    samples_drawn: int = 0
    """Training sequences with the photograph that were drawn before those weights were kept."""
    times_drawn: int = 0
    first_step: int | None = None
    """The step, counted from 0, at which it was drawn first."""
    sequences_validated: int = 0
    """Held-out sequences with the photograph that validations propagated through."""
    validations: int = 0
    """Validations of the run, before and after those weights."""
    selected_by_validation: bool = False
    """Whether validations chose the weights, or only watched."""
    why_unknown: str | None = None


@dataclass(frozen=True)
class DescendedScore:
    """What such a checkpoint did on videos: an evaluation, a benchmark or a submission."""

    kind: str
    id: str
    checkpoint: str
    sequences_scored: int
    """Held-out sequences with the photograph among those that were scored."""
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Descent:
    """All that descends from one photograph, in one store."""

    photograph: str
    """The image id: SHA-256 of the file."""
    rows: tuple[DescendedRow, ...]
    shards: Mapping[str, str]
    """The stage of every shard with such a row, by digest."""
    datasets: tuple[DescendedDataset, ...]
    exposures: tuple[Exposure, ...]
    """Of every checkpoint that was trained on one of the datasets."""
    scores: tuple[DescendedScore, ...]

    @property
    def checkpoints_that_saw_it(self) -> tuple[str, ...]:
        """Ids of those checkpoints whose weights were trained, or chosen, with it; the unknown ones, too."""
        return tuple(exposure.checkpoint for exposure in self.exposures if exposure.how != NEVER_DRAWN)
