"""The history of a store as an audit reads it: the runs, and the names table before and after them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from shls_core.errors import StoreUnreadable
from storage.store import Store
from storage.tables.append_only import Row
from storage.tables.ledger import FIRST
from storage.verification.delta_log import log_problems
from storage.verification.problems import LEDGER, Problem
from storage.verification.sealed_segments import segment_problems


@dataclass(frozen=True)
class AuditedHistory:
    """What the two tables of the ledger contain."""

    runs: tuple[Row, ...]
    namings: tuple[Row, ...]
    """All rows of the names table, as they were before the runs were read."""
    namings_after: tuple[Row, ...]
    """The same after the runs were read: it includes names that were given meanwhile."""
    problems: tuple[Problem, ...]
    """Problems of the logs of the two tables."""
    is_readable: bool = True
    """Whether both tables can be read; without them, nothing is known of how a store was made."""

    @cached_property
    def place_of(self) -> Mapping[str, int]:
        """The place of every entry in the chain, by its digest: 1 for the first; 0 for `FIRST`."""
        return {FIRST: 0} | {str(run["entry"]): place for place, run in enumerate(self.runs, 1)}

    @property
    def head(self) -> str:
        """Digest of the newest entry."""
        return str(self.runs[-1]["entry"]) if self.runs else FIRST


def read_history(store: Store) -> AuditedHistory:
    """Read both tables, and check that their logs are complete.

    Raises
    ------
    StoreUnreachable
    """
    problems = [*log_problems(store.backend, "runs"), *log_problems(store.backend, "names")]
    try:
        namings = store.names.logged_rows()
        runs, after = store.ledger.logged_runs(), store.names.logged_rows()
    except StoreUnreadable as error:
        # Delta's own message about a missing commit is a page long, and names no file that the log lacks.
        what = "with such a log it cannot be read" if problems else " ".join(str(error).split())
        unreadable = Problem(LEDGER, "ledger", "the history of the store", what)
        return AuditedHistory((), (), (), (*problems, unreadable), is_readable=False)
    problems += [
        *segment_problems(store.ledger.segments, "runs", runs),
        *segment_problems(store.names.segments, "names", after),
    ]
    return AuditedHistory(tuple(runs), tuple(namings), tuple(after), tuple(problems))
