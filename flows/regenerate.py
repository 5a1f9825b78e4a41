"""Regenerate: photographs in, a validated and published dataset out."""

from prefect import flow

from flows.configuration import QUICKSTART, PipelineConfig, load_config
from tasks.dataset import assemble, publish, stage_rows, validate
from tasks.ledger import recorded_run
from tasks.outcomes import DatasetOutcome
from tasks.stages.ingest import IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.superpixels import SuperpixelsStage


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
    seed, max_side = chosen.staging.seed, chosen.ingest.max_side
    work = (store, chosen.staging, chosen.execution)

    with recorded_run(store, "dataset", chosen.model_dump(mode="json"), seed) as run:
        images = stage_rows(IngestStage(chosen.ingest), [], *work)
        masks = stage_rows(SaliencyStage(chosen.saliency, chosen.crops, max_side, seed), [images], *work)
        near_bits = chosen.ingest.near_duplicate_bits
        sequences = stage_rows(
            SequencesStage(chosen.synthesis, chosen.held_out, max_side, seed, near_bits),
            [images, masks],
            *work,
        )
        superpixels = stage_rows(SuperpixelsStage(chosen.superpixels), [sequences], *work)

        stages = (images, masks, sequences, superpixels)
        dataset = assemble(stages, store)
        run.outputs.append(dataset)
        run.details = {"stages": [stage.model_dump() for stage in stages]}
        verdict = validate(dataset, store, chosen.gate)
        run.verdict = "passed" if verdict.passed else "failed"
        name = publish(verdict, chosen.name, store)
    return DatasetOutcome(dataset=dataset, name=name, stages=stages)
