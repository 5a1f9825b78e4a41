"""The tasks of a dataset build: one per stage, then assemble, validate, publish."""

import time
from collections.abc import Mapping, Sequence

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from storage.gate.config import GateConfig
from storage.gate.drift import refuse_drifted
from storage.gate.drift_config import DriftConfig
from storage.gate.gate import expect_to_judge
from storage.gate.gate import validate as judge
from storage.gate.verdicts import Verdict, refuse_failed
from storage.records.manifests import DatasetManifest, put_record
from storage.rows.source_kinds import plurals_of
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store
from tasks.planning.build_plan import BuildPlan
from tasks.planning.left_out import left_out_line, rejected_line
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.runs.outcomes import DriftOutcome, StageOutcome
from tasks.runs.progress import progress
from tasks.runs.retries import RETRY_DELAYS_SECONDS, may_pass
from tasks.runs.run_artifacts import shown
from tasks.runs.run_draft import note
from tasks.stages.map_matches import unmatched_line
from tasks.stages.stage import Stage
from tasks.staging.build_stage import build_stage
from tasks.staging.drift import drift_from_last, line_of
from tasks.terminal import log_event, log_fields, print_line


@task(
    task_run_name="{stage.name}",
    cache_policy=NO_CACHE,  # reuse depends on our own keys, made from content
    retries=len(RETRY_DELAYS_SECONDS),
    retry_delay_seconds=RETRY_DELAYS_SECONDS,
    retry_condition_fn=may_pass,
)
def stage_rows(
    stage: Stage,
    inputs: Sequence[StageOutcome],
    plan: BuildPlan,
    store: str,
    staging: StagingConfig,
    execution: ExecutionConfig,
) -> StageOutcome:
    """Build one stage from the stages that it reads, as it was planned."""
    with log_fields(stage=stage.name):
        return _stage_rows(stage, inputs, plan, Store.create(store), staging, execution)


def _stage_rows(
    stage: Stage,
    inputs: Sequence[StageOutcome],
    plan: BuildPlan,
    opened: Store,
    staging: StagingConfig,
    execution: ExecutionConfig,
) -> StageOutcome:
    with progress(stage.name, "rows") as advance:
        outcome = build_stage(
            opened,
            stage,
            {done.name: done.artifact for done in inputs},
            staging,
            execution,
            advance,
            plan.wanted(stage),
        )
    print_line(_summary(outcome))
    log_event("stage made", **outcome.model_dump(mode="json", exclude={"skipped"}))
    if outcome.files_unchanged:
        unchanged = f"{outcome.files_unchanged} unchanged since they were read"
        print_line(f"{outcome.name}: {outcome.files_read} files read to plan it, {unchanged}")
    if outcome.rejected:
        print_line(f"{outcome.name}: {rejected_line(outcome.rejected_reasons)}")
    if outcome.left_out:
        print_line(left_out_line(outcome.left_out, plurals_of([outcome.name])))
    if outcome.unmatched:
        print_line(unmatched_line(outcome.unmatched))
    if outcome.lost_frames:
        print_line(lost_line(outcome.lost_frames))
    for skipped in outcome.skipped:
        print_line(str(skipped))
    if outcome.status != "cached":
        expect_to_judge()
    shown(f"stage-{stage.name}", lambda: _show(opened, outcome))
    return outcome


@task(cache_policy=NO_CACHE)
def assemble(stages: Sequence[StageOutcome], store: str) -> str:
    """Combine the artifacts of stages into a dataset and return its id."""
    artifacts = {stage.name: stage.artifact for stage in stages}
    return put_record(Store.create(store).objects, DatasetManifest(stages=artifacts))


@task(cache_policy=NO_CACHE)
def validate(dataset: str, store: str, gate: GateConfig) -> Verdict:
    """Let the gate judge a dataset."""
    started = time.monotonic()
    verdict = judge(Store.create(store), dataset, gate)
    met, expected = len(verdict.findings) - len(verdict.failures), len(verdict.findings)
    print_line(f"{'gate':<12} {met:>4} of {expected} expectations met  {time.monotonic() - started:.1f} s")
    return verdict


@task(cache_policy=NO_CACHE)
def compare_with_last(verdict: Verdict, name: str, store: str, bounds: DriftConfig) -> DriftOutcome:
    """Compare a dataset that passed the gate with the version published last, and hold it back if it drifted.

    Raises
    ------
    GateError
        If it failed the gate; if it drifted and the bounds are enforced: it stays in the store and gets no
        name. The ledger records the reasons.
    """
    refuse_failed(verdict)
    outcome, drift = drift_from_last(Store.create(store), verdict.dataset, name, bounds)
    note(drift=outcome.model_dump(mode="json"))
    print_line(f"{'drift':<12} {line_of(outcome, drift)}")
    for reason in outcome.reasons if outcome.verdict == "accepted" else ():
        print_line(f"{'drift':<12} accepted: {reason}")
    if outcome.verdict == "held back" and drift and outcome.name:
        refuse_drifted(drift, outcome.name)
    return outcome


@task(cache_policy=NO_CACHE)
def publish(verdict: Verdict, name: str, store: str) -> str:
    """Give a dataset that passed the gate its name; return the name as ``NAME@vN``.

    Raises
    ------
    GateError
        If it failed: it stays in the store for inspection, and gets no name.
    """
    refuse_failed(verdict)
    return Store.create(store).names.publish(name, verdict.dataset)


def lost_line(count: int) -> str:
    """Return in one line how many frames of videos could not be read."""
    frames = "frame of a video is" if count == 1 else "frames of videos are"
    return f"{count} {frames} damaged or missing, and left out"


def _summary(outcome: StageOutcome) -> str:
    rows = f"{outcome.rows} rows"
    made = {"cached": "all reused", "computed": "all computed"}.get(
        outcome.status, f"{outcome.rows_computed} computed"
    )
    rejected = f", {outcome.rejected} rejected" if outcome.rejected else ""
    return (
        f"{outcome.name:<12} {rows:>10} in {outcome.shards} shards, {made}{rejected}  {outcome.seconds:.1f} s"
    )


def _show(store: Store, outcome: StageOutcome) -> object:
    artifact = StageArtifact(store.objects, outcome.artifact)
    facts: Mapping[str, object] = outcome.model_dump()
    statistics = {
        f"{column}, {figure}": f"{value:.6g}"
        for column, figures in artifact.manifest.statistics.items()
        for figure, value in figures.items()
    }
    rejected = {f"rejected: {reason}": count for reason, count in artifact.rejected_reasons().items()}
    return create_table_artifact(
        [{"what": what, "value": str(value)} for what, value in {**facts, **rejected, **statistics}.items()],
        key=f"stage-{outcome.name}",
        description=f"The {outcome.name} stage",
    )
