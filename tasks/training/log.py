"""The log of a training run: ``metrics.jsonl``, and TensorBoard's events.

Neither is part of a store, and no artifact depends on them: they are for watching a run, and for its curve
afterwards.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from shls_core.errors import InputError, MissingComponent
from shls_core.files.whole_file import make_folder, write_whole
from storage.canonical import short
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.course import Course
from tasks.training.metrics import VALIDATION, Observer, Row

METRICS_FILE = "metrics.jsonl"


def log_folder(execution: ExecutionConfig, store: str, key: str) -> Path:
    """Return where a run is logged: in a folder under the configured one, or beside the store."""
    return runs_folder(execution, store) / f"train-{short(key)}"


def runs_folder(execution: ExecutionConfig, store: str) -> Path:
    """Return the folder for logs and pages of runs: the configured one, or one beside the store."""
    beside = Path() if store.startswith("s3://") else Path(store).parent
    return Path(execution.log_dir or beside / "runs")


@contextmanager
def training_log(folder: Path, course: Course, with_tensorboard: bool) -> Iterator[Sequence[Observer]]:
    """Return the observers that write the rows of a run, begun or resumed, into a folder.

    Raises
    ------
    InputError
        If nothing can be written there.
    MissingComponent
        If TensorBoard's events are requested, and it is not installed.
    """
    with ExitStack() as stack:
        observers = [stack.enter_context(_tensorboard(folder, course.step))] if with_tensorboard else []
        yield [*observers, stack.enter_context(_metrics_file(folder, course))]


@contextmanager
def _metrics_file(folder: Path, course: Course) -> Iterator[Observer]:
    path = folder / METRICS_FILE
    try:
        make_folder(folder)
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
        write_whole(path, "".join(line for line in lines if _is_kept(line, course)).encode())
        file = path.open("a", encoding="utf-8", buffering=1)
    except (OSError, InputError) as error:
        what = (error.strerror if isinstance(error, OSError) else None) or error
        raise InputError(
            f"expected to write metrics to {path}: {what}; --log-dir takes another folder"
        ) from error
    with file:
        yield lambda row: print(json.dumps(row), file=file)


def read_losses(folder: Path) -> list[float]:
    """Return the loss of every step that is logged in a folder, in order; an empty list without a log.

    Raises
    ------
    InputError
        If there is a log that cannot be read.
    """
    path = folder / METRICS_FILE
    if not path.is_file():
        return []
    try:
        rows: list[Row] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise InputError(
            f"expected figures of a training, a JSON object a line, in {path}: {error}"
        ) from error
    return [row["loss"] for row in rows if "loss" in row]


def _is_kept(line: str, course: Course) -> bool:
    """Return whether a line of the log is of a step that the resumed run does not repeat."""
    try:
        row: Row = json.loads(line)
    except ValueError:  # the last one of a run that was killed while it wrote
        return False
    validated = course.validations[-1].step if course.validations else 0
    return row["step"] <= (validated if VALIDATION in row else course.step)


@contextmanager
def _tensorboard(folder: Path, first_step: int) -> Iterator[Observer]:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingComponent(
            "expected tensorboard, which --tensorboard writes for; install it with: pip install tensorboard"
        ) from error

    writer = SummaryWriter(str(folder), purge_step=first_step + 1)

    def observe(row: Row) -> None:
        for name, value in row.items():
            if name != "step":
                writer.add_scalar(name, value, int(row["step"]))

    try:
        yield observe
    finally:
        writer.close()
