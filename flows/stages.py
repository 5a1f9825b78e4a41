"""The stages of a dataset with one configuration, each after the stages that it reads."""

from flows.configuration import PipelineConfig
from shls_core.errors import ConfigError
from storage.rows.stage_graph import in_reading_order
from storage.store import Store
from tasks.stages.clips import ClipsStage
from tasks.stages.clusters import ClustersStage
from tasks.stages.footage import FootageStage
from tasks.stages.ingest import IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.stage import Stage
from tasks.stages.superpixels import SuperpixelsStage


def dataset_stages(config: PipelineConfig) -> tuple[Stage, ...]:
    """Return the stages that a configuration describes: of photographs, of videos, or of both; no clusters.

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


def stages_to_build(config: PipelineConfig, store: str) -> tuple[Stage, ...]:
    """Return the stages that a configuration describes, with clusters if it names a checkpoint for them.

    Parameters
    ----------
    config
        The configuration.
    store
        Where the checkpoint is: a folder, or ``s3://bucket/prefix``.

    Raises
    ------
    ConfigError
        If clusters are wanted without videos.
    NameUnknown
        If the store does not have the checkpoint.
    """
    stages = dataset_stages(config)
    if (checkpoint := config.clusters.checkpoint) is None:
        return stages
    if config.footage.videos is None:
        raise ConfigError(
            "expected videos with clusters.checkpoint, which clusters clips, got photographs alone: their "
            "pseudo-sequences have pseudo-masks (method.pseudo_masks: shards)"
        )
    from tasks.checkpoints.cluster_maker import cluster_maker  # imports torch

    opened = Store.open(store)
    maker = cluster_maker(opened, checkpoint, config.execution, config.training.num_threads)
    return (*stages, ClustersStage(config.clusters, maker))


def _of_stills(config: PipelineConfig) -> list[Stage]:
    seed, max_side = config.staging.seed, config.ingest.max_side
    return [
        IngestStage(config.ingest),
        SaliencyStage(config.saliency, config.crops, max_side, seed),
        SequencesStage(config.synthesis, config.held_out, max_side, seed, config.ingest.near_duplicate_bits),
        SuperpixelsStage(config.superpixels),
    ]
