"""The input of a bare machine that trains: a folder with a dataset in ``store/``, and ``training.json``."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from shls_core.errors import InputError
from shls_core.files.foreign_file import read_regular
from shls_core.files.foreign_json import strict_json
from shls_core.frozen import first_problem
from storage.canonical import canonical_json
from tasks.training.learning_config import LearningConfig

STORE_FOLDER = "store"
_FILE = "training.json"


class TrainingOrder(BaseModel):
    """The content of ``training.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    """Id of the dataset."""
    learning: LearningConfig
    """What to learn from it."""


def write_order(folder: Path, order: TrainingOrder) -> None:
    """Write what is to be trained into a folder."""
    (folder / _FILE).write_bytes(canonical_json(order.model_dump(mode="json")))


def read_order(folder: Path) -> TrainingOrder:
    """Read what is to be trained from a folder.

    Raises
    ------
    InputError
        If it has no valid ``training.json``.
    """
    path = folder / _FILE
    try:
        data = read_regular(path)
        strict_json(data)
        return TrainingOrder.model_validate_json(data)
    except OSError as error:
        raise InputError(
            f"expected {path}, which `shls dataset export --format training` writes: {error.strerror}"
        ) from error
    except ValueError as error:
        what = first_problem(error) if isinstance(error, ValidationError) else error
        raise InputError(f"expected what to train in {path}, got {what}") from error
