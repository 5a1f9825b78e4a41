"""How the work is divided, and where it is done."""

from collections.abc import Mapping
from typing import Literal

from pydantic import ByteSize, Field, field_validator, model_validator

from shls_core.frozen import FrozenConfig
from storage.rows.stage_names import CLUSTERS, OF_STILLS, OF_VIDEOS
from tasks.runs.worker_range import WorkerCount, worker_range

Backend = Literal["serial", "ray"]
EVALUATE = "evaluate"
"""What is no stage and has workers, too: the videos of a benchmark."""
_WITH_WORKERS = (*OF_STILLS, *OF_VIDEOS, EVALUATE)
_ON_A_GPU = (CLUSTERS, EVALUATE)
LONGEST_SHARD_SECONDS = 3 * 3600.0
"""On Ray workers, where the configuration has no limit."""


class StagingConfig(FrozenConfig):
    """How the rows of a stage are drawn, grouped and judged."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    """Seed of the dataset: of crops, of the choice of pasted objects, of every recipe."""
    rows_per_shard: int = Field(default=64, ge=1)
    """Rows that a shard holds on average at most. The shard is the unit of work, progress and retry."""
    max_rejected_share: float = Field(default=0.5, ge=0, le=1)
    """Share of the rows of a stage that may be rejected before the run fails."""


class StageResources(FrozenConfig):
    """What each worker of a stage reserves: Ray places no more workers on a machine than it has room for."""

    cpus: float = Field(default=1, gt=0, le=1024)
    """Cores. The work itself has one thread; more leave cores free for what a decoder starts."""
    memory: ByteSize | None = Field(default=None, gt=0)
    """Memory, in bytes or as text: ``8GB``, ``512MiB``. Ray counts with it, and enforces nothing. By
    default none is reserved."""
    gpus: float = Field(default=0, ge=0, le=64)
    """GPUs: a share below 1, or whole ones. By default one where networks run on a GPU, else none."""

    @model_validator(mode="after")
    def _gpus_are_whole(self) -> "StageResources":
        if self.gpus > 1 and self.gpus != int(self.gpus):
            raise ValueError(f"expected a share of a GPU up to 1 or whole GPUs, got {self.gpus:g}")
        return self


class ExecutionConfig(FrozenConfig):
    """Where the work is done; nothing here changes a byte of a dataset."""

    backend: Backend = "ray"
    """``serial``: one shard after another in this process. ``ray``: workers, each with a shard at a time."""
    workers: WorkerCount = 2
    """Ray workers: ``N``, or ``MIN..MAX`` on a cluster that grows. A cluster with less room has fewer: of
    ``N``, work begins with the first; of ``MIN..MAX``, when MIN are up. Others join as they come."""
    stages: Mapping[str, StageResources] = Field(default_factory=dict)
    """What each worker of a stage reserves on Ray, by the name of the stage; ``evaluate``: of a benchmark."""
    job_timeout_seconds: float | None = Field(default=None, gt=0, le=1e7)
    """Longest time for one shard, all attempts together: a decoder that hangs ends the run with an error that
    names the row it was at work on. By default three hours on Ray workers. ``serial`` works in this process,
    in which nothing that hangs can be ended, and has no limit; with a value, it works in a process of its
    own."""
    rehash: bool = False
    """Whether every photograph and video is read to plan a build, also those that the index of the store
    knows as unchanged by their size and their time of change, or their ETag."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where networks run; ``auto``: on a GPU if there is one. Its kind is part of a checkpoint's identity."""
    training_workers: WorkerCount = 1
    """Workers that a training shares its batches with, each on a GPU of its own where there are some: at most
    ``training.shares``. Of ``N``, training begins with those that Ray has room for; of ``MIN..MAX``, when
    there are MIN; others join as they come. 1: in this process. The weights do not depend on it."""
    save_every: int = Field(default=200, ge=1)
    """Training steps between two saved states, from which an interrupted run resumes, and one that lost a
    worker."""
    log_dir: str | None = None
    """Folder for the metrics of training runs, one folder each; by default ``runs`` beside the store (for a
    store in a bucket: in the working directory)."""
    tensorboard: bool = False
    """Whether metrics are written for TensorBoard, too."""

    @field_validator("stages")
    @classmethod
    def _stages_are_known(cls, stages: Mapping[str, StageResources]) -> Mapping[str, StageResources]:
        for name, resources in stages.items():
            if name not in _WITH_WORKERS:
                raise ValueError(f"expected one of {', '.join(_WITH_WORKERS)}, got {name!r}")
            if resources.gpus and name not in _ON_A_GPU:
                raise ValueError(
                    f"expected no GPU for {name}, which computes on the CPU, detectors included, so that its "
                    f"rows are the same on every machine; got gpus: {resources.gpus:g}"
                )
        return stages

    @property
    def most_workers(self) -> int:
        """Ray workers at most."""
        return worker_range(self.workers).most

    def resources(self, stage: str, on_gpu: bool = False) -> StageResources:
        """Return what each worker of a stage reserves.

        Parameters
        ----------
        stage
            Its name, or ``evaluate``.
        on_gpu
            Whether its networks run on a GPU: then it has one if the configuration does not say how many.
        """
        given = self.stages.get(stage, StageResources())
        return given.model_copy(update={"gpus": 1.0}) if on_gpu and not given.gpus else given
