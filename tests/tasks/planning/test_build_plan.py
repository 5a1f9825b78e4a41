"""A build is planned once: what does not fit is refused, and what was planned is what is built."""

import pytest

from shls_core.errors import StoreUnwritable
from storage.files import free_space
from storage.rows.stage_names import INGEST, SALIENCY
from storage.store import Store
from tasks.planning import build_plan
from tasks.planning.build_plan import plan_build
from tasks.stages.ingest import IngestStage


@pytest.fixture
def disk_with(monkeypatch):
    """Return a function that lets the disk have so many free bytes."""

    def free(count):
        for module in (free_space, build_plan):
            monkeypatch.setattr(module, "free_bytes", lambda location: count)

    return free


def test_a_build_that_does_not_fit_is_refused(staging, disk_with):
    staging.sections = {"superpixels": {"compactness": 19.0}}
    disk_with(100)
    with pytest.raises(StoreUnwritable, match="on the disk of"):
        plan_build(staging.stages(), staging.store, staging.staging())
    staging.sections = {}
    plan_build(staging.stages(), staging.store, staging.staging())  # nothing is to be written


def test_in_an_empty_store_the_photographs_alone_are_counted(ten, tmp_path, disk_with):
    size = sum(path.stat().st_size for path in ten.folder.iterdir())
    store = Store.create(tmp_path / "empty")
    disk_with(int(size * 1.1) + 1)
    plan_build(ten.stages(), store, ten.staging())
    disk_with(size)
    with pytest.raises(StoreUnwritable):
        plan_build(ten.stages(), store, ten.staging())


def test_where_free_space_has_no_meaning_the_sources_alone_are_planned(ten, disk_with):
    disk_with(None)
    plan = plan_build(ten.stages(), ten.store, ten.staging())
    assert [plan.wanted(stage) is not None for stage in ten.stages()] == [True, False, False, False]


def test_no_photograph_is_looked_at_to_see_whether_there_is_room(ten, tmp_path, monkeypatch):
    def look(stage, plan):
        raise AssertionError("a photograph was decoded")

    monkeypatch.setattr(IngestStage, "foresee", look)
    plan_build(ten.stages(), Store.create(tmp_path / "empty"), ten.staging())


def test_rows_are_known_ahead_of_the_build_where_all_they_depend_on_is_there(staging):
    plan = plan_build(staging.stages(), staging.store, staging.staging())
    assert all(plan.wanted(stage) for stage in staging.stages())
    assert [len(plan.wanted(stage).rows) for stage in staging.stages()] == [10, 10, 10, 10]

    staging.sections = {"saliency": {"min_component_share": 0.002}}
    plan = plan_build(staging.stages(), staging.store, staging.staging())
    known = [stage.name for stage in staging.stages() if plan.wanted(stage) is not None]
    assert known == [INGEST, SALIENCY]  # what reads new pseudo-masks is planned when they are made
