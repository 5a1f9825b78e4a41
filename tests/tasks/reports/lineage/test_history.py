"""What a page asks the ledger."""

from tasks.reports.lineage.history import History


def test_runs_that_ended_with_a_thing_are_told_oldest_first(told):
    history = History(told.store.ledger.runs())
    first, again = history.runs_with(told.dataset)
    assert (first.number, first.when, first.user, first.seed) == (1, "2026-03-05 05:06:07", "ada", 7)
    assert (again.number, again.when) == (6, "2026-03-10 05:06:07")
    assert first.configuration["name"] == "photos"
    assert history.runs_with("0" * 64) == ()


def test_what_was_made_from_a_thing_is_told_by_kind_of_run_and_failures_made_nothing(
    told, told_copy, entry, environment
):
    again = entry(8, "train", inputs=[told.dataset], outputs=[told.checkpoint])
    unfinished = entry(9, "train", inputs=[told.dataset], outputs=["a" * 64], status="failed")
    for run in (again, unfinished):
        told_copy.ledger.record(run, environment)
    history = History(told_copy.ledger.runs())
    assert history.made_from(told.dataset, ("train", "import")) == (told.checkpoint,)
    assert history.made_from(told.checkpoint, ("evaluate",)) == (told.evaluation,)
    assert history.made_from(told.checkpoint, ("train",)) == ()
