"""Clusters: pseudo-masks of every clip, found with the features of a checkpoint.

A worker loads torch when it makes its first row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from shls_core.errors import SampleError
from shls_core.files.pictures.jpeg_frames import decode_frame
from shls_core.methods.mask_vos.cluster_config import ClusterConfig
from storage.rows.codecs import encode_map
from storage.rows.schemas.clusters import NO_OBJECT, SCHEMA
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.stage_names import CLIPS, CLUSTERS
from tasks.stages.stage import Row, RowPlan

if TYPE_CHECKING:
    from storage.rows.stage_artifact import AcceptedRows
    from tasks.stages.input_reader import InputReader

_ROWS = 16
"""Most rows of a shard, as of clips."""


@dataclass(frozen=True)
class ClusterMaker:
    """The checkpoint whose features are clustered, and where.

    Attributes
    ----------
    checkpoint
        Its id.
    weights
        Digest of its weights.
    method
        Keys ``name`` and ``network`` of its method.
    features_code
        Digest of the code that computes its features.
    device_kind
        The device, which decides the bits of features.
    num_threads
        Threads of torch, on which they depend, too.
    """

    checkpoint: str
    weights: str
    method: Mapping[str, Any]
    features_code: str
    device_kind: str
    num_threads: int


@dataclass(frozen=True)
class ClustersStage:
    """Clusters the cells of every clip."""

    name: ClassVar[str] = CLUSTERS
    schema: ClassVar[StageSchema] = SCHEMA
    reads: ClassVar[tuple[str, ...]] = SCHEMA.reads
    packages: ClassVar[tuple[str, ...]] = (
        "numpy",
        "opencv-python-headless",
        "pyarrow",
        "safetensors",
        "torch",
    )
    most_rows_per_shard: ClassVar[int] = _ROWS
    config: ClusterConfig
    maker: ClusterMaker

    @property
    def parameters(self) -> dict[str, Any]:
        """The bounds of clusters, and the checkpoint."""
        maker = self.maker
        return {
            "clusters": self.config.model_dump(mode="json", exclude={"checkpoint"}),
            "checkpoint": maker.checkpoint,
            "weights": maker.weights,
            "method": dict(maker.method),
            "features_code": maker.features_code,
            "device_kind": maker.device_kind,
            "num_threads": maker.num_threads,
        }

    def plan(self, inputs: Mapping[str, AcceptedRows]) -> list[RowPlan]:
        """Plan one row per clip."""
        return [
            RowPlan(sample_id=address.sample_id, source_ids=tuple(row["source_ids"]), inputs=(address,))
            for address, row in inputs[CLIPS].accepted(("source_ids",))
        ]

    def notes(self, plan: RowPlan) -> Row:
        """Return nothing: the row is about its clip."""
        return {}

    def foresee(self, plan: RowPlan) -> Row:
        """Return nothing: no stage reads clusters."""
        return {}

    def make_row(self, plan: RowPlan, reader: InputReader) -> Row:
        """Encode every frame of a clip, and cluster the cells of all of them."""
        from shls_core.methods.mask_vos.clip_clusters import clusters_of_frames, features_held

        maker = self.maker
        (clip,) = plan.inputs
        frames = [decode_frame(frame) for frame in reader.row(clip, "frames")["frames"]]
        features = features_held(
            maker.weights, lambda: reader.object(maker.weights), maker.method, maker.device_kind
        )
        found, size = clusters_of_frames(frames, features, self.config, maker.num_threads)
        if not found.shares:
            raise SampleError(NO_OBJECT)
        return {
            "height": found.maps.shape[1],
            "width": found.maps.shape[2],
            "frame_height": size[0],
            "frame_width": size[1],
            "clusters": [encode_map(labels) for labels in found.maps],
            "num_frames": len(frames),
            "num_clusters": len(found.shares),
            "largest_share": max(found.shares),
            "smallest_share": min(found.shares),
            "kept_share": sum(found.shares),
        }
