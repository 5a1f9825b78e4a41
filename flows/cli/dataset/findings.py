"""Results of integrity checks and garbage collection, as text and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.text import Text

from shls_core.foreign_text import shown
from storage.canonical import short
from storage.rows.source_kinds import noun_for, nouns_of
from storage.verification.problems import Problem
from storage.verification.verify import ErasedByOrder, Verification
from tasks.terminal import Terminal


def verification_json(verification: Verification) -> dict[str, Any]:
    """Return what ``shls dataset verify --json`` prints."""
    return {
        "objects": verification.num_objects,
        "bytes": verification.num_bytes,
        "problems": [problem_json(problem) for problem in verification.problems],
        "erased": [asdict(shard) for shard in verification.erased],
    }


def problem_json(problem: Problem) -> dict[str, str]:
    """Return one problem as ``--json`` prints it."""
    return {
        "kind": problem.kind,
        "path": problem.path,
        "part_of": problem.part_of,
        "what": problem.what,
        "remedy": problem.remedy,
    }


def show_verification(verification: Verification) -> None:
    """Print what is wrong, or that nothing is."""
    console = Terminal(highlight=False)
    checked = f"{verification.num_objects} objects, {verification.num_bytes / 1e6:.1f} MB"
    show_erased(console, verification.erased)
    if not verification.problems:
        console.print(f"verified {checked}: every byte is as it was written")
        return
    console.print(f"verified {checked}: {len(verification.problems)} problems")
    show_problems(console, verification.problems)


def show_problems(console: Terminal, problems: Iterable[Problem]) -> None:
    """Print what is wrong, and what to do about it."""
    for problem in problems:  # no table: it would break the paths that people copy
        console.print(Text.assemble((problem.kind, "red"), "  ", shown(problem.path)), soft_wrap=True)
        for fact in (f"part of {problem.part_of}", problem.what, f"to do: {problem.remedy}"):
            console.print(f"    {fact}", soft_wrap=True)


def show_erased(console: Terminal, erased: Sequence[ErasedByOrder]) -> None:
    """Print what is missing because it was erased on request, a line for every tombstone."""
    for tombstone in dict.fromkeys(shard.tombstone for shard in erased):
        shards = [shard for shard in erased if shard.tombstone == tombstone]
        source_ids = sorted({source_id for shard in shards for source_id in shard.source_ids})
        noun = noun_for(nouns_of(shard.stage for shard in shards))
        console.print(
            f"erased by order: {sum(shard.num_rows for shard in shards)} rows in {len(shards)} shards, of "
            f"{noun} {', '.join(map(short, source_ids))} (tombstone {short(tombstone)})",
            soft_wrap=True,
        )


def show_collection(facts: Mapping[str, Any]) -> None:
    """Print what garbage collection removed, or would remove."""
    console = Terminal(highlight=False)
    done = "would remove" if facts["dry_run"] else "removed"
    console.print(
        f"{done} {facts['objects']} objects, {facts['bytes'] / 1e6:.1f} MB, and {facts['keys']} key entries; "
        f"{facts['kept_objects']} objects, {facts['kept_bytes'] / 1e6:.1f} MB, are kept"
    )
    for name in facts["names"]:
        console.print(f"  {name}")
    for dataset in facts["datasets"]:
        console.print(f"  dataset {dataset}")
    for job in facts["jobs_at_work"]:
        console.print(f"  running now, gc would refuse: {job}", style="yellow")
