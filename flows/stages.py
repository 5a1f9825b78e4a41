"""The four stages of a dataset under one configuration, in the order in which they are made."""

from typing import NamedTuple

from flows.configuration import PipelineConfig
from tasks.stages.ingest import IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.superpixels import SuperpixelsStage


class DatasetStages(NamedTuple):
    """What is made for a dataset."""

    ingest: IngestStage
    saliency: SaliencyStage
    sequences: SequencesStage
    superpixels: SuperpixelsStage


def dataset_stages(config: PipelineConfig) -> DatasetStages:
    """Return the stages as a configuration wants them."""
    seed, max_side = config.staging.seed, config.ingest.max_side
    return DatasetStages(
        ingest=IngestStage(config.ingest),
        saliency=SaliencyStage(config.saliency, config.crops, max_side, seed),
        sequences=SequencesStage(
            config.synthesis, config.held_out, max_side, seed, config.ingest.near_duplicate_bits
        ),
        superpixels=SuperpixelsStage(config.superpixels),
    )
