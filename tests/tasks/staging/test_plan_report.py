import pytest

from shls_core.errors import NameUnknown
from storage.rows.stage_names import OF_STILLS
from tasks.runs.execution_config import ExecutionConfig
from tasks.staging.plan_report import plan_report

SERIAL = ExecutionConfig(backend="serial")


def report_on(staging, location=None, against=None):
    where = str(location or staging.store.root)
    return plan_report(where, "photos", staging.stages(), staging.staging(), SERIAL, against)


def test_when_nothing_is_stale_the_report_has_the_id(ten):
    report = report_on(ten)
    assert report.is_fresh
    assert report.dataset == report.against == ten.store.names.resolve("photos")
    assert (report.rows_to_compute, report.bytes_to_write, report.seconds) == (0, 0, 0.0)
    assert report.bytes_free > 0
    assert all(stage.status == "fresh" and not stage.reasons for stage in report.stages)


def test_a_store_that_is_not_there_is_planned_for_and_not_made(ten, tmp_path):
    report = report_on(ten, tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    assert (report.is_fresh, report.against, report.dataset) == (False, None, None)
    assert report.rows_to_compute == 4 * 10
    assert report.seconds > 0
    assert report.bytes_to_write > 10_000
    assert [stage.is_exact for stage in report.stages] == [True, False, False, False]


def test_stages_and_shards_say_what_is_the_matter(staging, new_photograph):
    new_photograph(staging.folder / "new.png")
    report = report_on(staging)
    assert [stage.name for stage in report.stages] == list(OF_STILLS)
    for stage in report.stages:
        assert stage.status == "stale"
        assert stage.reasons
        assert sum(shard.rows_to_compute for shard in stage.shards) == stage.rows_to_compute > 0
        assert sum(shard.rows_to_copy for shard in stage.shards) == stage.rows_to_copy
        assert sum(shard.rows for shard in stage.shards) == stage.rows == 11
        for shard in stage.shards:
            assert bool(shard.reasons) == (shard.status != "fresh")


def test_another_dataset_can_be_compared_with(staging):
    first = staging.store.names.resolve("photos")
    staging.sections = {"superpixels": {"compactness": 19.0}}
    second = staging.publish()
    staging.sections = {"superpixels": {"compactness": 18.0}}
    told = {against: report_on(staging, None, against).stages[-1].reasons for against in (None, first)}
    assert [str(reason) for reason in told[None]] == ["parameter compactness from 19.0 to 18.0"]
    assert [str(reason) for reason in told[first]] == ["parameter compactness from 20.0 to 18.0"]
    assert report_on(staging, None, "photos@v2").against == second
    with pytest.raises(NameUnknown, match="expected the name or id of a dataset, got 'other'"):
        report_on(staging, None, "other")
