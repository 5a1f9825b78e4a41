"""The findings of an audit of a store, before anything is made again."""

from dataclasses import dataclass
from typing import Literal

from storage.audit.outstanding import Outstanding
from storage.audit.resumed import ResumedTraining
from storage.tables.append_only import Row
from storage.verification.problems import Problem
from storage.verification.verify import ErasedByOrder

Verdict = Literal["intact", "tampered", "outstanding", "not comparable"]
"""``tampered``: something was changed after it was written, or was not made as it states. ``outstanding``:
nothing was changed, and something still depends on a withdrawn photograph. ``not comparable``: there is no
problem, but something that was made again came out differently, where it did not have to be the same."""


@dataclass(frozen=True)
class Findings:
    """What was checked, and what was found."""

    num_objects: int
    num_bytes: int
    num_keys: int
    """Entries of the key index."""
    num_namings: int
    num_unwitnessed: int
    """Of these, the last ones, which no entry of the ledger covers: in an old store, all of them."""
    runs: tuple[Row, ...]
    """All of the ledger, oldest first; none where it cannot be read."""
    head: str
    """Digest of the newest entry."""
    datasets: tuple[str, ...]
    """Ids, sorted, like those of the other artifacts."""
    checkpoints: tuple[str, ...]
    scores: tuple[str, ...]
    """Evaluations, benchmarks and submissions."""
    problems: tuple[Problem, ...]
    erased: tuple[ErasedByOrder, ...]
    outstanding: tuple[Outstanding, ...]
    resumed: tuple[ResumedTraining, ...]
    """Trainings that went on from a saved state: what they began with was not learned by the run itself."""
    is_history_readable: bool
