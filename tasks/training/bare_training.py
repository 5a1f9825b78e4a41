"""Training on a machine with a GPU and little else: no Prefect, no Ray, no Delta Lake, no ledger.

::

    shls dataset export photos --format training --out FOLDER      # where the store is
    python -m tasks.training.bare_training FOLDER --out RESULT               # where the GPU is
    shls checkpoint import RESULT                                   # where the store is

The same machine gives the same checkpoint as `shls train`. After Ctrl-C, SIGTERM or a power cut, the same
command resumes the training.
"""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from obstore.store import LocalStore

from shls_core.errors import InputError, ShlsError
from shls_core.files.whole_file import make_folder
from shls_core.foreign_text import shown
from storage.canonical import digest_json, short
from storage.objects.objects import ObjectStore
from storage.objects.training_states import TrainingStates
from storage.records.manifests import record_id
from storage.verification.problems import about_object
from storage.verification.survey import survey_objects
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.course import Course
from tasks.training.learn import facts_of, learn
from tasks.training.learning_config import LearningConfig
from tasks.training.log import training_log
from tasks.training.metrics import VALIDATION, Observer, Row
from tasks.training.order import STORE_FOLDER, read_order
from tasks.training.trained_folder import is_trained, write_trained

_LINE_STEPS = 50


def train_exported(folder: Path, out: Path, execution: ExecutionConfig) -> str:
    """Train what an exported folder describes, write the checkpoint into another one, and return its id.

    Raises
    ------
    InputError
        If there is nothing to train in the folder, or something else in `out`, or the dataset has nothing of
        the source that is learned from.
    ObjectMissing, ObjectCorrupted
        If the dataset is damaged.
    TrainingDiverged
    """
    order = read_order(folder)
    objects = ObjectStore(LocalStore(prefix=folder / STORE_FOLDER))
    used = order.learning.datasets(order.dataset)
    for kind, digest, what in survey_objects(objects, used, with_rows=False).faults:
        raise about_object(kind, digest, f"dataset {short(order.dataset)}…", what).error()
    facts = facts_of(order.dataset, order.learning, execution)
    try:
        make_folder(out)
    except OSError as error:
        raise InputError(f"expected a folder to write to at {out}: {error.strerror}") from error
    if (done := is_trained(out, facts)) is not None:
        return done
    states = TrainingStates(LocalStore(prefix=out), order.dataset, digest_json(facts))

    @contextmanager
    def observers(course: Course) -> Iterator[Sequence[Observer]]:
        if course.step:
            _print_line(f"resumes after step {course.step}")
        with training_log(out, course, execution.tensorboard) as log:
            yield [*log, _lines(order.learning)]

    learned = learn(objects, facts, order.learning, execution, states, observers)
    write_trained(out, learned)
    states.discard()
    return record_id(learned.record)


def _lines(learning: LearningConfig) -> Observer:
    def observe(row: Row) -> None:
        if VALIDATION in row:
            _print_line(f"step {row['step']}: J&F {100 * row[VALIDATION]:.1f} in validation")
        elif row["step"] % _LINE_STEPS == 0:
            speed = row["samples_per_second"]
            done = f"step {row['step']} of {learning.training.steps}"
            _print_line(f"{done}: loss {row['loss']:.3f}, {speed:.1f} samples/s")

    return observe


def _print_line(line: str) -> None:
    print(f"train: {shown(line)}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; see the top of this module."""
    parser = argparse.ArgumentParser(
        prog="python -m tasks.training.bare_training", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="folder that `shls dataset export --format training` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--save-every", type=int, default=200, help="steps between two saved states")
    parser.add_argument("--tensorboard", action="store_true", help="write metrics for TensorBoard, too")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        execution = ExecutionConfig(
            device=given.device, save_every=given.save_every, tensorboard=given.tensorboard
        )
        print(train_exported(given.folder, given.out, execution))
    except (ShlsError, ValueError) as error:
        print(f"error: {shown(' '.join(str(error).split()))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted; the same command resumes", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
