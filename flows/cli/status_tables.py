"""The status of a store as text."""

from rich.table import Table

from flows.status.freshness import Freshness
from flows.status.scheduled import Schedule
from flows.status.status import Status
from storage.canonical import short
from storage.files.free_space import megabytes
from tasks.terminal import Terminal
from tasks.upkeep.store_status import LastRun, NamedDataset

_MISSING = "-"


def show_status(status: Status) -> None:
    """Print what runs, what is scheduled, which datasets are stale, and what the last runs took."""
    console = Terminal(highlight=False)
    store = status.store
    free = "" if store.size.bytes_free is None else f", {megabytes(store.size.bytes_free)} free"
    size = f"{megabytes(store.size.bytes)} in {store.size.num_objects} objects{free}"
    console.print(f"{store.store}: {size}", soft_wrap=True)
    for job in store.jobs:
        who = f"{job.user or 'someone'} on {job.host} (process {job.process})"
        console.print(f"running: {job.kind} by {who} since {_time(job.since.isoformat())}", soft_wrap=True)
    if not store.jobs:
        console.print("running: nothing")
    _show_schedule(console, status.schedule)
    for one in store.names:
        _show_name(console, one, status.freshness[one.name])
    if store.runs:
        console.print(_runs_table(store.runs))


def _show_schedule(console: Terminal, schedule: Schedule) -> None:
    if schedule.server is None:
        console.print("scheduled: no Prefect server is configured (PREFECT_API_URL)")
    elif schedule.error:
        console.print(f"scheduled: {schedule.server} does not answer: {schedule.error}", soft_wrap=True)
    elif not schedule.runs and not schedule.next:
        console.print(f"scheduled: nothing at {schedule.server}")
    for run in schedule.runs:
        of = f"{run.deployment}: " if run.deployment else ""
        since = f"since {_time(run.when)}" if run.when else "not begun"
        console.print(f"{run.state.lower()}: {of}{run.name}, {since}", soft_wrap=True)
    for one in schedule.next:
        console.print(f"scheduled: {one.deployment}, {_time(one.when)}", soft_wrap=True)


def _show_name(console: Terminal, one: NamedDataset, fresh: Freshness) -> None:
    verdict = _verdict(one)
    console.print(
        f"{one.newest}  {short(one.dataset)}  published {_time(one.published_at)}; {state_line(one, fresh)}",
        style={"stale": "yellow", "unknown": "yellow"}.get(fresh.state),
        soft_wrap=True,
    )
    for reason in fresh.reasons:
        console.print(f"    {reason}", soft_wrap=True)
    if one.last_run_at:
        failed = one.last_run != "completed"
        console.print(
            f"    last run {_time(one.last_run_at)}: {one.last_run}{verdict}"
            f"{f': {one.error}' if failed and one.error else ''}",
            style="red" if failed else None,
            soft_wrap=True,
        )


def state_line(one: NamedDataset, fresh: Freshness) -> str:
    """Return in words whether a dataset is fresh, and since when it is not."""
    confirmed = f", last confirmed {_time(one.confirmed_at)}" if one.confirmed_at else ""
    if fresh.state == "stale":
        return f"stale{f' since {_time(fresh.since)}' if fresh.since else ''}{confirmed}"
    words = {"fresh": "fresh", "unknown": "not known whether it is fresh", "not asked": "freshness not asked"}
    return f"{words[fresh.state]}{confirmed}"


def _verdict(one: NamedDataset) -> str:
    parts = [f"gate {one.verdict}" if one.verdict else "", f"drift {one.drift}" if one.drift else ""]
    said = ", ".join(filter(None, parts))
    return f", {said}" if said else ""


def _runs_table(runs: tuple[LastRun, ...]) -> Table:
    table = Table(title="last runs", title_justify="left")
    table.add_column("started (UTC)", no_wrap=True)
    table.add_column("run")
    for column in ("seconds", "core-h", "peak MB", "read MB", "written MB"):
        table.add_column(column, justify="right")
    for run in runs:
        figures = [
            _MISSING if value is None else f"{value / 1e6:.1f}"
            for value in (run.peak_bytes, run.read_bytes, run.written_bytes)
        ]
        hours = _MISSING if run.cpu_seconds is None else f"{run.cpu_seconds / 3600:.3f}"
        what = f"{run.kind} {run.name}" if run.name else run.kind
        what = what if run.status == "completed" else f"{what}, {run.status}"
        style = None if run.status == "completed" else "red"
        table.add_row(_time(run.started_at), what, f"{run.seconds:.1f}", hours, *figures, style=style)
    return table


def _time(moment: str) -> str:
    return moment[:16].replace("T", " ")
