"""Everything a page shows of one checkpoint besides its dataset: settings, curves, scores, its runs."""

import math
from dataclasses import dataclass
from pathlib import Path

import yaml

from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.store import Store
from storage.tables.runs_by_artifact import RunsByArtifact
from tasks.reports.charts import CurveChart
from tasks.reports.lineage.descendants import HELD_OUT, Score, Trained, scores_of
from tasks.reports.lineage.past_run import PastRun, past_runs
from tasks.reports.lineage.step_charts import loss_chart, validation_chart
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.log import log_folder, read_losses


@dataclass(frozen=True)
class CheckpointLineage:
    """One checkpoint.

    Attributes
    ----------
    charts : tuple of CurveChart
        Of the loss if the log of the training is available, and of validation if there was one.
    has_log : bool
        Whether the log is available.
    configuration : str
        YAML.
    scores : tuple of Score
        Its scores on videos, held-out ones first.
    runs : tuple of PastRun
        The first one made it, the others reused it.
    """

    trained: Trained
    charts: tuple[CurveChart, ...]
    has_log: bool
    configuration: str
    scores: tuple[Score, ...]
    runs: tuple[PastRun, ...]

    @property
    def id(self) -> str:
        """Id of the checkpoint."""
        return self.trained.id

    @property
    def record(self) -> CheckpointRecord:
        """Its record."""
        return self.trained.record

    @property
    def headline(self) -> Score | None:
        """The score at the top of its page: the newest on held-out sequences, else the last in `scores`.

        A score of it and another checkpoint together is not its own.
        """
        own = [score for score in self.scores if score.joined_with is None]
        scored = [score for score in own if score.jf_mean is not None]
        held_out = [score for score in scored if score.kind == HELD_OUT]
        return next(reversed(held_out or scored), None)


def checkpoint_lineage(
    store: Store, checkpoint: str, runs: RunsByArtifact, execution: ExecutionConfig
) -> CheckpointLineage:
    """Read what the page of a checkpoint shows.

    Parameters
    ----------
    store
        Where its record is.
    checkpoint
        Its id.
    runs
        The runs of the store.
    execution
        Only its folder of training logs is used.
    """
    record = get_record(store.objects, checkpoint, CheckpointRecord)
    losses = _losses(record, log_folder(execution, store.location, record.key))
    num_steps = max(len(losses), record.configuration["training"]["steps"])
    charts = [loss_chart(losses)] if losses else []
    if record.validations:
        charts.append(validation_chart(record.validations, num_steps, record.step))
    return CheckpointLineage(
        trained=Trained(checkpoint, record),
        charts=tuple(charts),
        has_log=bool(losses),
        configuration=yaml.safe_dump(record.configuration, allow_unicode=True),
        scores=scores_of(store.objects, runs, checkpoint),
        runs=past_runs(runs.with_output(checkpoint)),
    )


def _losses(record: CheckpointRecord, folder: Path) -> list[float]:
    """Return the losses logged in a folder if they are those of a checkpoint, else none.

    The record has the mean loss of the last tenth of the steps: a log that is cut short, or was overwritten
    by another run, has another mean.
    """
    losses = read_losses(folder)
    last = losses[-max(1, len(losses) // 10) :]
    is_its = bool(last) and math.isclose(sum(last) / len(last), record.final_loss, rel_tol=1e-9)
    return losses if is_its else []
