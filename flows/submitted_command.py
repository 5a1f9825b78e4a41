"""A command as it is for another machine: configurations go with it, places are those of the cluster."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from flows.configuration import load_config
from shls_core.errors import InputError
from shls_core.files.places import expanded
from tasks.cluster.submission import SUBMITTED

_WITHOUT_STORE = ("doctor",)


def on_the_cluster(arguments: Sequence[str]) -> tuple[list[str], Mapping[str, str]]:
    """Return a command with the configurations that it needs, which are files of this machine, by name.

    Parameters
    ----------
    arguments
        Of `shls`.

    Raises
    ------
    InputError
        If the command makes no sense as a job, or its store would be a folder of whichever node it runs on.
    ConfigError
        If a configuration cannot be read.
    """
    if arguments[0] == "submit" or arguments[0].startswith("-"):
        raise InputError(f"expected a command of shls to submit, as dataset build, got {arguments[0]!r}")
    _refuse_folder_of_a_node(arguments)
    configurations: dict[str, str] = {}
    given = list(arguments)
    for index, prefix, path in _values(arguments, "--config"):
        if os.path.lexists(expanded(path)):
            name = re.sub(r"[^A-Za-z0-9._-]", "-", Path(path).stem)
            configurations[name] = json.dumps(load_config(path).model_dump(mode="json"), indent=2)
            given[index] = f"{prefix}{SUBMITTED}/{name}"
    return given, configurations


def _refuse_folder_of_a_node(arguments: Sequence[str]) -> None:
    given = [store for _, _, store in _values(arguments, "--store")]
    store = given[-1] if given else os.environ.get("SHLS_STORE")
    if store is None and arguments[0] in _WITHOUT_STORE:
        return
    if store is None or not (store.startswith("s3://") or store.startswith("/")):
        raise InputError(
            "expected --store s3://bucket/prefix, or the whole path of a folder that every node has, got "
            f"{store or 'none'}: a folder of this name would be one of the node on which the job runs"
        )


def _values(arguments: Sequence[str], option: str) -> Iterator[tuple[int, str, str]]:
    """Yield the place of each value of an option, what stands before it there, and the value."""
    for index, argument in enumerate(arguments):
        if argument.startswith(f"{option}="):
            yield index, f"{option}=", argument.removeprefix(f"{option}=")
        elif argument == option and index + 1 < len(arguments):
            yield index + 1, "", arguments[index + 1]
