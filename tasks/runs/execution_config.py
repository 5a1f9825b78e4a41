"""How the work is divided, and where it is done."""

from typing import Literal

from pydantic import Field

from shls_core.frozen import FrozenConfig
from tasks.runs.worker_range import WorkerCount

Backend = Literal["serial", "ray"]
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


class ExecutionConfig(FrozenConfig):
    """Where the work is done; nothing here changes a byte of a dataset."""

    backend: Backend = "ray"
    """``serial``: one shard after another in this process. ``ray``: workers, each with a shard at a time."""
    workers: int = Field(default=2, ge=1, le=10_000)
    """Ray workers."""
    job_timeout_seconds: float | None = Field(default=None, gt=0, le=1e7)
    """Longest time for one shard, all attempts together: a decoder that hangs ends the run with an error that
    names the row it was at work on. By default three hours on Ray workers. ``serial`` works in this process,
    in which nothing that hangs can be ended, and has no limit; with a value, it works in a process of its
    own."""
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
