"""The description of what descends from one source: a photograph or a video."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from storage.kinds import PartKind
from storage.withdrawal.deny_list import Withdrawal

TRAINED: Final = "trained"
"""Training drew a sample of the source before the weights that were kept: the checkpoint saw it."""
VALIDATED: Final = "validated"
"""Validations propagated through a sample of the source; training drew none."""
NEVER_DRAWN: Final = "never drawn"
"""It is in the dataset, and no sample of it was drawn or validated on."""
UNKNOWN: Final = "unknown"
"""The data that would answer this is gone."""


@dataclass(frozen=True)
class DescendedRow:
    """A row in one shard that names the source; rejected rows count, too."""

    stage: str
    sample_id: str
    digest: str | None
    """Digest of its content; None in a rejected row."""
    rejected: str | None
    """Why it was rejected, if it was."""
    shard: str
    parents: tuple[str, ...]
    """Sample ids of the rows it read."""
    split: str | None = None
    """Of a sample: ``train`` or ``held_out``."""
    roles: tuple[str, ...] = ()
    """What a photograph is to a pseudo-sequence: see `storage.lineage.roles`."""
    notes: Mapping[str, str | None] | None = None
    """Of the source itself: ``file_name``, ``source``, ``licence``, ``consent``."""


@dataclass(frozen=True)
class DescendedDataset:
    """A dataset with a row that names the source."""

    dataset: str
    names: tuple[str, ...]
    """Like ``photos@v3``, oldest first."""
    stages: Mapping[str, str]
    """Those of its stage artifacts that have such a row, by stage."""


@dataclass(frozen=True)
class DrawnSample:
    """A training sample of the source that was drawn before the weights that were kept."""

    sample_id: str
    times: int
    first_step: int
    """The first step, counted from 0, for which it was drawn."""


@dataclass(frozen=True)
class Exposure:
    """How a checkpoint saw the source."""

    checkpoint: str
    dataset: str
    steps: int | None
    """Steps before the weights that were kept."""
    drawn: tuple[DrawnSample, ...]
    validated: tuple[str, ...]
    """Held-out samples of the source that validations propagated through."""
    validations: int
    """Validations of the whole run."""
    selected_by_validation: bool
    """Whether validations selected the weights, or were only recorded."""
    why_unknown: str | None
    """Why the exposure is unknown, if it is."""

    @property
    def how(self) -> str:
        """``trained``, ``validated``, ``never drawn`` or ``unknown``: the strongest that holds."""
        if self.why_unknown is not None:
            return UNKNOWN
        return TRAINED if self.drawn else VALIDATED if self.validated else NEVER_DRAWN

    @property
    def times_drawn(self) -> int:
        """How often training drew a sample of the source."""
        return sum(sample.times for sample in self.drawn)

    @property
    def first_step(self) -> int | None:
        """The first step, counted from 0, for which one of them was drawn."""
        return min((sample.first_step for sample in self.drawn), default=None)


@dataclass(frozen=True)
class DescendedScore:
    """The result of such a checkpoint on videos: an evaluation, a benchmark or a submission."""

    kind: str
    id: str
    checkpoint: str
    scored: tuple[str, ...]
    """Held-out samples of the source that were scored in an evaluation."""
    facts: Mapping[str, Any]
    """``scores``; for a benchmark, also its name and its split."""
    joined_with: str | None = None
    """Id of a second checkpoint, whose features were joined to those of `checkpoint`."""

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Ids of the checkpoints that it is a result of."""
        return (self.checkpoint, *filter(None, [self.joined_with]))


@dataclass(frozen=True)
class Descent:
    """Everything that descends from one source in one store."""

    source: str
    """Its id: SHA-256 of the file; of a folder of frames, the digest of its files."""
    rows: tuple[DescendedRow, ...]
    """By stage, sample id and shard."""
    shards: Mapping[str, str]
    """The stage of every shard with such a row, by digest; erased shards count, too."""
    datasets: tuple[DescendedDataset, ...]
    exposures: tuple[Exposure, ...]
    """One for every checkpoint that was trained on one of the datasets, or whose usage is unknown."""
    scores: tuple[DescendedScore, ...]
    """The scores of those checkpoints."""
    withdrawal: Withdrawal | None = None
    """Set if the source is withdrawn now."""
    gone_shards: Mapping[str, str] = field(default_factory=dict)
    """Why the missing ones of the shards are gone, by digest."""
    removed_datasets: Mapping[str, str] = field(default_factory=dict)
    """When (UTC) garbage collection removed each missing dataset, by id: whether these contained the
    source is unknown. No checkpoint depends on one."""
    kind: PartKind = PartKind.PHOTOGRAPH
    """What the source is."""

    @property
    def seen_by(self) -> tuple[str, ...]:
        """Ids of the checkpoints whose training drew the source before their weights were kept."""
        return tuple(exposure.checkpoint for exposure in self.exposures if exposure.how == TRAINED)

    def of_stage(self, stage: str) -> list[DescendedRow]:
        """Return the rows of one stage."""
        return [row for row in self.rows if row.stage == stage]
