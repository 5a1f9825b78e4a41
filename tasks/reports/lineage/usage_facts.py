"""What it took to make a stage, as its page shows it: of the run that made most of its rows."""

import json
from collections.abc import Sequence

from storage.tables.append_only import Row
from tasks.reports.making import Fact
from tasks.runs.usage import recorded_usage


def stage_usage(artifact: str, runs: Sequence[Row]) -> tuple[Fact, ...]:
    """Return the facts about the run that computed most rows of a stage; none if no run is known.

    Parameters
    ----------
    artifact
        Id of the stage's artifact.
    runs
        Those with it as a result, oldest first.
    """
    done = [
        stage
        for run in runs
        for stage in json.loads(run["details"]).get("stages", ())
        if stage["artifact"] == artifact and stage["rows_computed"]
    ]
    if not done:
        return ()
    most = max(done, key=lambda stage: int(stage["rows_computed"]))
    usage = recorded_usage(most)
    facts = [Fact("rows computed", f"{most['rows_computed']:,} in {most['seconds']:.1f} s")]
    if usage is None:
        return tuple(facts)
    facts.append(Fact("CPU", f"{usage.cpu_seconds:.1f} s"))
    figures = (
        ("peak memory", usage.peak_bytes),
        ("read", usage.read_bytes),
        ("written", usage.written_bytes),
    )
    facts += [Fact(name, f"{value / 1e6:,.1f} MB") for name, value in figures if value is not None]
    return tuple(facts)
