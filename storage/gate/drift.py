"""Drift: how far the figures of a dataset are from those of the version published before it.

The other bounds of the gate judge a dataset by itself. Drift compares every statistic, the sizes, the
brightness, and what was rejected for which reason. Nothing of it is part of a dataset or of its verdict: the
same two datasets and bounds give the same drift again.

A stage whose parameters were changed, or those of a stage before it, is shown and not judged: who changes
parameters wants other rows. Other code and other packages are judged.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, computed_field

from shls_core.errors import GateError
from storage.canonical import short
from storage.gate.drift_config import DriftConfig
from storage.gate.drift_figures import StageFigures, figures_of
from storage.objects.objects import ObjectStore
from storage.rows.dataset import Dataset
from storage.rows.stage_artifact import StageArtifact

_CHANCE_OF_DISTRIBUTIONS, _CHANCE_OF_SHARES = 1.63, 2.58
"""Both: what chance alone exceeds once in a hundred comparisons of two samples of one distribution."""
_REASONS_NAMED = 3


class Shift(BaseModel):
    """One figure on both sides.

    Attributes
    ----------
    stage, what : str
        `what` is a statistic, ``size_px``, ``brightness``, ``gone``, or ``rejected: REASON``.
    before, after : float
        The mean of a figure over accepted rows, or a share of 0..1.
    distance : float
        Between the two distributions, or shares, 0..1.
    allowed : float or None
        The largest distance that is accepted, chance included; None if it is not judged.
    """

    model_config = ConfigDict(frozen=True)

    stage: str
    what: str
    before: float
    after: float
    distance: float
    allowed: float | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def is_too_large(self) -> bool:
        """Whether it keeps a version from being published."""
        return self.allowed is not None and self.distance > self.allowed

    def __str__(self) -> str:
        bound = "not judged" if self.allowed is None else f"at most {self.allowed:.2f}"
        sides = f"{self.before:.4g} before, {self.after:.4g} now"
        return f"{self.stage}.{self.what} {sides}, distance {self.distance:.2f}, {bound}"


class Drift(BaseModel):
    """A dataset beside an earlier one."""

    model_config = ConfigDict(frozen=True)

    before: str
    after: str
    shifts: tuple[Shift, ...]
    """Of all stages that both have and that differ; in each stage the largest first."""
    not_judged: dict[str, str]
    """Why a stage is shown only, by its name."""

    @property
    def failures(self) -> tuple[Shift, ...]:
        """What is too far, the farthest beyond its bound first."""
        found = [shift for shift in self.shifts if shift.is_too_large]
        return tuple(sorted(found, key=lambda shift: (shift.allowed or 0) - shift.distance))


def drift_between(
    objects: ObjectStore,
    before: str,
    after: str,
    config: DriftConfig,
    withdrawn: Collection[str] = (),
) -> Drift:
    """Compare a dataset with an earlier one.

    Parameters
    ----------
    objects
        Where both are, with stand-ins for what was erased.
    before, after
        Their ids.
    config
        The bounds.
    withdrawn
        Ids of sources that are withdrawn: that they are gone is no drift.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
        If a part of one is not in the store, or not as it was written.
    """
    old, new = Dataset(objects, before).stages, Dataset(objects, after).stages
    changed = _changed(old, new)
    shifts: list[Shift] = []
    not_judged: dict[str, str] = {}
    for stage in (stage for stage in old if stage in new and old[stage].id != new[stage].id):
        figures = figures_of(objects, old[stage]), figures_of(objects, new[stage])
        if stage in changed:
            not_judged[stage] = f"the parameters of {changed[stage]} were changed"
        elif min(side.num_sources for side in figures) < config.min_sources:
            not_judged[stage] = f"it has fewer than {config.min_sources} sources"
        of_stage = _shifts(stage, figures, config, stage not in not_judged, withdrawn)
        shifts += sorted(of_stage, key=lambda shift: -shift.distance)
    return Drift(before=before, after=after, shifts=tuple(shifts), not_judged=not_judged)


def refuse_drifted(drift: Drift, name: str) -> None:
    """Raise an error that describes a drift that is too large; any other raises nothing.

    Parameters
    ----------
    drift
        Of a dataset that was made.
    name
        The earlier version, ``NAME@vN``.

    Raises
    ------
    GateError
    """
    if drift.failures:
        first = "; ".join(map(str, drift.failures[:_REASONS_NAMED]))
        more = len(drift.failures) - _REASONS_NAMED
        raise GateError(
            f"dataset {short(drift.after)}… drifted from {name} and is held back, not published: {first}"
            f"{f'; and {more} more' if more > 0 else ''}; `shls dataset diff {name} {short(drift.after)}` "
            "shows all, --accept-drift publishes it if it is as it should be"
        )


def _changed(old: Mapping[str, StageArtifact], new: Mapping[str, StageArtifact]) -> dict[str, str]:
    """Return the stages that are made otherwise by intent, and the stage whose parameters differ for each."""
    changed: dict[str, str] = {}
    for stage, artifact in new.items():  # each after those it reads
        if stage in old and old[stage].manifest.parameters != artifact.manifest.parameters:
            changed[stage] = stage
        elif before := [read for read in artifact.manifest.inputs if read in changed]:
            changed[stage] = changed[before[0]]
    return changed


def _shifts(
    stage: str,
    figures: Sequence[StageFigures],
    config: DriftConfig,
    is_judged: bool,
    withdrawn: Collection[str],
) -> Iterator[Shift]:
    from scipy.stats import ks_2samp  # a second to import, and most commands compare nothing

    old, new = figures

    def shift(what: str, before: float, after: float, distance: float, allowed: float) -> Shift:
        return Shift(
            stage=stage,
            what=what,
            before=before,
            after=after,
            distance=round(distance, 4),
            allowed=round(min(1.0, allowed), 4) if is_judged else None,
        )

    for what in (what for what in old.values if len(old.values[what]) and len(new.values[what])):
        sides = [(side.values[what], side.num_sources) for side in figures]
        chance = _CHANCE_OF_DISTRIBUTIONS * sum(1 / min(len(each), most) for each, most in sides) ** 0.5
        distance = float(ks_2samp(*(each for each, _ in sides), method="asymp").statistic)
        before, after = (float(each.mean()) for each, _ in sides)
        yield shift(what, before, after, distance, config.max_distance + chance)
    for reason in sorted({*old.rejected, *new.rejected}):
        before, after = (side.rejected.get(reason, 0.0) for side in figures)
        middle = (before + after) / 2
        few = sum(1 / max(1, side.num_sources) for side in figures)
        chance = _CHANCE_OF_SHARES * (middle * (1 - middle) * few) ** 0.5
        allowed = config.max_rejected_change + chance
        yield shift(f"rejected: {reason}", before, after, abs(after - before), allowed)
    if old.names is not None and new.names is not None:
        there = {*new.names, *new.names.values()}
        known = {one: name for one, name in old.names.items() if one not in withdrawn}
        gone = sum(one not in there and name not in there for one, name in known.items())
        share = gone / max(1, len(known))
        yield shift("gone", 0.0, share, share, config.max_gone_share)
