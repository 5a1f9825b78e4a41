"""The plan of a build, as JSON and as text."""

from typing import Any

from rich.table import Table

from storage.canonical import short
from storage.files.free_space import megabytes
from storage.rows.stage_names import CLIPS
from tasks.planning.left_out import left_out_line
from tasks.staging.plan_report import PlanReport, StageReport
from tasks.terminal import Terminal

_SHARDS_SHOWN = 8
_REASONS_SHOWN = 12
_AT_MOST, _ABOUT = "≤", "~"
_MARKS = {CLIPS: _ABOUT}
_MEANINGS = {
    _AT_MOST: "at most, because rows that the stage reads do not exist yet",
    _ABOUT: "about, as if the videos had no cuts: only reading them shows where they are",
}


def plan_json(report: PlanReport) -> dict[str, Any]:
    """Return what ``shls dataset plan --json`` prints."""
    totals = {
        "rows_to_compute": report.rows_to_compute,
        "seconds": report.seconds,
        "bytes_to_write": report.bytes_to_write,
        "bytes_free": report.bytes_free,
    }
    content = report.model_dump(mode="json", exclude={"bytes_free"})
    reasons = {
        stage.name: [[str(reason) for reason in shard.reasons] for shard in stage.shards]
        for stage in report.stages
    }
    for stage, whole in zip(content["stages"], report.stages, strict=True):
        stage["told"] = [str(reason) for reason in whole.reasons]
        for shard, sentences in zip(stage["shards"], reasons[whole.name], strict=True):
            shard["told"] = sentences
    return content | {"total": totals}


def show_plan(report: PlanReport, every_shard: bool) -> None:
    """Print a plan: a line per stage, then the reasons, then the shards."""
    console = Terminal(highlight=False)
    if report.left_out:
        console.print(left_out_line(report.left_out, report.nouns), soft_wrap=True)
    if report.is_fresh:
        made = f"dataset {report.dataset}" if report.dataset else "only its manifest has to be written"
        console.print(f"everything is fresh: {made}", soft_wrap=True)
        return
    compared = (
        f"compared with dataset {short(report.against)}" if report.against else "nothing to compare with"
    )
    table = Table("stage", "status", title=f"{report.name}, {compared}")
    for column in ("rows", "compute", "copy", "stale", "seconds", "write"):
        table.add_column(column, justify="right")
    for stage in report.stages:
        table.add_row(*_cells(stage))
    console.print(table)
    for stage in report.stages:
        _show_reasons(console, stage)
        _show_shards(console, stage, every_shard)
    _show_total(console, report)


def _cells(stage: StageReport) -> tuple[str, ...]:
    stale = sum(shard.status != "fresh" for shard in stage.shards)
    mark = _MARKS.get(stage.name, _AT_MOST)
    at_most = "" if stage.is_exact or not stage.rows_to_compute else f"{mark} "
    return (
        stage.name,
        stage.status,
        str(stage.rows),
        f"{at_most}{stage.rows_to_compute}",
        str(stage.rows_to_copy),
        f"{stale} of {len(stage.shards)}",
        "unknown" if stage.seconds is None else f"{stage.seconds:.1f}",
        "unknown" if stage.bytes_to_write is None else megabytes(stage.bytes_to_write),
    )


def _show_reasons(console: Terminal, stage: StageReport) -> None:
    for reason in stage.reasons[:_REASONS_SHOWN]:
        console.print(f"{stage.name}: {reason}", soft_wrap=True)
    if len(stage.reasons) > _REASONS_SHOWN:
        console.print(f"{stage.name}: and {len(stage.reasons) - _REASONS_SHOWN} more reasons (--json)")


def _show_shards(console: Terminal, stage: StageReport, every_shard: bool) -> None:
    stale = [shard for shard in stage.shards if shard.status != "fresh"]
    shown = stale if every_shard else stale[:_SHARDS_SHOWN]
    for shard in shown:
        reasons = "; ".join(map(str, shard.reasons))
        figures = f"{shard.rows_to_compute} of {shard.rows} rows to compute"
        console.print(f"  shard {short(shard.shard)} {shard.status}, {figures}: {reasons}", soft_wrap=True)
    if len(stale) > len(shown):
        console.print(f"  and {len(stale) - len(shown)} more stale shards (--shards)")


def _show_total(console: Terminal, report: PlanReport) -> None:
    seconds = "an unknown time" if report.seconds is None else f"about {report.seconds:.0f} s"
    free = "" if report.bytes_free is None else f", {megabytes(report.bytes_free)} free"
    console.print(
        f"{report.rows_to_compute} rows to compute, {seconds}, about {megabytes(report.bytes_to_write)} "
        f"to write{free}"
    )
    bases = dict.fromkeys(stage.basis for stage in report.stages if stage.rows_to_compute)
    console.print(f"seconds estimated from {'; '.join(bases)}", style="dim", soft_wrap=True)
    inexact = {_MARKS.get(stage.name, _AT_MOST) for stage in report.stages if not stage.is_exact}
    for mark in sorted(inexact, reverse=True):
        console.print(f"{mark}: {_MEANINGS[mark]}", style="dim")
