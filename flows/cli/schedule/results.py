"""What `shls schedule apply` did, and what `shls schedule show` found, as text."""

from collections.abc import Sequence

from rich.table import Table

from flows.schedule.applying import Applied
from flows.schedule.overview import Deployment, Overview
from tasks.terminal import Terminal


def show_applied(applied: Sequence[Applied]) -> None:
    """Print a line for each work pool, deployment and automation."""
    console = Terminal(highlight=False, soft_wrap=True)
    for one in applied:
        console.print(f"{one.kind:<12} {one.change:<10} {one.name}")


def show_overview(found: Overview) -> None:
    """Print tables of deployments, work pools and automations."""
    console = Terminal(highlight=False)
    console.print(f"at {found.server}", soft_wrap=True)
    if not found.deployments:
        console.print("nothing is deployed; `shls schedule apply` deploys prefect.yaml", soft_wrap=True)
        return
    deployments = Table("deployment", "schedule", "next run (UTC)", "work pool")
    for one in found.deployments:
        schedule = ", ".join(one.schedules) or "-"
        deployments.add_row(one.name, schedule, _next_run(one), one.pool or "-")
    console.print(deployments)
    pools = Table("work pool", "workers online", "runs at once")
    for pool in found.pools:
        limit = "no limit" if pool.limit is None else str(pool.limit)
        pools.add_row(pool.name, str(pool.workers), f"{limit}, paused" if pool.is_paused else limit)
    console.print(pools)
    automations = Table("automation", "is on", "what it does")
    for rule in found.automations:
        automations.add_row(rule.name, "yes" if rule.is_enabled else "NO", rule.description or "-")
    console.print(automations)


def _next_run(deployment: Deployment) -> str:
    if deployment.is_paused:
        return "paused"
    return f"{deployment.next_run:%Y-%m-%d %H:%M}" if deployment.next_run else "when it is asked for"
