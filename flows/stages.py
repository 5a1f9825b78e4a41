"""The stages of a dataset with one configuration, each after the stages that it reads."""

from flows.configuration import PipelineConfig
from storage.rows.stage_graph import in_reading_order
from tasks.stages.clips import ClipsStage
from tasks.stages.footage import FootageStage
from tasks.stages.ingest import IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.stage import Stage
from tasks.stages.superpixels import SuperpixelsStage


def dataset_stages(config: PipelineConfig) -> tuple[Stage, ...]:
    """Return the stages that a configuration describes: of photographs, of videos, or of both.

    A configuration without either has those of photographs: they are in the store already.
    """
    has_videos = config.footage.videos is not None
    stages: list[Stage] = []
    if config.ingest.images is not None or not has_videos:
        stages += _of_stills(config)
    if has_videos:
        stages += [FootageStage(config.footage), ClipsStage(config.clips, config.held_out)]
    by_name = {stage.name: stage for stage in stages}
    return tuple(by_name[name] for name in in_reading_order({stage.name: stage.reads for stage in stages}))


def _of_stills(config: PipelineConfig) -> list[Stage]:
    seed, max_side = config.staging.seed, config.ingest.max_side
    return [
        IngestStage(config.ingest),
        SaliencyStage(config.saliency, config.crops, max_side, seed),
        SequencesStage(config.synthesis, config.held_out, max_side, seed, config.ingest.near_duplicate_bits),
        SuperpixelsStage(config.superpixels),
    ]
