"""The difference between two datasets, as text."""

from rich.table import Table

from storage.gate.drift import Drift
from storage.rows.source_kinds import SOURCE_KINDS
from tasks.staging.dataset_diff import DatasetDifference, NamesDifference, StageDifference
from tasks.terminal import Terminal

_NAMES_SHOWN = 8


def show_difference(difference: DatasetDifference) -> None:
    """Print what differs, and which stages are the same."""
    console = Terminal(highlight=False)
    if difference.before == difference.after:
        console.print(f"the same dataset: {difference.before}")
        return
    verdicts = [verdict or "never validated" for verdict in difference.verdicts]
    console.print(f"before {difference.before}  {verdicts[0]}", soft_wrap=True)
    console.print(f"after  {difference.after}  {verdicts[1]}", soft_wrap=True)
    for kind in SOURCE_KINDS:
        _show_names(console, kind.plural, getattr(difference, kind.plural))
    for when, stages in zip(("before", "after"), difference.stages_of_one, strict=True):
        if stages:
            console.print(f"only {when}: the stages {', '.join(stages)}", soft_wrap=True)
    for stage in difference.stages:
        _show_stage(console, stage)
    _show_drift(console, difference.drift)


def _show_names(console: Terminal, sources: str, difference: NamesDifference) -> None:
    for verb in ("added", "changed", "withdrawn"):
        names: tuple[str, ...] = getattr(difference, verb)
        if names:
            shown = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
            console.print(f"{sources} {verb}: {len(names)} ({shown})", soft_wrap=True)


def _show_stage(console: Terminal, stage: StageDifference) -> None:
    console.print()
    if stage.is_same:
        console.print(f"{stage.name}: the same, {stage.rows.same} rows")
        return
    rows = stage.rows
    console.print(
        f"{stage.name}: {rows.same} rows the same, {rows.changed} changed, {rows.added} added, "
        f"{rows.withdrawn} withdrawn; rejected {stage.rejected[0]} before, {stage.rejected[1]} after",
        soft_wrap=True,
    )
    before, after = stage.skipped
    if before != after:
        for when, counts in (("before", before), ("after", after)):
            said = "; ".join(map(str, counts)) or "nothing left out"
            console.print(f"  {when}: {said}", markup=False, soft_wrap=True)
    for reason in stage.making:
        console.print(f"  {reason}", soft_wrap=True)
    if stage.statistics:
        table = Table("statistic", "", title_justify="left")
        table.add_column("before", justify="right")
        table.add_column("after", justify="right")
        for side in stage.statistics:
            figures = ("-" if value is None else f"{value:.6g}" for value in (side.before, side.after))
            table.add_row(side.name, side.figure, *figures)
        console.print(table)


def _show_drift(console: Terminal, drift: Drift) -> None:
    if not drift.shifts:
        return
    table = Table("figure", title="drift", title_justify="left")
    for column in ("before", "after", "distance", "at most"):
        table.add_column(column, justify="right")
    for shift in drift.shifts:
        bound = "-" if shift.allowed is None else f"{shift.allowed:.2f}"
        figures = (f"{shift.before:.4g}", f"{shift.after:.4g}", f"{shift.distance:.2f}", bound)
        style = "red" if shift.is_too_large else None
        table.add_row(f"{shift.stage}.{shift.what}", *figures, style=style)
    console.print()
    console.print(table)
    for stage, why in drift.not_judged.items():
        console.print(f"  {stage} is not judged: {why}", soft_wrap=True)
    if drift.failures:
        console.print(f"  too far: {len(drift.failures)} of {len(drift.shifts)} figures", style="red")
