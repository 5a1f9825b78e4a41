"""What a lost event left undone: a published dataset nobody trained on, a checkpoint nobody scored.

An event is lost if the run dies between publishing and emitting, or if the server is away for longer than the
run waits for it. Emitting it again is safe: training and evaluation reuse what exists.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from pydantic import ValidationError

from flows.configuration import PipelineConfig
from flows.pipeline import source_is_scored
from flows.schedule.chain import emit_published, emit_trained
from storage.kinds import RunKind
from storage.store import Store
from storage.tables.append_only import Row
from tasks.runs.outcomes import Outcome
from tasks.terminal import print_line

_ENDED = frozenset({StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED})
_LOOKED_AT = 200
"""Newest runs of a flow that are looked at."""
_DECIDING = ("method", "training", "source", "validation_dataset")
"""Sections of a configuration by which a training is recognised; where it ran does not matter."""

Missed = Literal["training", "evaluation"]


class CaughtUp(Outcome):
    """The result of catching up."""

    dataset: str | None
    """The newest of the configuration's name; None if there is none."""
    missed: Missed | None
    """What was started; None: nothing was missed, or it is under way."""


def catch_up_now(
    configuration: PipelineConfig, config: str, changes: Mapping[str, Any], store: str
) -> CaughtUp:
    """Emit the event that the newest dataset of a name, or its checkpoint, still waits for.

    Parameters
    ----------
    configuration
        What `config` and `changes` mean.
    config, changes, store
        As the events carry them.
    """
    opened = Store.open(store)
    dataset = opened.names.resolve(configuration.name)
    if dataset is None:
        return _outcome(None, None)
    runs = opened.ledger.runs()
    trained = _trained_on(runs, dataset, configuration)
    if trained is None:
        if _is_asked_for("train", {"dataset": dataset}, only_open=True):
            return _outcome(dataset, None)
        emit_published(dataset, _name_of(opened, configuration.name), config, changes, store)
        return _outcome(dataset, "training")
    if not source_is_scored(configuration, opened) or _is_scored(runs, trained):
        return _outcome(dataset, None)
    if _is_asked_for("evaluate", {"checkpoint": trained}, only_open=True):
        return _outcome(dataset, None)
    emit_trained(trained, dataset, store)
    return _outcome(dataset, "evaluation")


def nobody_was_asked_to_train(store: Store, dataset: str) -> bool:
    """Return whether no training on a dataset ever began or waits: the event of its publication was lost."""
    began = any(run["kind"] == RunKind.TRAIN and dataset in run["inputs"] for run in store.ledger.runs())
    return not began and not _is_asked_for("train", {"dataset": dataset}, only_open=False)


def _outcome(dataset: str | None, missed: Missed | None) -> CaughtUp:
    what = {None: "nothing was missed", "training": "training", "evaluation": "evaluation"}[missed]
    print_line(f"{'catch up':<12} {what}{' is started' if missed else ''}")
    return CaughtUp(dataset=dataset, missed=missed)


def _name_of(store: Store, name: str) -> str:
    version = max(row["version"] for row in store.names.rows() if row["name"] == name)
    return f"{name}@v{version}"


def _trained_on(runs: Sequence[Row], dataset: str, configuration: PipelineConfig) -> str | None:
    """Return the checkpoint that was last trained on a dataset as a configuration says, if any was."""
    for run in reversed(runs):
        if run["kind"] == RunKind.TRAIN and run["status"] == "completed" and dataset in run["inputs"]:
            with suppress(ValidationError):  # of another release
                given = PipelineConfig.model_validate_json(run["configuration"])
                if all(getattr(given, key) == getattr(configuration, key) for key in _DECIDING):
                    return str(run["outputs"][0])
    return None


def _is_scored(runs: Sequence[Row], checkpoint: str) -> bool:
    return any(
        run["kind"] == RunKind.EVALUATE and run["status"] == "completed" and checkpoint in run["inputs"]
        for run in runs
    )


def _is_asked_for(flow: str, parameters: Mapping[str, Any], only_open: bool) -> bool:
    """Return whether the server knows a run of a flow with these parameters; `only_open`: one not ended."""
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_filter=FlowFilter.model_validate({"name": {"any_": [flow]}}),
            flow_run_filter=FlowRunFilter.model_validate({"deployment_id": {"is_null_": False}}),
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            limit=_LOOKED_AT,
        )
    return any(
        parameters.items() <= run.parameters.items() and not (only_open and run.state_type in _ENDED)
        for run in runs
    )
