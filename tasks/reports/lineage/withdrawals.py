"""Photographs of a dataset that were withdrawn: nobody is to use them, and its page says so at the top."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.append_only import Row


@dataclass(frozen=True)
class WithdrawnPhotograph:
    """One photograph, why it was withdrawn, and when (UTC, for people)."""

    image_id: str
    file_name: str
    reason: str
    when: str


def withdrawn_photographs(
    runs: Sequence[Row], file_names: Mapping[str, str | None]
) -> tuple[WithdrawnPhotograph, ...]:
    """Return which of some photographs are withdrawn now, in the order of the ledger.

    Parameters
    ----------
    runs
        The entries of the ledger, oldest first: completed runs of kind ``withdraw`` name photographs in their
        inputs, later ones of kind ``reinstate`` take them back.
    file_names
        Of the photographs to look for, by id.
    """
    denied: dict[str, WithdrawnPhotograph] = {}
    for run in runs:
        if run["status"] != "completed" or run["kind"] not in ("withdraw", "reinstate"):
            continue
        for image_id in run["inputs"]:
            if run["kind"] == "reinstate":
                denied.pop(image_id, None)
            elif image_id in file_names:
                reason, when = json.loads(run["details"])["reason"], run["started_at"][:10]
                name = file_names[image_id] or image_id[:12]
                denied.setdefault(image_id, WithdrawnPhotograph(image_id, name, reason, when))
    return tuple(denied.values())
