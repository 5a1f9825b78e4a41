"""Which runs made a record, as the ledger tells it."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from storage.tables.append_only import Row


class Maker(NamedTuple):
    """A run that made an artifact, or found it made."""

    place: int
    """Of its entry in the chain; 1 is the first."""
    run: Row


class Makers:
    """The runs of a ledger, by what they made."""

    def __init__(self, runs: Sequence[Row]) -> None:
        self._by_output: dict[str, list[Maker]] = {}
        for place, run in enumerate(runs, 1):
            for output in run["outputs"]:
                self._by_output.setdefault(output, []).append(Maker(place, run))

    def of(self, digest: str, kinds: Collection[str]) -> list[Maker]:
        """Return the runs of some kinds that have an artifact among their outputs, oldest first."""
        return [maker for maker in self._by_output.get(digest, ()) if maker.run["kind"] in kinds]


MADE_BY: Mapping[str, tuple[str, ...]] = {
    "checkpoint": ("train", "import"),
    "evaluation": ("evaluate",),
    "benchmark": ("benchmark",),
    "submission": ("submission",),
}
"""The kinds of run that make a record, by its kind."""
