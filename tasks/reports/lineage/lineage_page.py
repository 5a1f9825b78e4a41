"""The pages of a dataset and of a checkpoint, made from the content of the store."""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.rows.source_kinds import samples_learned_from
from storage.store import Store
from storage.tables.runs_by_artifact import RunsByArtifact
from tasks.reports.comparison import Group
from tasks.reports.lineage.again import (
    Command,
    checkpoint_commands,
    configuration_of,
    dataset_commands,
    environment_facts,
)
from tasks.reports.lineage.checkpoint_lineage import CheckpointLineage, checkpoint_lineage
from tasks.reports.lineage.dataset_lineage import DatasetLineage, dataset_lineage
from tasks.reports.lineage.descendants import Score, Trained, checkpoints_of, compared, scores_of
from tasks.reports.lineage.graph_picture import GraphPicture
from tasks.reports.lineage.lineage_graph import lineage_graph
from tasks.reports.making import Fact
from tasks.reports.page import asset, render_page
from tasks.runs.execution_config import ExecutionConfig


@dataclass(frozen=True)
class Descendants:
    """Checkpoints of a dataset and their scores, as a page shows them.

    Attributes
    ----------
    scores : mapping
        By id of the checkpoint.
    """

    checkpoints: tuple[Trained, ...]
    scores: Mapping[str, tuple[Score, ...]]

    @property
    def all_scores(self) -> tuple[Score, ...]:
        """Scores of all checkpoints; that of two which were joined is there once."""
        every = (score for one in self.checkpoints for score in self.scores[one.id])
        return tuple({score.id: score for score in every}.values())


@dataclass(frozen=True)
class MakingSection:
    """How a thing was made, and how it is made again.

    Attributes
    ----------
    configuration : str or None
        Of the run that made it, YAML; None if the ledger has no such run.
    """

    facts: tuple[Fact, ...]
    commands: tuple[Command, ...]
    configuration: str | None


def dataset_page(store: Store, dataset_id: str) -> bytes:
    """Return the page of a dataset as HTML; the same store gives the same bytes.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
        If a part of it is not in the store, or not as it was written.
    """
    runs = RunsByArtifact(store.ledger.runs())
    dataset = dataset_lineage(store, dataset_id, runs)
    checkpoints = checkpoints_of(store.objects, runs, dataset_id)
    scores = {one.id: scores_of(store.objects, runs, one.id) for one in checkpoints}
    descendants = Descendants(checkpoints, scores)
    return render_page(
        "dataset.html",
        rules=asset("lineage.css"),
        dataset=dataset,
        graphs=_graphs(dataset, descendants),
        descendants=descendants,
        making=_dataset_making(dataset),
    )


def checkpoint_page(store: Store, checkpoint: str, execution: ExecutionConfig) -> bytes:
    """Return the page of a checkpoint, its dataset included, as HTML; the same store gives the same bytes.

    Parameters
    ----------
    store
        Where it is.
    checkpoint
        Its id.
    execution
        Only its folder of training logs is used: the loss curve is read from there.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
        If a part of it or of its dataset is not in the store, or not as it was written.
    InputError
        If the log of its training cannot be read.
    """
    runs = RunsByArtifact(store.ledger.runs())
    lineage = checkpoint_lineage(store, checkpoint, runs, execution)
    dataset = dataset_lineage(store, lineage.record.dataset, runs)
    descendants = Descendants((lineage.trained,), {checkpoint: lineage.scores})
    making = MakingSection(
        environment_facts(lineage.runs, lineage.record.versions, lineage.record.device_kind),
        checkpoint_commands(lineage),
        configuration_of(lineage.runs),
    )
    return render_page(
        "checkpoint.html",
        rules=asset("lineage.css"),
        checkpoint=lineage,
        groups=_compared(lineage),
        dataset=dataset,
        learned_from=dataset.of_samples(_sample_stage(lineage)),
        graphs=_graphs(dataset, descendants),
        making=making,
        dataset_making=_dataset_making(dataset),
    )


def _dataset_making(dataset: DatasetLineage) -> MakingSection:
    return MakingSection(
        environment_facts(dataset.runs, dataset.versions, None),
        dataset_commands(dataset),
        configuration_of(dataset.runs),
    )


def _sample_stage(lineage: CheckpointLineage) -> str:
    return samples_learned_from(lineage.record.model_dump(include={"clip_draw"}))


def _compared(lineage: CheckpointLineage) -> tuple[Group, ...]:
    return tuple(compared(score) for score in lineage.scores if score.jf_mean is not None)


def _graphs(dataset: DatasetLineage, descendants: Descendants) -> tuple[GraphPicture, GraphPicture]:
    return lineage_graph(dataset, descendants.checkpoints, descendants.all_scores)
