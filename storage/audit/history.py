"""The history of a store as it is read for an audit: the runs, and the namings before and after them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from shls_core.errors import StoreUnreadable
from storage.audit.delta_log import log_problems
from storage.store import Store
from storage.tables.append_only import Row
from storage.tables.ledger import FIRST
from storage.verification.problems import LEDGER, Problem


@dataclass(frozen=True)
class AuditedHistory:
    """What the two tables of the ledger hold."""

    runs: tuple[Row, ...]
    namings: tuple[Row, ...]
    """All rows of the table of names, as they were before the runs were read."""
    namings_after: tuple[Row, ...]
    """The same after it: what somebody named meanwhile is here."""
    problems: tuple[Problem, ...]
    """Of the logs of the two tables."""
    is_readable: bool = True
    """Without its history, nothing is known of how a store came to be what it is."""

    @cached_property
    def place_of(self) -> Mapping[str, int]:
        """The place of every entry in the chain, by its digest: 1 for the first; of none, 0."""
        return {FIRST: 0} | {str(run["entry"]): place for place, run in enumerate(self.runs, 1)}

    @property
    def head(self) -> str:
        """Digest of the newest entry."""
        return str(self.runs[-1]["entry"]) if self.runs else FIRST


def read_history(store: Store) -> AuditedHistory:
    """Read both tables, and look whether their logs are whole.

    Raises
    ------
    StoreUnreachable
    """
    problems = [*log_problems(store.backend, "runs"), *log_problems(store.backend, "names")]
    try:
        namings, runs, after = store.names.all_rows(), store.ledger.runs(), store.names.all_rows()
    except StoreUnreadable as error:
        # Delta's own words for a missing commit are a page, and name no file that the log did not.
        what = "with such a log it cannot be read" if problems else " ".join(str(error).split())
        unreadable = Problem(LEDGER, "ledger", "the history of the store", what)
        return AuditedHistory((), (), (), (*problems, unreadable), is_readable=False)
    return AuditedHistory(tuple(runs), tuple(namings), tuple(after), tuple(problems))
