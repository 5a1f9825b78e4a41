"""Entries of the ledger on a page."""

from storage.tables.runs_by_artifact import RunsByArtifact
from tasks.reports.lineage.past_run import past_runs


def test_runs_that_ended_with_a_thing_are_shown_oldest_first(told):
    runs = RunsByArtifact(told.store.ledger.runs())
    first, again = past_runs(runs.with_output(told.dataset))
    assert (first.number, first.when, first.user, first.seed) == (1, "2026-03-05 05:06:07", "ada", 7)
    assert (again.number, again.when) == (6, "2026-03-10 05:06:07")
    assert first.configuration["name"] == "photos"
    assert past_runs(runs.with_output("0" * 64)) == ()
