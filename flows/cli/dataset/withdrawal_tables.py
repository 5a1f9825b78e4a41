"""Withdrawn photographs as JSON, whose keys are a contract, and as text."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from storage.canonical import short
from storage.lineage.descended import Descent
from storage.lineage.descent import descent
from storage.lineage.history import History
from storage.store import Store
from storage.withdrawal.deny_list import Withdrawal, withdrawn
from storage.withdrawal.erasure import Erasure
from tasks.terminal import Terminal
from tasks.upkeep.withdrawal import Withdrawn, erasure_facts


def withdrawn_json(store: Store) -> dict[str, Any]:
    """Return what ``shls dataset withdrawn --json`` prints."""
    return {"withdrawn": _facts(store, withdrawn(store))}


def withdrawn_now_json(store: Store, outcome: Withdrawn) -> dict[str, Any]:
    """Return what ``shls dataset withdraw --json`` prints."""
    denied = withdrawn(store)
    asked = {image_id: denied[image_id] for image_id in (*outcome.new, *outcome.already)}
    return {
        "withdrawn": [
            {
                **facts,
                "is_new": facts["photograph"] in outcome.new,
                "is_in_store": facts["photograph"] not in outcome.unseen,
            }
            for facts in _facts(store, asked)
        ]
    }


def purge_json(erasure: Erasure, tombstone: str | None) -> dict[str, Any]:
    """Return what ``shls dataset purge --json`` prints."""
    return {"photographs": list(erasure.source_ids), "tombstone": tombstone, **erasure_facts(erasure)}


def show_withdrawn(facts: Mapping[str, Any]) -> None:
    """Print the deny list and what descends from it."""
    console = _console()
    if not facts["withdrawn"]:
        console.print("no photograph is withdrawn")
    for one in facts["withdrawn"]:
        since = one["withdrawn_at"][:16].replace("T", " ")
        console.print(f"{one['photograph']}  {one['reason']}")
        console.print(f"    withdrawn by {one['user'] or 'someone'} on {since} UTC{_erased(one)}")
        _show_descendants(console, one)


def show_withdrawn_now(facts: Mapping[str, Any]) -> None:
    """Print the result of a withdrawal for each photograph."""
    console = _console()
    for one in facts["withdrawn"]:
        if not one["is_new"]:
            since = one["withdrawn_at"][:10]
            console.print(f"{one['photograph']} was withdrawn on {since} already ({one['reason']})")
            continue
        unseen = "" if one["is_in_store"] else "; the store has never seen it"
        console.print(f"withdrawn {one['photograph']}{unseen}")
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
    for image_id in facts["photographs"]:
        console.print(f"  photograph {image_id}")
    if facts["tombstone"]:
        console.print(f"  tombstone {facts['tombstone']}")
    for job in facts["jobs_at_work"]:
        console.print(f"  running now, purge would refuse: {job}", style="yellow")


def _facts(store: Store, withdrawals: Mapping[str, Withdrawal]) -> list[dict[str, Any]]:
    history = History(store)
    return [
        {**_renamed(asdict(withdrawal)), **_descendant_facts(descent(store, image_id, history))}
        for image_id, withdrawal in withdrawals.items()
    ]


def _renamed(facts: dict[str, Any]) -> dict[str, Any]:
    return {"photograph": facts.pop("image_id"), **facts}


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
