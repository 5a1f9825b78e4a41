"""Regenerate: photographs in, a validated and published dataset out."""

from prefect import flow

from flows.configuration import QUICKSTART, PipelineConfig, load_config
from flows.stages import dataset_stages
from storage.kinds import RunKind
from tasks.planning.space import refuse_what_does_not_fit
from tasks.reports.writing import write_dataset_report
from tasks.runs.outcomes import DatasetOutcome
from tasks.runs.platform_kind import platform_of
from tasks.runs.recorded_run import recorded_run
from tasks.staging.build_dataset import assemble, publish, stage_rows, validate


@flow
def regenerate(config: PipelineConfig | str = QUICKSTART, store: str = "store") -> DatasetOutcome:
    """Stage a dataset; whatever is in the store already is not made again.

    Parameters
    ----------
    config
        A configuration, or the path of a configuration file.
    store
        Folder of the store, or ``s3://bucket/prefix``; made where there is none.
    """
    chosen = load_config(config)
    stages = dataset_stages(chosen)
    work = (store, chosen.staging, chosen.execution)

    with recorded_run(store, RunKind.DATASET, chosen.model_dump(mode="json"), chosen.staging.seed) as run:
        refuse_what_does_not_fit(stages, store, chosen.staging)
        images = stage_rows(stages.ingest, [], *work)
        masks = stage_rows(stages.saliency, [images], *work)
        sequences = stage_rows(stages.sequences, [images, masks], *work)
        superpixels = stage_rows(stages.superpixels, [sequences], *work)

        made = (images, masks, sequences, superpixels)
        dataset = assemble(made, store)
        run.outputs.append(dataset)
        run.details = {
            "platform": platform_of(chosen.execution),
            "stages": [stage.model_dump() for stage in made],
        }
        verdict = validate(dataset, store, chosen.gate)
        run.verdict = "passed" if verdict.passed else "failed"
        name = publish(verdict, chosen.name, store)
        run.details = {**run.details, "name": name}
    if any(stage.status != "cached" for stage in made):
        write_dataset_report(dataset, name, store, chosen.execution)
    return DatasetOutcome(dataset=dataset, name=name, stages=made)
