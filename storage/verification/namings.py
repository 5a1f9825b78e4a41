"""Check the names table against what entries of the ledger recorded of it: number and digest of its rows."""

from collections.abc import Iterator, Sequence

from storage.tables.append_only import Row
from storage.tables.naming_chain import chain
from storage.verification.problems import WITNESS, Problem


def changed_namings(runs: Sequence[Row], namings: Sequence[Row]) -> list[Problem]:
    """Return the rows of the names table that are not what they were when a run recorded them.

    Parameters
    ----------
    runs
        All of the ledger, oldest first; entries from before namings were recorded are passed over.
    namings
        All rows of the names table, read after the ledger.
    """
    return list(_problems(runs, chain(namings), namings))


def unwitnessed(runs: Sequence[Row], namings: Sequence[Row]) -> int:
    """Return the number of the last rows of the names table that no entry of the ledger covers."""
    return max(0, len(namings) - max((run["namings"] or 0 for run in runs), default=0))


def _problems(runs: Sequence[Row], digests: Sequence[str], namings: Sequence[Row]) -> Iterator[Problem]:
    as_they_were = 0
    has_recorded = False
    for run in runs:
        number, digest = run["namings"], run["namings_digest"]
        if number is None or digest is None:
            if has_recorded:
                yield _about(f"run {run['run_id']}", "it recorded no namings, as the runs before it did")
            continue
        has_recorded = True
        if number < len(digests) and digests[number] == digest:
            as_they_were = max(as_they_were, number)
            continue
        if number >= len(digests):
            what = f"run {run['run_id']} saw {number} rows, {len(namings)} are there"
        else:
            what = f"run {run['run_id']} saw other rows"
        yield _about(_which(namings, as_they_were, number), what)
        return  # every later run saw them, too


def _which(namings: Sequence[Row], first: int, last: int) -> str:
    """Return the names that are given in the rows after `first` up to `last`."""
    names = [f"{row['name']}@v{row['version']}" for row in namings[first:last]]
    return ", ".join(dict.fromkeys(names)) or "names that are not there any more"


def _about(part_of: str, what: str) -> Problem:
    return Problem(WITNESS, "ledger/names", part_of, what)
