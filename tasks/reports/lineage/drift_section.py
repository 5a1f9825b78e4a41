"""A dataset beside the version published before it, as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shls_core.errors import ObjectCorrupted, ObjectMissing
from storage.gate.drift import Shift
from storage.store import Store
from storage.tables.append_only import Row
from tasks.staging.drift import bounds_of, drift_in_store, earlier_version


@dataclass(frozen=True)
class DriftSection:
    """Drift from an earlier version.

    Attributes
    ----------
    name : str
        Of the earlier version, ``NAME@vN``.
    before : str
        Its id.
    shifts : tuple of Shift
        By stage, the largest first.
    not_judged : mapping
        Why a stage is shown only, by its name.
    missing : str or None
        Why nothing can be compared any more.
    """

    name: str
    before: str
    shifts: tuple[Shift, ...] = ()
    not_judged: Mapping[str, str] | None = None
    missing: str | None = None

    @property
    def num_judged(self) -> int:
        """Figures that have a bound."""
        return sum(shift.allowed is not None for shift in self.shifts)

    @property
    def num_too_large(self) -> int:
        """Figures beyond their bounds."""
        return sum(shift.is_too_large for shift in self.shifts)


def drift_section(store: Store, dataset_id: str, runs: Sequence[Row]) -> DriftSection | None:
    """Read what the page shows of drift; None for a dataset before which there was none.

    Parameters
    ----------
    store
        Where it is.
    dataset_id
        Its id.
    runs
        The runs that made it, oldest first.
    """
    earlier = earlier_version(store, dataset_id, runs)
    if earlier is None:
        return None
    section = DriftSection(earlier.name, earlier.dataset)
    try:
        drift = drift_in_store(store, earlier.dataset, dataset_id, bounds_of(runs))
    except (ObjectMissing, ObjectCorrupted):
        missing = "The earlier version is no longer whole in this store: nothing can be compared."
        return replace(section, missing=missing)
    return replace(section, shifts=drift.shifts, not_judged=drift.not_judged)
