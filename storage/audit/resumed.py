"""Trainings that went on from a saved state.

A state is bytes beside the objects. Its digest is in its name, so damage is found; but somebody who can write
to the store can put another state there, under a name that fits. So an interrupted run records the state that
it leaves, and one that goes on the state it began with; both are in the chain of the ledger. A run
that was killed left no record: only training again proves what came of its state.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from storage.canonical import short
from storage.kinds import RunKind
from storage.tables.append_only import Row


@dataclass(frozen=True)
class ResumedTraining:
    """One training that went on."""

    checkpoint: str
    run: str
    """Id of the run that made the checkpoint."""
    step: int
    """Steps of the state it began with."""
    state: str
    """Digest of that state."""
    left_by: str | None
    """Id of the interrupted run that recorded this state, and began with none, or with one that was recorded.
    None if there is no such run: it was killed before it recorded anything, or the state is not its own."""
    reproduced: bool
    """Whether a later run trained the checkpoint again, from the first step, and got the same weights."""

    def __str__(self) -> str:
        where = f"checkpoint {short(self.checkpoint)}…: went on after step {self.step}, from state "
        left = f"as run {self.left_by} left it" if self.left_by else "which no run recorded"
        if self.reproduced:
            return f"{where}{short(self.state)}…, {left}; trained again with the same weights"
        remedy = f"; `shls train --reproduce {short(self.checkpoint)}` proves the weights"
        return f"{where}{short(self.state)}…, {left}{'' if self.left_by else remedy}"


def resumed_trainings(runs: Sequence[Row], checkpoints: Collection[str]) -> tuple[ResumedTraining, ...]:
    """Return the trainings of some checkpoints that went on from a state, in the order of the ledger."""
    left: dict[tuple[str, str], str] = {}
    found: dict[str, ResumedTraining] = {}
    reproduced: set[str] = set()
    for run in runs:
        if run["kind"] == RunKind.REPRODUCE and run["verdict"] == "agrees":
            reproduced.update(run["inputs"])
        if run["kind"] != RunKind.TRAIN:
            continue
        details: Mapping[str, Any] = json.loads(run["details"])
        began, state = details.get("went_on_from"), details.get("left_state")
        left_by = left.get((began["key"], began["digest"])) if began else None
        if state and (left_by or not began):  # what came of an unrecorded state is no better recorded
            left[state["key"], state["digest"]] = run["run_id"]
        if began and run["outputs"] and run["outputs"][0] in checkpoints:
            checkpoint = run["outputs"][0]
            found[checkpoint] = ResumedTraining(
                checkpoint, run["run_id"], began["step"], began["digest"], left_by, reproduced=False
            )
    return tuple(replace(one, reproduced=one.checkpoint in reproduced) for one in found.values())


def left_states(runs: Sequence[Row], key: str) -> dict[int, tuple[str, str]]:
    """Return the states that interrupted runs of a training left: by step, the run's id and the digest.

    Parameters
    ----------
    runs
        All of the ledger, oldest first.
    key
        Digest of everything that determines the training's result.
    """
    found: dict[int, tuple[str, str]] = {}
    for run in runs:
        state = json.loads(run["details"]).get("left_state") if run["kind"] == RunKind.TRAIN else None
        if state and state["key"] == key:
            found[state["step"]] = (run["run_id"], state["digest"])
    return found
