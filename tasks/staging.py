"""Building one stage: plan its rows, reuse what is known, make the rest, write the manifest last."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import ObjectMissing, TooManyRejected
from storage.artifact import StageArtifact
from storage.canonical import digest_json
from storage.code_digest import code_digest
from storage.environment import package_versions
from storage.manifest import StageManifest, put_record
from storage.schemas import SCHEMA_VERSION, SCHEMAS
from storage.shards import SHARDS_AT_ONCE, ShardRef, read_columns, read_columns_of_all, shard_ref
from storage.store import Store
from tasks.execution_config import ExecutionConfig, StagingConfig
from tasks.executor import run_jobs
from tasks.outcomes import StageOutcome
from tasks.shard_assignment import assign_to_shards
from tasks.shard_work import KeyedRow, KnownRow, ShardJob, make_shard
from tasks.stages.stage import RowPlan, Stage

_ENCODER = "storage.shard_encoding"
_MANIFESTS_SEARCHED = 8


def build_stage(
    store: Store,
    stage: Stage,
    inputs: Mapping[str, str],
    staging: StagingConfig,
    execution: ExecutionConfig,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> StageOutcome:
    """Make the artifact of one stage, or find it made.

    Parameters
    ----------
    store
        Where everything is read and written.
    stage
        What to make.
    inputs
        Artifact id of each stage that this one reads.
    staging
        How rows are grouped into shards, and how many may be rejected.
    execution
        Where to make it.
    advance
        Called with the number of rows made so far and to make in all.

    Raises
    ------
    TooManyRejected
        Its shards are kept, but no manifest is written.
    """
    started = time.monotonic()
    artifacts = {name: StageArtifact(store.objects, artifact_id) for name, artifact_id in inputs.items()}
    facts = _facts(stage, artifacts)
    making = digest_json([facts[name] for name in ("stage", "parameters", "code_digest", "versions")])
    rows = [_keyed(plan, making) for plan in stage.plan(artifacts)]
    shards = assign_to_shards(rows, staging.rows_per_shard)
    keys = [digest_json([row.key for row in shard]) for shard in shards]

    with ThreadPoolExecutor(max_workers=SHARDS_AT_ONCE) as readers:
        found = dict(
            zip(keys, readers.map(lambda key: _reusable_shard(store, stage.name, key), keys), strict=True)
        )
    missing = {key: shard for key, shard in zip(keys, shards, strict=True) if found[key] is None}
    jobs = _jobs(store, stage, missing)
    made = _run(jobs, execution, advance)
    refs = [found[key] or made[key] for key in keys]

    _refuse_if_too_many_rejected(store, stage.name, refs, staging.max_rejected_share)
    made_rows = _facts_of_rows(store, stage.name, refs)
    manifest = StageManifest(
        **facts,
        content_digest=_content_digest(made_rows),
        rows=sum(ref.rows for ref in refs),
        rejected=sum(ref.rejected for ref in refs),
        statistics=_statistics(made_rows, stage.name),
        shards=tuple(refs),
    )
    artifact = put_record(store.objects, manifest)
    store.keys.put(stage.name, digest_json(keys), artifact)
    computed = sum(job.rows_to_compute for job in jobs)
    return StageOutcome(
        name=stage.name,
        status="cached" if not jobs else "computed" if computed == manifest.rows else "partial",
        artifact=artifact,
        shards=len(refs),
        shards_computed=len(jobs),
        rows=manifest.rows,
        rows_computed=computed,
        rejected=manifest.rejected,
        seconds=round(time.monotonic() - started, 3),
    )


def _facts(stage: Stage, inputs: Mapping[str, StageArtifact]) -> dict[str, Any]:
    """Return what the manifest says of how the rows were made."""
    return {
        "stage": stage.name,
        "parameters": stage.parameters,
        "code_digest": code_digest(type(stage).__module__, _ENCODER),
        "versions": package_versions(stage.packages),
        "inputs": {name: artifact.manifest.content_digest for name, artifact in inputs.items()},
    }


def _keyed(plan: RowPlan, making: str) -> KeyedRow:
    """Key a row by everything that makes its bytes; of its inputs, by exactly the rows it reads."""
    read = [address.digest for address in plan.inputs]
    identity = [plan.sample_id, list(plan.image_ids), read, dict(plan.decided)]
    return KeyedRow(plan, digest_json([SCHEMA_VERSION, making, identity]))


def _reusable_shard(store: Store, stage: str, key: str) -> ShardRef | None:
    """Return the shard of a key, its bytes checked; None if it has to be made."""
    digest = store.keys.get(f"{stage}-shards", key)
    if digest is None or not store.objects.verify(digest):
        return None
    return shard_ref(store.objects, digest)


def _jobs(store: Store, stage: Stage, missing: Mapping[str, Sequence[KeyedRow]]) -> list[ShardJob]:
    wanted = {row.key for rows in missing.values() for row in rows}
    known = _known_rows(store, stage.name, wanted)
    return [
        ShardJob(store.location, stage, key, [replace(row, known=known.get(row.key)) for row in rows])
        for key, rows in missing.items()
    ]


def _known_rows(store: Store, stage: str, wanted: set[str]) -> dict[str, KnownRow]:
    """Look for rows by key in the last few artifacts of a stage, newest first, until all are found."""
    known: dict[str, KnownRow] = {}
    searched: set[str] = set()
    for artifact_id in store.keys.recent(stage, _MANIFESTS_SEARCHED) if wanted else ():
        if len(known) == len(wanted):
            break
        try:
            shards = StageArtifact(store.objects, artifact_id).manifest.shards
            digests = [shard.digest for shard in shards if shard.digest not in searched]
            for digest, table in zip(
                digests, read_columns_of_all(store.objects, digests, ["row_key"]), strict=True
            ):
                searched.add(digest)
                for index, key in enumerate(table["row_key"].to_pylist()):
                    if key in wanted:
                        known.setdefault(key, KnownRow(digest, index))
        except ObjectMissing:  # removed from the store since: its rows are made again
            continue
    return known


def _run(
    jobs: Sequence[ShardJob], execution: ExecutionConfig, advance: Callable[[int, int], None]
) -> dict[str, ShardRef]:
    total = sum(len(job.rows) for job in jobs)
    made: dict[str, ShardRef] = {}
    advance(0, total)
    for key, ref in run_jobs(_make_keyed_shard, jobs, execution.backend, execution.workers):
        made[key] = ref
        advance(sum(done.rows for done in made.values()), total)
    return made


def _make_keyed_shard(job: ShardJob) -> tuple[str, ShardRef]:
    return job.shard_key, make_shard(job)


def _refuse_if_too_many_rejected(
    store: Store, stage: str, refs: Sequence[ShardRef], max_rejected_share: float
) -> None:
    rows, rejected = sum(ref.rows for ref in refs), sum(ref.rejected for ref in refs)
    if rows and rejected < rows and rejected / rows <= max_rejected_share:
        return
    reasons: Counter[str] = Counter()
    for ref in refs:
        reasons.update(
            read_columns(store.objects, ref.digest, ["rejected"])["rejected"].drop_null().to_pylist()
        )
    told = ", ".join(f"{count} x {reason}" for reason, count in reasons.most_common(3)) or "there were none"
    raise TooManyRejected(
        f"{stage}: expected at least one usable row and at most {max_rejected_share:.0%} rejected, "
        f"got {rejected} of {rows} rejected: {told}"
    )


def _facts_of_rows(store: Store, stage: str, refs: Sequence[ShardRef]) -> pa.Table:
    """Return who the accepted rows are, their digests and their statistics."""
    columns = ["sample_id", "digest", *(field.name for field in SCHEMAS[stage].statistics)]
    tables = read_columns_of_all(store.objects, [ref.digest for ref in refs], columns)
    return pa.concat_tables(tables).filter(pc.field("digest").is_valid())


def _content_digest(accepted: pa.Table) -> str:
    sample_ids, digests = (accepted[column].to_pylist() for column in ("sample_id", "digest"))
    return digest_json(dict(zip(sample_ids, digests, strict=True)))


def _statistics(accepted: pa.Table, stage: str) -> dict[str, dict[str, float]]:
    return {
        field.name: {
            "min": float(pc.min(accepted[field.name]).as_py()),
            "mean": float(pc.mean(accepted[field.name].cast(pa.float64())).as_py()),
            "max": float(pc.max(accepted[field.name]).as_py()),
        }
        for field in SCHEMAS[stage].statistics
    }
