"""The code that a cluster is given: the four packages as this process has them, a megabyte, no more.

Never a working directory: Ray would upload whatever lies there.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

PACKAGES = ("flows", "tasks", "storage", "shls_core")
_ROOT = Path(__file__).parents[2]
_JOB = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""In which a Ray Job has what it was submitted with; its workers inherit that."""
_WEIGHTS = "*.safetensors"


@contextmanager
def packages_to_ship(with_weights: bool = False) -> Iterator[list[Path]]:
    """Yield copies of the packages, in a folder that is there, and is the current one, inside the block.

    Ray puts the current folder of the process that joins before everything else on the paths of the workers:
    another checkout of the same path on a node would be imported instead of what was shipped. A Ray Job came
    with its code and has nothing to ship; its current folder is the one in which Ray was started.

    Parameters
    ----------
    with_weights
        Whether the checkpoint that comes with the project goes with them, 2.6 MB: workers never need it.
    """
    came_with_code = "py_modules" in submitted_with()
    with tempfile.TemporaryDirectory(prefix="shls-code-") as folder, chdir(folder):
        yield [] if came_with_code else _copies(Path(folder), with_weights)


def _copies(folder: Path, with_weights: bool) -> list[Path]:
    left_out = shutil.ignore_patterns("__pycache__", *([] if with_weights else [_WEIGHTS]))
    copies = [folder / name for name in PACKAGES]
    for copy in copies:
        shutil.copytree(_ROOT / copy.name, copy, ignore=left_out)
    # As in a wheel, whose `flows` has the project's configurations; in a checkout they lie beside it.
    configurations = copies[0] / "configs"
    if not configurations.is_dir():
        shutil.copytree(_ROOT / "configs", configurations)
    return copies


def submitted_with() -> Mapping[str, Any]:
    """Return the runtime environment of the Ray Job that this process is; empty if it is none."""
    given = json.loads(os.environ.get(_JOB) or "{}")
    return given.get("runtime_env") or {}


def runtime_environment(settings: Mapping[str, str], packages: Sequence[Path] = ()) -> dict[str, Any]:
    """Return what Ray makes of a worker's process.

    Parameters
    ----------
    settings
        Environment variables.
    packages
        Folders of the packages to ship.

    A Ray Job has given its workers code and variables already, and Ray refuses to be given one twice.
    """
    inherited = submitted_with()
    kept = inherited.get("env_vars") or {}
    environment: dict[str, Any] = {
        "env_vars": {name: value for name, value in settings.items() if name not in kept}
    }
    if packages:
        environment["py_modules"] = [str(package) for package in packages]
    return environment
