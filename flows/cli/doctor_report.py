"""The report of `shls doctor`, a line for each finding as soon as it is there."""

from collections.abc import Sequence

from rich.text import Text

from flows.doctor.finding import Finding
from shls_core.foreign_text import shown
from tasks.terminal import Terminal, print_result

_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}
_CHECK_WIDTH = 17


def show_finding(finding: Finding) -> None:
    """Print a finding, and below it what helps."""
    line = Text(f"{finding.state:<9}", style=_STYLES[finding.state])
    line.append(f"{finding.check:<{_CHECK_WIDTH}}", style="bold")
    line.append(shown(finding.what), style="default not bold")
    console = Terminal(highlight=False, soft_wrap=True)
    console.print(line)
    if finding.remedy:
        console.print(Text(f"{'':<{9 + _CHECK_WIDTH}}→ {shown(finding.remedy)}", style="cyan"))


def show_summary(found: Sequence[Finding]) -> None:
    """Print the verdict."""
    counts = {state: sum(finding.state == state for finding in found) for state in ("problem", "warning")}
    parts = [f"{count} {state}{'s' if count != 1 else ''}" for state, count in counts.items() if count]
    verdict = " and ".join(parts) if parts else "everything that shls needs is there"
    print_result("")
    print_result(verdict)
