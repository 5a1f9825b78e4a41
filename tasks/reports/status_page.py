"""The status of a store as one page."""

from collections.abc import Mapping
from typing import Any

from tasks.reports.page import asset, render_page


def status_page(status: Mapping[str, Any], states: Mapping[str, str]) -> bytes:
    """Return the page as HTML.

    Parameters
    ----------
    status
        What ``shls status --json`` prints.
    states
        By name of a dataset, in words whether it is fresh.
    """
    runs = status["store"]["runs"]
    measured = [run["cpu_seconds"] for run in runs if run["cpu_seconds"] is not None]
    return render_page(
        "status.html",
        rules=asset("lineage.css"),
        at=status["at"][:16].replace("T", " "),
        store=status["store"],
        freshness=status["freshness"],
        states=states,
        schedule=status["schedule"],
        core_hours=sum(measured) / 3600 if measured else None,
    )
