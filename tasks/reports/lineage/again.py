"""How a dataset or a checkpoint was made, by whom, and the commands that make it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from storage.canonical import short
from tasks.reports.lineage.checkpoint_lineage import CheckpointLineage
from tasks.reports.lineage.dataset_lineage import DatasetLineage
from tasks.reports.lineage.past_run import PastRun
from tasks.reports.making import Fact

_UNKNOWN = "not recorded"


@dataclass(frozen=True)
class Command:
    """A command, and what it does or its expected result."""

    line: str
    meaning: str


def dataset_commands(lineage: DatasetLineage) -> tuple[Command, ...]:
    """Return the commands that make a dataset again and that check it."""
    beginning = short(lineage.id)
    replay = (
        (
            Command(
                f"shls dataset replay {short(lineage.samples[0].sample_id)} --dataset {beginning}",
                "renders one sample again and compares every byte",
            ),
        )
        if lineage.samples
        else ()
    )
    return (
        *_checkout(lineage.runs),
        Command(
            "shls dataset build --config dataset.yaml",
            f"with the configuration below as dataset.yaml and the same photographs: dataset {beginning}",
        ),
        *replay,
        Command(f"shls lineage up {beginning}", "the same graph in the terminal, or as JSON"),
        Command(f"shls audit {beginning}", "hashes every byte of it, and reports any change"),
    )


def checkpoint_commands(lineage: CheckpointLineage) -> tuple[Command, ...]:
    """Return the commands that make a checkpoint again and that check it."""
    beginning = short(lineage.id)
    return (
        *_checkout(lineage.runs),
        Command(
            f"shls train --reproduce {beginning}",
            f"trains again from the record: weights {short(lineage.record.weights)} on the same platform",
        ),
        Command(f"shls evaluate --checkpoint {beginning}", "scores it on held-out sequences"),
        Command(f"shls lineage up {beginning}", "the same graph in the terminal, or as JSON"),
        Command(f"shls audit {beginning}", "hashes every byte of it, and reports any change"),
    )


def environment_facts(
    runs: Sequence[PastRun], versions: Mapping[str, str], device_kind: str | None
) -> tuple[Fact, ...]:
    """Return who made a thing, when, where, from which code; without a run, only what its record states."""
    facts = _facts_of(runs[0]) if runs else ()
    device = (Fact("device", device_kind),) if device_kind else ()
    packages = Fact("packages", ", ".join(f"{name} {version}" for name, version in versions.items()))
    return (*facts, *device, packages)


def configuration_of(runs: Sequence[PastRun]) -> str | None:
    """Return the configuration of the run that made a thing, as YAML; None where the ledger has no run."""
    if not runs:
        return None
    return yaml.safe_dump(dict(runs[0].configuration), allow_unicode=True)


def code_text(run: PastRun) -> str:
    """Return the code of a run: its commit, and whether that had changes."""
    if run.code_commit is None:
        return _UNKNOWN
    return f"{short(run.code_commit)}{', with changes not committed' if run.code_dirty else ''}"


def _facts_of(run: PastRun) -> tuple[Fact, ...]:
    return (
        Fact("started (UTC)", f"{run.when}, {run.seconds:,.1f} s"),
        Fact("by", f"{run.user or _UNKNOWN} on {run.host or _UNKNOWN}"),
        Fact("code", code_text(run)),
        Fact("uv.lock", run.lock_digest or _UNKNOWN, is_code=bool(run.lock_digest)),
        Fact("seed", _UNKNOWN if run.seed is None else str(run.seed)),
        Fact("entry of the ledger", f"{run.number}: {run.kind}, {run.status}"),
        Fact("run", run.run_id, is_code=True),
    )


def _checkout(runs: Sequence[PastRun]) -> tuple[Command, ...]:
    if not runs or runs[0].code_commit is None:
        return ()
    changed = "; it had changes that were not committed" if runs[0].code_dirty else ""
    return (Command(f"git checkout {short(runs[0].code_commit)}", f"the code of the run{changed}"),)
