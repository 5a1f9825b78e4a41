"""The result of an audit, as text and as JSON."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.text import Text

from flows.cli.dataset.findings import problem_json, show_erased, show_problems
from storage.audit.outstanding import Outstanding
from storage.canonical import short
from tasks.terminal import Terminal
from tasks.upkeep.audit import Audit

_COLOURS = {"intact": "green", "tampered": "red", "outstanding": "yellow", "not comparable": "yellow"}
_SHOWN = 10


def audit_json(audit: Audit, was_recorded: bool, head: str | None) -> dict[str, Any]:
    """Return what ``shls audit --json`` prints."""
    findings = audit.findings
    return {
        "verdict": audit.verdict,
        "audited": audit.artifact or "the whole store",
        "head": head,
        "expected_head": audit.request.expected_head,
        "recorded": was_recorded,
        "objects": findings.num_objects,
        "bytes": findings.num_bytes,
        "keys": findings.num_keys,
        "runs": len(findings.runs),
        "namings": findings.num_namings,
        "namings_unwitnessed": findings.num_unwitnessed,
        "datasets": findings.datasets,
        "checkpoints": findings.checkpoints,
        "scores": findings.scores,
        "problems": [problem_json(problem) for problem in audit.problems],
        "erased": [asdict(shard) for shard in findings.erased],
        "resumed": [asdict(one) for one in findings.resumed],
        "outstanding": [_outstanding_json(one) for one in findings.outstanding],
        "videos": [
            {"score": one.score, "benchmark": one.benchmark, "split": one.split, "videos": one.compared}
            for one in audit.videos
        ],
        "replay": {
            "seed": audit.request.seed,
            "made_again": [
                {
                    "dataset": one.dataset,
                    "stage": one.stage,
                    "what": one.what,
                    "path": one.path,
                    "status": one.status,
                    "differing": one.differing,
                    "changed_since": one.changed_since,
                }
                for one in audit.again
            ],
        }
        if audit.request.replay
        else None,
    }


def show_audit(audit: Audit, head: str | None) -> None:
    """Print what was checked, what is wrong, and the verdict."""
    console = Terminal(highlight=False, soft_wrap=True)
    for what, text in _checked(audit):
        console.print(f"{what:<12} {text}")
    show_erased(console, audit.findings.erased)
    show_problems(console, audit.problems)
    for again in audit.not_comparable[:_SHOWN]:
        console.print(f"not comparable  {again}")
    for resumed in audit.findings.resumed:
        console.print(f"resumed      {resumed}")
    for one in audit.findings.outstanding:
        console.print(f"outstanding  {one.withdrawal.noun} {one.withdrawal}")
        for kind, ids in (("dataset", one.datasets), ("checkpoint", one.checkpoints)):
            for each in ids:
                console.print(f"    {kind} {each}")
    colour = _COLOURS[audit.verdict]
    console.print(Text.assemble("verdict      ", (audit.verdict, colour)))
    if head is not None:
        console.print(f"head         {head}; keep it elsewhere: shls audit --expect-head {short(head)}")


def _checked(audit: Audit) -> Iterator[tuple[str, str]]:
    findings = audit.findings
    yield "audited", audit.artifact or "the whole store"
    yield "objects", f"{findings.num_objects}, {findings.num_bytes / 1e6:.1f} MB, each hashed"
    if findings.is_history_readable:
        last = findings.num_unwitnessed
        uncovered = f", of which no run covers the last {last} by a digest" if last else ""
        yield "history", f"{len(findings.runs)} runs, {findings.num_namings} namings{uncovered}"
    else:
        yield "history", "it cannot be read: who made what, and when, was not checked"
    yield "keys", f"{findings.num_keys}"
    made = (findings.datasets, findings.checkpoints, findings.scores)
    yield "artifacts", "{} datasets, {} checkpoints, {} scores".format(*map(len, made))
    for compared, count in Counter(one.compared for one in audit.videos).items():
        yield "videos", f"of {count} scores: {compared}"
    if audit.request.replay:
        counts = Counter(again.status for again in audit.again)
        drawn = ", ".join(f"{count} {status}" for status, count in counts.items()) or "nothing to draw from"
        yield "made again", f"{drawn} (--seed {audit.request.seed})"


def _outstanding_json(one: Outstanding) -> dict[str, Any]:
    return {
        one.withdrawal.noun: one.withdrawal.source_id,
        "reason": one.withdrawal.reason,
        "withdrawn_at": one.withdrawal.withdrawn_at,
        "datasets": one.datasets,
        "checkpoints": one.checkpoints,
    }
