"""Building one stage: plan its rows, reuse what is known, make the rest, write the manifest last."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import InputError, TooManyRejected
from shls_core.files.skipped_counts import in_manifest
from storage.canonical import digest_json, short
from storage.records.manifests import ShardRef, StageManifest, put_record
from storage.rows.accepted_table import ColumnArtifact
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.shards import read_columns, read_columns_of_all
from storage.rows.source_pages import put_pages
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store
from storage.withdrawal.deny_list import counted_by_reason
from tasks.cluster.handshake import JobCode
from tasks.executor import run_jobs
from tasks.planning.found_whole import found_artifact, keep_artifact, plan_of_found
from tasks.planning.making import entry_modules
from tasks.planning.shard_job import ShardJob
from tasks.planning.stage_plan import StagePlan, WantedRows, made_artifact, plan_stage, wanted_rows
from tasks.runs.at_work import JobTimedOut
from tasks.runs.execution_config import LONGEST_SHARD_SECONDS, ExecutionConfig, StagingConfig
from tasks.runs.free_memory import give_back
from tasks.runs.outcomes import StageOutcome
from tasks.runs.usage import PROCESS, Usage, add_elsewhere, measured
from tasks.stages.clusters import ClustersStage
from tasks.stages.map_matches import unmatched_maps
from tasks.stages.reading_order import ReadInOrder
from tasks.stages.stage import Stage
from tasks.staging.shard_work import make_shard
from tasks.terminal import log_event, print_line

_LOST = "num_lost"
"""The statistic of stages that read videos."""


def build_stage(
    store: Store,
    stage: Stage,
    inputs: Mapping[str, str],
    staging: StagingConfig,
    execution: ExecutionConfig,
    advance: Callable[[int, int], None] = lambda done, total: None,
    wanted: WantedRows | None = None,
) -> StageOutcome:
    """Make the artifact of one stage, or reuse it.

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
        Called with the number of rows made so far, and of all rows to make.
    wanted
        Its rows, if they are known already; by default they are planned from the inputs.

    Raises
    ------
    TooManyRejected
        Its shards are kept, but no manifest is written.
    """
    with measured() as measurement:
        outcome = _built(store, stage, inputs, staging, execution, advance, wanted)
        give_back()  # its plan is no more needed
    return outcome.model_copy(update={"usage": measurement.usage()})


def _built(
    store: Store,
    stage: Stage,
    inputs: Mapping[str, str],
    staging: StagingConfig,
    execution: ExecutionConfig,
    advance: Callable[[int, int], None],
    wanted: WantedRows | None,
) -> StageOutcome:
    started = time.monotonic()
    artifacts = {name: ColumnArtifact(store.objects, artifact_id) for name, artifact_id in inputs.items()}
    read = {name: (artifact.id, artifact.manifest) for name, artifact in artifacts.items()}

    def plan_rows() -> StagePlan:
        rows = wanted or wanted_rows(store, stage, artifacts)
        return plan_stage(store, stage, rows, staging.rows_per_shard, store.objects.verify)

    found = found_artifact(store, stage, read, staging.rows_per_shard, store.objects.verify)
    plan = plan_of_found(stage, found, plan_rows) if found else plan_rows()
    jobs = plan.jobs(store.location)
    try:
        made = _run(jobs, execution, advance, _code_of(plan))
    except InputError as error:
        if plan.wanted.files_unchanged and "changed while it was read" in str(error):
            raise InputError(f"{error}, or with --rehash if nobody did") from error
        raise
    refs = tuple(shard.ref or made[str(shard.key)] for shard in plan.shards)

    _refuse_if_too_many_rejected(store, stage.name, refs, staging.max_rejected_share)
    contents = {name: artifact.manifest.content_digest for name, artifact in artifacts.items()}
    known = made_artifact(store, plan, contents)
    artifact = known[0] if known else _put_manifest(store, plan, contents, refs)
    if not plan.artifact:
        store.keys.put(stage.name, plan.key, artifact)
        keep_artifact(store, stage, read, staging.rows_per_shard, artifact)
    put_pages(store.backend, store.objects, stage.name, [ref.digest for ref in refs])
    rows, computed = sum(ref.rows for ref in refs), plan.rows_to_compute
    rejected = sum(ref.rejected for ref in refs)
    return StageOutcome(
        name=stage.name,
        status="cached" if not jobs else "computed" if computed == rows else "partial",
        artifact=artifact,
        shards=len(refs),
        shards_computed=len(jobs),
        rows=rows,
        rows_computed=computed,
        rejected=rejected,
        rejected_reasons=StageArtifact(store.objects, artifact).rejected_reasons() if rejected else {},
        seconds=round(time.monotonic() - started, 3),
        left_out=counted_by_reason(plan.left_out.values()),
        unmatched=unmatched_maps(stage, plan.wanted.rows),
        skipped=plan.wanted.skipped,
        files_read=plan.wanted.files_read,
        files_unchanged=plan.wanted.files_unchanged,
        lost_frames=_lost_frames(store, stage.schema, refs),
    )


def _lost_frames(store: Store, schema: StageSchema, refs: Sequence[ShardRef]) -> int:
    if not any(field.name == _LOST for field in schema.statistics):
        return 0
    tables = read_columns_of_all(store.objects, [ref.digest for ref in refs], [_LOST])
    return sum(pc.sum(table[_LOST]).as_py() or 0 for table in tables)


def _put_manifest(
    store: Store, plan: StagePlan, contents: Mapping[str, str], refs: Sequence[ShardRef]
) -> str:
    plan.making.put_modules(store.objects)
    accepted = _accepted_rows(store, plan.stage.schema, refs)
    manifest = StageManifest(
        **plan.making.facts,
        inputs=dict(contents),
        content_digest=_content_digest(accepted),
        rows=sum(ref.rows for ref in refs),
        rejected=sum(ref.rejected for ref in refs),
        statistics=_statistics(accepted, plan.stage.schema),
        shards=tuple(refs),
        skipped=in_manifest(plan.wanted.skipped),
    )
    return put_record(store.objects, manifest)


def _code_of(plan: StagePlan) -> JobCode:
    """Return what decides the rows, which their keys cover, and what writes them."""
    return JobCode((*entry_modules(plan.stage), make_shard.__module__), plan.making.versions)


def _run(
    jobs: Sequence[ShardJob],
    execution: ExecutionConfig,
    advance: Callable[[int, int], None],
    code: JobCode,
) -> dict[str, ShardRef]:
    total = sum(len(job.rows) for job in jobs)
    made: dict[str, ShardRef] = {}
    advance(0, total)
    where = (execution.backend, execution.workers)
    stage = jobs[0].stage if jobs else None
    each = execution.resources(stage.name, on_gpu=_runs_on_gpu(stage)) if stage else None
    by_default = LONGEST_SHARD_SECONDS if execution.backend == "ray" else None
    limit = execution.job_timeout_seconds or by_default
    try:
        results = run_jobs(
            _make_keyed_shard,
            _in_order(jobs),
            *where,
            job_timeout_seconds=limit,
            resources=each,
            code=code,
        )
        for done in results:
            add_elsewhere(done.usage, done.process)
            made[done.key] = done.ref
            facts = done.ref.model_dump(include={"rows", "rejected", "bytes"})
            log_event("shard made", shard=short(done.key), **facts, usage=done.usage.model_dump())
            advance(sum(ref.rows for ref in made.values()), total)
    except JobTimedOut as late:
        raise _named(late) from None
    return made


def _runs_on_gpu(stage: Stage) -> bool:
    return isinstance(stage, ClustersStage) and not stage.maker.device_kind.startswith("cpu")


def _in_order(jobs: Sequence[ShardJob]) -> Sequence[ShardJob]:
    """Return jobs in the order in which they are begun."""
    if jobs and isinstance(jobs[0].stage, ReadInOrder):  # a worker goes on where its last job ended
        return jobs
    # The largest first: at the end, no worker waits long for another one's last shard.
    return sorted(jobs, key=lambda job: len(job.rows), reverse=True)


@dataclass(frozen=True)
class _MadeShard:
    """What a worker answers: the shard, and what it took to make it."""

    key: str
    ref: ShardRef
    usage: Usage
    process: str


def _make_keyed_shard(job: ShardJob) -> _MadeShard:
    with measured() as measurement:
        ref = make_shard(job)
    return _MadeShard(job.shard_key, ref, measurement.usage(), PROCESS)


def _named(late: JobTimedOut) -> JobTimedOut:
    """Return the error with the row that was at work; its file is printed only: the ledger keeps no names."""
    assert isinstance(late.job, ShardJob)
    stage, rows = late.job.stage.name, late.job.rows
    at_work = next((item.plan for item in rows if item.plan.sample_id == late.row), None)
    row = f"row {short(late.row)}…" if at_work else f"one of its {len(rows)} rows"
    if at_work and at_work.location:
        print_line(f"{stage}: no answer in {late.seconds:g} s while at work on {at_work.location}")
    message = (
        f"{stage}: expected a shard within {late.seconds:g} s (execution.job_timeout_seconds), got no answer "
        f"at {row} of shard {short(late.job.shard_key)}…; finished shards are kept"
    )
    return JobTimedOut(message, late.job, late.seconds, late.row)


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
    counts = ", ".join(f"{count} x {reason}" for reason, count in reasons.most_common(3)) or "there were none"
    raise TooManyRejected(
        f"{stage}: expected at least one usable row and at most {max_rejected_share:.0%} rejected, "
        f"got {rejected} of {rows} rejected: {counts}"
    )


def _accepted_rows(store: Store, schema: StageSchema, refs: Sequence[ShardRef]) -> pa.Table:
    """Return the ids of the accepted rows, their digests and their statistics."""
    columns = ["sample_id", "digest", *(field.name for field in schema.statistics)]
    tables = read_columns_of_all(store.objects, [ref.digest for ref in refs], columns)
    return pa.concat_tables(tables).filter(pc.field("digest").is_valid())


def _content_digest(accepted: pa.Table) -> str:
    sample_ids, digests = (accepted[column].to_pylist() for column in ("sample_id", "digest"))
    return digest_json(dict(zip(sample_ids, digests, strict=True)))


def _statistics(accepted: pa.Table, schema: StageSchema) -> dict[str, dict[str, float]]:
    return {
        field.name: {
            "min": float(pc.min(accepted[field.name]).as_py()),
            "mean": float(pc.mean(accepted[field.name].cast(pa.float64())).as_py()),
            "max": float(pc.max(accepted[field.name]).as_py()),
        }
        for field in schema.statistics
    }
