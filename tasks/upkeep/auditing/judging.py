"""What a difference between then and now proves: nothing, if code, packages or the machine changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage.kinds import RunKind
from storage.tables.append_only import Row
from tasks.runs.platform_kind import platform_kind
from tasks.staging.replay import Status


@dataclass(frozen=True)
class Again:
    """Something of a dataset that was made again."""

    dataset: str
    stage: str
    what: str
    """``row 3fa9c1…`` or ``shard 3fa9c1…``."""
    path: str
    """The path, in the store, of the shard that it is or belongs to."""
    differing: tuple[str, ...] = ()
    """What differs from the stored bytes."""
    changed_since: tuple[str, ...] = ()
    """Why it might differ, or could not be made again."""

    @property
    def status(self) -> Status:
        """Whether it agrees; if it does not, whether it had to."""
        if not self.differing:
            return "identical"
        return "not comparable" if self.changed_since else "different"

    def __str__(self) -> str:
        reasons = self.changed_since if self.status == "not comparable" else self.differing
        return f"{self.what} of {self.stage}: {', '.join(reasons)}"


def other_platforms(runs: Sequence[Row], dataset: str) -> tuple[str, ...]:
    """Return on which other kinds of machine rows of a dataset may have been made, in words.

    Rows are copied from the datasets before it, so all builds up to the last one that gave it count.
    """
    builds = [run for run in runs if run["kind"] == RunKind.DATASET]
    giving = [place for place, run in enumerate(builds, 1) if dataset in run["outputs"]]
    platforms = [_platforms(json.loads(run["details"])) for run in builds[: max(giving, default=0)]]
    here = platform_kind()
    if not platforms or not all(platforms):
        return ("no record of the kind of machine then",)
    others = set[str]().union(*platforms) - {here}
    return tuple(f"made on {platform}, now on {here}" for platform in sorted(others))


def _platforms(details: Mapping[str, Any]) -> set[str]:
    """Return the kinds of machine that a build used: its own, or those of a cluster; none if unknown."""
    if here := details.get("platform"):
        return {here}
    return {one["platform"] for one in details.get("workers", ())}
