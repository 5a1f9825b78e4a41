"""Withdrawn photographs and videos as JSON, whose keys are a contract, and as text."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from storage.canonical import short
from storage.lineage.descended import Descent
from storage.lineage.descent import descent
from storage.lineage.history import History
from storage.rows.source_kinds import EITHER, PHOTOGRAPHS, SOURCE_KINDS
from storage.store import Store
from storage.withdrawal.deny_list import Withdrawal, withdrawn
from storage.withdrawal.erasure import Erasure
from tasks.terminal import Terminal
from tasks.upkeep.withdrawal import Withdrawn, erasure_facts

_NOUNS = (*(kind.noun for kind in SOURCE_KINDS), EITHER)


def withdrawn_json(store: Store) -> dict[str, Any]:
    """Return what ``shls dataset withdrawn --json`` prints."""
    return {"withdrawn": _facts(store, withdrawn(store))}


def withdrawn_now_json(store: Store, outcome: Withdrawn) -> dict[str, Any]:
    """Return what ``shls dataset withdraw --json`` prints."""
    denied = withdrawn(store)
    asked = {source_id: denied[source_id] for source_id in (*outcome.new, *outcome.already)}
    return {
        "withdrawn": [
            {**facts, "is_new": source_id in outcome.new, "is_in_store": source_id not in outcome.unseen}
            for source_id, facts in zip(asked, _facts(store, asked), strict=True)
        ]
    }


def purge_json(store: Store, erasure: Erasure, tombstone: str | None) -> dict[str, Any]:
    """Return what ``shls dataset purge --json`` prints; sources are listed by their kind."""
    denied = withdrawn(store)
    by_noun: dict[str, list[str]] = {PHOTOGRAPHS.plural: []}
    for source_id in erasure.source_ids:
        noun = denied[source_id].noun if source_id in denied else EITHER
        by_noun.setdefault(f"{noun}s", []).append(source_id)
    return {**by_noun, "tombstone": tombstone, **erasure_facts(erasure)}


def show_withdrawn(facts: Mapping[str, Any]) -> None:
    """Print the deny list and what descends from it."""
    console = _console()
    if not facts["withdrawn"]:
        console.print("no photograph is withdrawn, and no video")
    for one in facts["withdrawn"]:
        since = one["withdrawn_at"][:16].replace("T", " ")
        console.print(f"{_named(one)}  {one['reason']}")
        console.print(f"    withdrawn by {one['user'] or 'someone'} on {since} UTC{_erased(one)}")
        _show_descendants(console, one)


def show_withdrawn_now(facts: Mapping[str, Any]) -> None:
    """Print the result of a withdrawal for each photograph."""
    console = _console()
    for one in facts["withdrawn"]:
        if not one["is_new"]:
            since = one["withdrawn_at"][:10]
            console.print(f"{_named(one)} was withdrawn on {since} already ({one['reason']})")
            continue
        unseen = "" if one["is_in_store"] else "; the store has never seen it"
        console.print(f"withdrawn {_named(one)}{unseen}")
        _show_descendants(console, one)
    if any(one["is_new"] and one["is_in_store"] for one in facts["withdrawn"]):
        console.print("`shls dataset build` leaves them out; `shls dataset purge` erases their bytes")


def show_purge(facts: Mapping[str, Any]) -> None:
    """Print what a purge erased, or would erase."""
    console = _console()
    done = "would erase" if facts["dry_run"] else "erased"
    rows = ", ".join(f"{count} of {stage}" for stage, count in facts["rows"].items()) or "none"
    console.print(
        f"{done} {sum(facts['rows'].values())} rows ({rows}) in {facts['shards']} shards, "
        f"{facts['bytes'] / 1e6:.1f} MB, which are replaced by their remaining rows"
        if facts["shards"]
        else "nothing of them is in the store"
    )
    for noun in _NOUNS:
        for source_id in facts.get(f"{noun}s", ()):
            console.print(f"  {noun} {source_id}")
    if facts["tombstone"]:
        console.print(f"  tombstone {facts['tombstone']}")
    for job in facts["jobs_at_work"]:
        console.print(f"  running now, purge would refuse: {job}", style="yellow")


def _facts(store: Store, withdrawals: Mapping[str, Withdrawal]) -> list[dict[str, Any]]:
    history = History(store)
    return [
        {**_withdrawal_facts(withdrawal), **_descendant_facts(descent(store, source_id, history))}
        for source_id, withdrawal in withdrawals.items()
    ]


def _withdrawal_facts(withdrawal: Withdrawal) -> dict[str, Any]:
    facts = asdict(withdrawal)
    return {facts.pop("noun"): facts.pop("source_id"), **facts}


def _named(one: Mapping[str, Any]) -> str:
    """Return the id of a source, after the word for it where it is no photograph."""
    noun = next(noun for noun in _NOUNS if noun in one)
    return str(one[noun]) if noun == PHOTOGRAPHS.noun else f"{noun} {one[noun]}"


def _descendant_facts(found: Descent) -> dict[str, Any]:
    return {
        "datasets": [{"dataset": one.dataset, "names": list(one.names)} for one in found.datasets],
        "checkpoints": [
            {"checkpoint": exposure.checkpoint, "how": exposure.how} for exposure in found.exposures
        ],
    }


def _show_descendants(console: Terminal, one: Mapping[str, Any]) -> None:
    for dataset in one["datasets"]:
        names = ", ".join(dataset["names"]) or "not published"
        console.print(f"    still descends from it: dataset {short(dataset['dataset'])} ({names})")
    for exposure in one["checkpoints"]:
        checkpoint, how = exposure["checkpoint"], exposure["how"]
        console.print(f"    still descends from it: checkpoint {short(checkpoint)} ({how})")


def _erased(one: Mapping[str, Any]) -> str:
    return f", erased on {one['purged_at'][:16].replace('T', ' ')} UTC" if one["purged_at"] else ""


def _console() -> Terminal:
    return Terminal(highlight=False, soft_wrap=True)
