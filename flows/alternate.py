"""Alternate: rounds of clustering with the newest checkpoint and training on these clusters."""

from prefect import flow
from pydantic import BaseModel, ConfigDict

from flows.configuration import PipelineConfig, load_config
from flows.regenerate import regenerate
from flows.train import train
from shls_core.errors import ConfigError
from shls_core.methods.registry import method_named
from shls_core.training.source import CLIPS
from storage.canonical import short
from storage.kinds import RecordKind, RunKind
from storage.references import resolve
from storage.rows.stage_names import CLUSTERS
from storage.store import Store
from tasks.runs.outcomes import DatasetOutcome, TrainingOutcome
from tasks.runs.recorded_run import composed_run
from tasks.terminal import print_line


class Round(BaseModel):
    """One round: clusters made with the checkpoint before, and the checkpoint that learned from them."""

    model_config = ConfigDict(frozen=True)

    number: int
    """From 1."""
    starts_from: str
    """Id of the checkpoint before."""
    dataset: DatasetOutcome
    training: TrainingOutcome


class AlternateOutcome(BaseModel):
    """The rounds, in their order."""

    model_config = ConfigDict(frozen=True)

    rounds: tuple[Round, ...]

    @property
    def checkpoint(self) -> str:
        """Id of the last checkpoint."""
        return self.rounds[-1].training.checkpoint


@flow
def alternate(
    config: PipelineConfig | str, store: str = "store", allow_withdrawn: bool = False
) -> AlternateOutcome:
    """Cluster clips with a checkpoint, train on the clusters from its weights, and so on.

    Every round is a dataset of its own, published as ``NAME_round_1`` and so on, and a checkpoint. So rounds
    that are done are reused: run again after an interruption, this goes on, and gives the same ids.

    Parameters
    ----------
    config
        A configuration, or the path of a configuration file. Its ``starts_from`` is the checkpoint before the
        first round, its ``training.steps`` are those of a round.
    store
        Folder of the store, or ``s3://bucket/prefix``.
    allow_withdrawn
        As for `train`.

    Raises
    ------
    ConfigError
        If the configuration names no checkpoint to start from, or does not learn from clusters of clips.
    """
    chosen = load_config(config)
    opened = Store.open(store)
    newest = resolve(opened, _start(chosen), RecordKind.CHECKPOINT)
    rounds: list[Round] = []
    # One job for garbage collection: nothing is removed between one round and the next.
    with composed_run(opened, RunKind.ALTERNATE, chosen.model_dump(mode="json"), seed=None):
        for number in range(1, chosen.rounds + 1):
            print_line(f"{'round':<12} {number} of {chosen.rounds}, from checkpoint {short(newest)}")
            of_round = config_of_round(chosen, number, newest)
            dataset = regenerate(of_round, store)
            training = train(of_round, store, dataset.dataset, allow_withdrawn)
            rounds.append(Round(number=number, starts_from=newest, dataset=dataset, training=training))
            newest = training.checkpoint
    return AlternateOutcome(rounds=tuple(rounds))


def config_of_round(config: PipelineConfig, number: int, checkpoint: str) -> PipelineConfig:
    """Return the configuration of a round: it clusters with a checkpoint, and starts from its weights."""
    clusters = config.clusters.model_copy(update={"checkpoint": checkpoint})
    changes = {"name": f"{config.name}_round_{number}", "clusters": clusters, "starts_from": checkpoint}
    return config.model_copy(update=changes)


def _start(config: PipelineConfig) -> str:
    """Return the checkpoint before the first round; refuse a configuration that cannot have rounds."""
    columns = method_named(config.method.name).columns(config.method)
    if config.source != CLIPS or CLUSTERS not in columns:
        raise ConfigError(
            "expected source: clips and a method that learns from clusters, as in --config mask_vos_clips, "
            f"got source: {config.source} and method {config.method.name}"
        )
    if config.starts_from is None:
        raise ConfigError(
            "expected starts_from, the checkpoint that the first round clusters with, got none; "
            "`shls train --config dul_clips` makes one"
        )
    return config.starts_from
