"""Regenerate: photographs in, a validated and published dataset out."""

from prefect import flow

from flows.configuration import QUICKSTART, PipelineConfig, load_config
from flows.stages import stages_to_build
from storage.kinds import RunKind
from storage.store import Store
from tasks.planning.build_plan import plan_build
from tasks.reports.writing import write_dataset_report
from tasks.runs.outcomes import DatasetOutcome, StageOutcome
from tasks.runs.platform_kind import platform_of
from tasks.runs.recorded_run import recorded_run
from tasks.staging.build_dataset import assemble, compare_with_last, publish, stage_rows, validate


@flow
def regenerate(config: PipelineConfig | str = QUICKSTART, store: str = "store") -> DatasetOutcome:
    """Stage, validate and publish a dataset; results that are already in the store are reused.

    Parameters
    ----------
    config
        A configuration, or the path of a configuration file.
    store
        Folder of the store, or ``s3://bucket/prefix``; created if there is none.
    """
    chosen = load_config(config)
    work = (store, chosen.staging, chosen.execution)

    opened = Store.create(store)
    stages = stages_to_build(chosen, store)
    with recorded_run(opened, RunKind.DATASET, chosen.model_dump(mode="json"), chosen.staging.seed) as run:
        plan = plan_build(stages, opened, chosen.staging, chosen.execution.rehash)
        made: dict[str, StageOutcome] = {}
        for stage in stages:
            made[stage.name] = stage_rows(stage, [made[read] for read in stage.reads], plan, *work)

        dataset = assemble(list(made.values()), store)
        run.outputs.append(dataset)
        run.details = {
            **run.details,
            "platform": platform_of(chosen.execution),
            # No names of files: an entry of the ledger is kept when a photograph is erased.
            "stages": [
                stage.model_dump(exclude={"skipped": {"__all__": {"names"}}}) for stage in made.values()
            ],
        }
        verdict = validate(dataset, store, chosen.gate)
        run.verdict = "passed" if verdict.passed else "failed"
        drift = compare_with_last(verdict, chosen.name, store, chosen.gate.drift)
        name = publish(verdict, chosen.name, store)
        run.details = {**run.details, "name": name}
    if any(stage.status != "cached" for stage in made.values()):
        write_dataset_report(dataset, name, store, chosen.execution)
    return DatasetOutcome(dataset=dataset, name=name, stages=tuple(made.values()), drift=drift)
