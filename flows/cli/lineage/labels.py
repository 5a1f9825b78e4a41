"""One-line descriptions of the things in a lineage."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from storage.canonical import short
from storage.lineage.graph import (
    CHECKPOINT,
    DATASET,
    MASK,
    PHOTOGRAPH,
    RUN,
    SAMPLE,
    SHARD,
    STAGE,
    VIDEO,
    Node,
)

_NOTES = ("source", "licence", "consent")


def label(node: Node) -> str:
    """Return the line about a thing: its kind, its id, and what distinguishes it from others of its kind."""
    described = _DESCRIBED.get(node.kind, _score)
    gone = f", {node.facts['gone']}" if "gone" in node.facts else ""
    return described(node) + gone


def counted(count: int, what: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> counted(1, "sample"), counted(2, "sample")
    ('1 sample', '2 samples')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def when(time: str) -> str:
    """Return a time of the ledger, UTC, to the minute."""
    return f"{time[:16].replace('T', ' ')} UTC"


def source_notes(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the notes about a source in its rows: file names, source, licence, consent."""
    every = list(rows)
    names = ", ".join(dict.fromkeys(row["file_name"] for row in every if row["file_name"]))
    noted = [
        f"{note}: {', '.join(values)}"
        for note in _NOTES
        if (values := list(dict.fromkeys(row[note] for row in every if row[note])))
    ]
    return "; ".join([names or "no file name", *noted])


def score_text(facts: Mapping[str, Any]) -> str:
    """Return J&F of a score, in per cent, where there is one."""
    value = facts.get("scores", {}).get("J&F-Mean")
    on = f" on {facts['benchmark']} {facts['split']}" if "benchmark" in facts else ""
    return on if value is None else f"{on}  J&F {100 * value:.1f}"


def _source(node: Node) -> str:
    withdrawn = node.facts.get("withdrawn")
    mark = f"; withdrawn on {withdrawn['withdrawn_at'][:10]}: {withdrawn['reason']}" if withdrawn else ""
    notes = source_notes(node.facts["rows"]) if node.facts["rows"] else "its row is gone"
    return f"{node.kind} {short(node.id)}  {notes}{mark}{_rejected(node)}"


def _mask(node: Node) -> str:
    return f"mask {short(node.id.partition(':')[2])}{_rejected(node)}"


def _sample(node: Node) -> str:
    splits = dict.fromkeys(row["split"] for row in node.facts["rows"] if row.get("split"))
    return f"sample {short(node.id)}  {', '.join(splits)}{_rejected(node)}"


def _rejected(node: Node) -> str:
    reasons = dict.fromkeys(row["rejected"] for row in node.facts["rows"] if row["rejected"])
    return f", rejected: {', '.join(reasons)}" if reasons else ""


def _shard(node: Node) -> str:
    return f"shard {short(node.id)} of {node.facts['stage']}"


def _stage(node: Node) -> str:
    facts = node.facts
    if "rows" not in facts:
        return f"{facts.get('stage', 'stage')} {short(node.id)}"
    return f"{facts['stage']} {short(node.id)}  {counted(facts['rows'], 'row')}, {facts['rejected']} rejected"


def _dataset(node: Node) -> str:
    names = ", ".join(node.facts["names"]) or "not published"
    verdict = f", verdict: {node.facts['verdict'] or 'never validated'}" if "verdict" in node.facts else ""
    return f"dataset {short(node.id)}  {names}{verdict}"


def _checkpoint(node: Node) -> str:
    facts = node.facts
    if "weights" not in facts:
        return f"checkpoint {short(node.id)}" + (f"  {facts['how']}" if "how" in facts else "")
    return f"checkpoint {short(node.id)}  final loss {facts['final_loss']:.3f}, {facts['device_kind']}"


def _score(node: Node) -> str:
    return f"{node.kind} {short(node.id)}{score_text(node.facts)}"


def _run(node: Node) -> str:
    run = node.facts
    who = f"{run['user'] or 'somebody'} on {run['host'] or 'an unknown host'}"
    by = f"{run['kind']} run {short(node.id)}: by {who}"
    seed = "" if run["seed"] is None else f", seed {run['seed']}"
    return f"{by}, {when(run['started_at'])}, {run['seconds']:.1f} s, {run['status']}{seed}; {_code(run)}"


def _code(run: Mapping[str, Any]) -> str:
    if run["code_commit"] is None:
        commit = "code without a commit"
    else:
        commit = f"commit {short(run['code_commit'])}" + (
            " with uncommitted changes" if run["code_dirty"] else ""
        )
    lock = run["lock_digest"]
    return commit + (f", lock {short(lock)}" if lock else ", no lock file")


_DESCRIBED: Mapping[str, Callable[[Node], str]] = {
    PHOTOGRAPH: _source,
    VIDEO: _source,
    MASK: _mask,
    SAMPLE: _sample,
    SHARD: _shard,
    STAGE: _stage,
    DATASET: _dataset,
    CHECKPOINT: _checkpoint,
    RUN: _run,
}
