"""Results as JSON, whose keys are a contract, and as tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table

from storage.canonical import short
from tasks.runs.outcomes import DatasetOutcome, EvaluationOutcome, ReproductionOutcome, TrainingOutcome
from tasks.terminal import Terminal

if TYPE_CHECKING:
    from flows.alternate import AlternateOutcome

_SHOWN_SCORES = ("J&F-Mean", "J-Mean", "F-Mean")


def dataset_json(outcome: DatasetOutcome) -> dict[str, Any]:
    """Return what ``shls dataset build --json`` prints."""
    return outcome.model_dump(mode="json")


def training_json(outcome: TrainingOutcome) -> dict[str, Any]:
    """Return what ``shls train --json`` prints."""
    return outcome.model_dump(mode="json")


def reproduction_json(outcome: ReproductionOutcome) -> dict[str, Any]:
    """Return what ``shls train --reproduce --json`` prints."""
    return outcome.model_dump(mode="json")


def evaluation_json(outcome: EvaluationOutcome) -> dict[str, Any]:
    """Return what ``shls evaluate --json`` prints."""
    return {
        "evaluation": {
            "id": outcome.evaluation,
            "status": outcome.status,
            "num_sequences": outcome.num_sequences,
            "num_frames": outcome.num_frames,
            "seconds": outcome.seconds,
            **outcome.scores,
        },
        "baselines": {"copy_first_mask": outcome.copy_first_mask, "untrained": outcome.untrained},
    }


def pipeline_json(
    dataset: DatasetOutcome, training: TrainingOutcome, evaluation: EvaluationOutcome | None
) -> dict[str, Any]:
    """Return what ``shls run --json`` prints; ``evaluation`` is null where nothing could be scored."""
    trained = training_json(training)
    return {
        **dataset_json(dataset),
        "checkpoint": trained.pop("checkpoint"),
        "training": trained,
        **(evaluation_json(evaluation) if evaluation else {"evaluation": None, "baselines": None}),
    }


def alternate_json(outcome: "AlternateOutcome") -> dict[str, Any]:
    """Return what ``shls alternate --json`` prints."""
    return {"checkpoint": outcome.checkpoint, **outcome.model_dump(mode="json")}


def show_rounds(outcome: "AlternateOutcome") -> None:
    """Print the datasets and checkpoints of all rounds."""
    table = Table("round", "starts from", "dataset", "", "clips", "checkpoint", "", title="rounds")
    table.add_column("loss", justify="right")
    for one in outcome.rounds:
        clusters, training = one.dataset.stages[-1], one.training
        table.add_row(
            str(one.number),
            short(one.starts_from),
            one.dataset.name,
            clusters.status,
            str(clusters.rows - clusters.rejected),
            short(training.checkpoint),
            training.status,
            f"{training.final_loss:.3f}",
        )
    Terminal().print(table)


def show_dataset(outcome: DatasetOutcome) -> None:
    """Print a published dataset and its stages."""
    table = Table("stage", "status", title=f"dataset {outcome.name}  {short(outcome.dataset)}")
    for column in ("rows", "computed", "rejected", "shards", "seconds"):
        table.add_column(column, justify="right")
    for stage in outcome.stages:
        figures = (stage.rows, stage.rows_computed, stage.rejected, stage.shards)
        table.add_row(stage.name, stage.status, *map(str, figures), f"{stage.seconds:.1f}")
    Terminal().print(table)


def show_training(outcome: TrainingOutcome) -> None:
    """Print the result of a training."""
    Terminal(highlight=False, soft_wrap=True).print(
        f"checkpoint {short(outcome.checkpoint)}  {outcome.status}, {outcome.steps} steps, "
        f"final loss {outcome.final_loss:.3f}, {outcome.seconds:.1f} s{_validated(outcome)}"
    )


def show_reproduction(outcome: ReproductionOutcome) -> None:
    """Print whether a checkpoint was reproduced, or why it cannot be compared."""
    console = Terminal(highlight=False)
    console.print(f"checkpoint {short(outcome.checkpoint)}  {outcome.verdict}, {outcome.seconds:.1f} s")
    if outcome.weights_again:
        console.print(f"weights {short(outcome.weights)} then, {short(outcome.weights_again)} now")
    if outcome.differences:
        table = Table("what", "then", "now")
        for name, (then, now) in outcome.differences.items():
            table.add_row(name, then[:40], now[:40])
        console.print(table)


def show_evaluation(outcome: EvaluationOutcome) -> None:
    """Print the scores and those of the baselines, in per cent."""
    title = f"{outcome.num_sequences} held-out sequences, {outcome.num_frames} scored frames"
    table = Table("method", title=title)
    for column in _SHOWN_SCORES:
        table.add_column(column.removesuffix("-Mean"), justify="right")
    rows: Mapping[str, Mapping[str, float]] = {
        "trained": outcome.scores,
        "the same network, untrained": outcome.untrained,
        "copy the first mask": outcome.copy_first_mask,
    }
    for name, scores in rows.items():
        table.add_row(name, *(f"{100 * scores[column]:.1f}" for column in _SHOWN_SCORES))
    Terminal().print(table)


def _validated(outcome: TrainingOutcome) -> str:
    """Return the validation score of the weights that were kept, if they were validated."""
    if outcome.step not in outcome.validations:
        return ""
    return f"; J&F {100 * outcome.validations[outcome.step]:.1f} in validation after step {outcome.step}"
