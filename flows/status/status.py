"""The status of a store and of the schedule that feeds it."""

from __future__ import annotations

from flows.status.freshness import Freshness, freshness
from flows.status.scheduled import Schedule, scheduled
from storage.store import Store
from tasks.upkeep.store_status import StatusPart, StoreStatus, store_status


class Status(StatusPart):
    """Everything that `shls status` shows."""

    at: str
    """When it was read, UTC."""
    store: StoreStatus
    freshness: dict[str, Freshness]
    """By name."""
    schedule: Schedule


def read_status(store: Store, at: str, num_runs: int, is_quick: bool) -> Status:
    """Read all of it; nothing is written.

    Parameters
    ----------
    store
        An open store.
    at
        Now, UTC.
    num_runs
        How many of the last runs are listed.
    is_quick
        Whether photographs and videos are left unread, so that it is not known whether datasets are fresh.
    """
    of_store = store_status(store, num_runs)
    return Status(
        at=at,
        store=of_store,
        freshness={
            one.name: Freshness(state="not asked") if is_quick else freshness(store, one.name, one.dataset)
            for one in of_store.names
        },
        schedule=scheduled(),
    )
