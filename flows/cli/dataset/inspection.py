"""What a dataset is made of, as text and as JSON."""

from typing import Any

from rich.table import Table

from flows.cli.dataset.listing import list_json
from shls_core.files.skipped_counts import SkippedCount
from storage.canonical import short
from storage.gate.verdicts import newest_verdict
from storage.objects.objects import ObjectStore
from storage.rows.dataset import Dataset
from storage.rows.near_duplicates import near_duplicates_of
from storage.rows.source_kinds import PHOTOGRAPHS, SOURCE_KINDS, VIDEOS
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store
from storage.withdrawal.deny_list import withdrawn_in
from tasks.terminal import Terminal


def dataset_facts(store: Store, dataset_id: str) -> dict[str, Any]:
    """Return what a dataset is made of."""
    objects = store.with_stand_ins()
    verdict = newest_verdict(store, dataset_id)
    namings = [row for row in list_json(store)["datasets"] if row["dataset"] == dataset_id]
    return {
        "dataset": dataset_id,
        "names": [row["name"] for row in namings],
        "ledger_head": namings[-1]["ledger_head"] if namings else None,
        "verdict": verdict and ("passed" if verdict.passed else "failed"),
        "failures": [str(finding) for finding in verdict.failures] if verdict else [],
        **_withdrawn_facts(store, dataset_id),
        "near_duplicates": _near_duplicate_facts(objects, dataset_id),
        "stages": [_stage_facts(artifact) for artifact in Dataset(objects, dataset_id).stages.values()],
    }


def _near_duplicate_facts(objects: ObjectStore, dataset_id: str) -> dict[str, int]:
    groups = near_duplicates_of(objects, dataset_id)
    counts = {"groups": len(groups), PHOTOGRAPHS.plural: 0}
    for group in groups:
        counts[group.kind.plural] = counts.get(group.kind.plural, 0) + len(group.file_names)
    return counts


def _withdrawn_facts(store: Store, dataset_id: str) -> dict[str, Any]:
    found = withdrawn_in(store, dataset_id)
    videos = [source_id for source_id, one in found.items() if one.noun == VIDEOS.noun]
    withdrawn = {source_id: one.reason for source_id, one in found.items()}
    return {"withdrawn": withdrawn, **({"withdrawn_videos": videos} if videos else {})}


def _stage_facts(artifact: StageArtifact) -> dict[str, Any]:
    manifest = artifact.manifest
    return {
        "name": manifest.stage,
        "artifact": artifact.id,
        "rows": manifest.rows,
        "rejected": manifest.rejected,
        "rejected_reasons": artifact.rejected_reasons(),
        "skipped": [one.model_dump(mode="json") for one in manifest.skipped],
        "shards": len(manifest.shards),
        "bytes": sum(shard.bytes for shard in manifest.shards),
        "statistics": manifest.statistics,
        "parameters": manifest.parameters,
        "versions": manifest.versions,
        "code_digest": manifest.code_digest,
    }


def show_facts(facts: dict[str, Any]) -> None:
    """Print what a dataset is made of."""
    console = Terminal(highlight=False)
    names = ", ".join(facts["names"]) or "not published"
    console.print(f"dataset {facts['dataset']}")
    console.print(f"{names}; verdict: {facts['verdict'] or 'never validated'}")
    if facts["ledger_head"]:
        console.print(f"head of the ledger when it was named: {facts['ledger_head']}", soft_wrap=True)
    for source_id, reason in facts["withdrawn"].items():
        noun = (VIDEOS if source_id in facts.get("withdrawn_videos", ()) else PHOTOGRAPHS).noun
        console.print(f"  withdrawn {noun} {short(source_id)}: {reason}", style="yellow")
    near = facts["near_duplicates"]
    if near["groups"]:
        counted = [f"{near[kind.plural]} {kind.plural}" for kind in SOURCE_KINDS if near.get(kind.plural)]
        console.print(f"{' and '.join(counted)} in {near['groups']} groups of near-duplicates")
    for failure in facts["failures"]:
        console.print(f"  {failure}", style="red")
    for stage in facts["stages"]:
        size = stage["bytes"] / 1e6
        title = f"{stage['name']}: {stage['rows']} rows, {stage['rejected']} rejected, {size:.1f} MB"
        table = Table("statistic", title=title, title_justify="left")
        for column in ("min", "mean", "max"):
            table.add_column(column, justify="right")
        for name, figures in stage["statistics"].items():
            table.add_row(name, *(f"{figures[column]:.6g}" for column in ("min", "mean", "max")))
        console.print(table)
        for reason, count in stage["rejected_reasons"].items():
            console.print(f"  rejected: {count} x {reason}")
        for one in stage["skipped"]:
            console.print(f"  {SkippedCount.model_validate(one)}")
