"""The stage that a manifest records, with its parameters, as today's code would run it."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import pydantic

from shls_core.clips.config import ClipsConfig, FootageConfig
from shls_core.files.pictures.decode import DECODE_RULE
from shls_core.methods.mask_vos.cluster_config import ClusterConfig
from shls_core.methods.registry import method_named
from shls_core.photographs.crops import CropConfig
from shls_core.photographs.split import HeldOutConfig
from shls_core.saliency.config import SaliencyConfig
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.synthesis.config import SynthesisConfig
from storage.canonical import digest_json
from storage.provenance.code_digest import code_digest
from storage.records.manifests import StageManifest
from storage.rows.stage_names import CLIPS, CLUSTERS, FOOTAGE, INGEST, SALIENCY, SEQUENCES, SUPERPIXELS
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.clips import ClipsStage
from tasks.stages.clusters import ClusterMaker, ClustersStage
from tasks.stages.footage import FootageStage
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.stage import Stage
from tasks.stages.superpixels import SuperpixelsStage

Parameters = Mapping[str, Any]


class NotComparable(Exception):
    """Today's code cannot make again what was made then: the message states why."""


def recorded_stage(manifest: StageManifest) -> Stage:
    """Return the stage that made an artifact.

    Raises
    ------
    NotComparable
        If its parameters are not those that today's code has, or its detector is not in the store.
    """
    given = manifest.parameters
    try:
        stage = _STAGES[manifest.stage](given)
    except (KeyError, TypeError, pydantic.ValidationError) as error:
        raise NotComparable("its parameters are those of another version") from error
    if digest_json(stage.parameters) != digest_json(given):
        raise NotComparable("its parameters are those of another version")
    return stage


def _ingest(given: Parameters) -> Stage:
    if given["decode_rule"] != DECODE_RULE:
        raise NotComparable(f"its photographs were decoded by rule {given['decode_rule']}, now {DECODE_RULE}")
    return IngestStage(IngestConfig(max_side=given["max_side"], min_side=given["min_side"]))


def _saliency(given: Parameters) -> Stage:
    detector = given["saliency"]["detector"]
    if detector != "rbd":
        raise NotComparable(
            f"its detector ({detector}) is a file of its user's own, which is not in the store"
        )
    return SaliencyStage(
        SaliencyConfig.model_validate(given["saliency"]),
        CropConfig.model_validate(given["crops"]),
        _max_side(given),
        _seed(given),
    )


def _sequences(given: Parameters) -> Stage:
    return SequencesStage(
        SynthesisConfig.model_validate(given["synthesis"]),
        HeldOutConfig.model_validate(given["held_out"]),
        _max_side(given),
        _seed(given),
        IngestConfig(near_duplicate_bits=given["near_duplicate_bits"]).near_duplicate_bits,
    )


def _superpixels(given: Parameters) -> Stage:
    return SuperpixelsStage(SuperpixelConfig.model_validate(given))


def _footage(given: Parameters) -> Stage:
    if given["decode_rule"] != DECODE_RULE:
        raise NotComparable(f"its films were decoded by rule {given['decode_rule']}, now {DECODE_RULE}")
    return FootageStage(
        FootageConfig.model_validate({name: given[name] for name in given if name != "decode_rule"})
    )


def _clips(given: Parameters) -> Stage:
    return ClipsStage(
        ClipsConfig.model_validate(given["clips"]), HeldOutConfig.model_validate(given["held_out"])
    )


def _clusters(given: Parameters) -> Stage:
    from tasks.runs.device import choose_device, device_kind  # imports torch

    kind = device_kind(choose_device(ExecutionConfig()))
    if given["device_kind"] != kind:
        raise NotComparable(f"its features were computed on {given['device_kind']}, here is {kind}")
    method = method_named(given["method"]["name"])
    if given["features_code"] != code_digest(*method.feature_modules):
        raise NotComparable("its features were computed by other code")
    maker = ClusterMaker(**{field.name: given[field.name] for field in fields(ClusterMaker)})
    return ClustersStage(ClusterConfig.model_validate(given["clusters"]), maker)


def _max_side(given: Parameters) -> int:
    return IngestConfig(max_side=given["max_side"]).max_side


def _seed(given: Parameters) -> int:
    """Return the seed of a stage; if nothing was drawn, none is recorded, and any seed is right."""
    return StagingConfig(seed=0 if given["seed"] is None else given["seed"]).seed


_STAGES: Mapping[str, Callable[[Parameters], Stage]] = {
    INGEST: _ingest,
    SALIENCY: _saliency,
    SEQUENCES: _sequences,
    SUPERPIXELS: _superpixels,
    FOOTAGE: _footage,
    CLIPS: _clips,
    CLUSTERS: _clusters,
}
