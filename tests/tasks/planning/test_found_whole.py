"""An artifact that the same plan led to before is found without a look at its rows, and only then."""

import shutil

import pytest

from storage.files.inventory import take_inventory
from storage.kinds import plans_key
from storage.objects.objects import object_path
from storage.rows.stage_names import OF_STILLS, SALIENCY, SEQUENCES, SUPERPIXELS
from storage.verification.key_owners import key_problems
from tasks.planning import found_whole, packed_plans
from tasks.planning.found_whole import existing_objects

DERIVED = (SALIENCY, SEQUENCES, SUPERPIXELS)


class LookedAt(Exception):
    pass


@pytest.fixture
def unplanned(monkeypatch):
    """Stages whose rows nobody may plan."""

    def refuse(*_):
        raise LookedAt

    for stage in DERIVED:
        monkeypatch.setattr(f"tasks.stages.{stage}.{stage.capitalize()}Stage.plan", refuse)
    monkeypatch.setattr("tasks.planning.planned_in_parts._sequences", refuse)


def entries(staging, stage):
    return sorted((staging.store.root / "keys" / plans_key(stage)).iterdir())


def statuses(staging):
    return {name: outcome.status for name, outcome in staging.build().items()}


def test_an_unchanged_plan_and_build_look_at_no_row_but_the_sources(ten, unplanned):
    plan = ten.plan()
    assert plan.dataset_id() == ten.store.names.resolve("photos")
    assert [len(stage.shards) > 1 and stage.num_rows for stage in plan.stages] == [10] * 4
    assert statuses(ten) == dict.fromkeys(OF_STILLS, "cached")
    assert all(plan.artifacts[name][0] == done.artifact for name, done in ten.build().items())


def test_rows_are_planned_when_somebody_asks_for_them(staging):
    found = staging.plan()
    for stage in DERIVED:
        shutil.rmtree(staging.store.root / "keys" / plans_key(stage))
    planned = staging.plan()
    for one, other in zip(found.stages, planned.stages, strict=True):
        assert (one.artifact is not None) == (one.stage.name in DERIVED)
        assert other.artifact is None
        assert [list(shard.rows) for shard in one.shards] == [list(shard.rows) for shard in other.shards]
        assert [shard.ref for shard in one.shards] == [shard.ref for shard in other.shards]
        assert list(one.wanted.rows) == list(other.wanted.rows)
    assert found.artifacts == planned.artifacts
    assert found.dataset_id() == planned.dataset_id()
    for stage in OF_STILLS:
        assert found.rows[stage].accepted(("source_ids",)) == planned.rows[stage].accepted(("source_ids",))
        assert found.rows[stage].rejected_reasons() == planned.rows[stage].rejected_reasons()


def test_a_build_without_entries_reuses_the_same_artifacts_and_writes_them(staging, unplanned, monkeypatch):
    before = {stage: [path.read_bytes() for path in entries(staging, stage)] for stage in DERIVED}
    for stage in DERIVED:
        shutil.rmtree(staging.store.root / "keys" / plans_key(stage))
    with pytest.raises(LookedAt):
        staging.plan()
    monkeypatch.undo()
    assert statuses(staging) == dict.fromkeys(OF_STILLS, "cached")
    assert {stage: [path.read_bytes() for path in entries(staging, stage)] for stage in DERIVED} == before


@pytest.mark.parametrize(
    "sections",
    [
        {"staging": {"rows_per_shard": 2}},
        {"synthesis": {"augmentation_probability": 0.25}},
        {"crops": {"crops_per_image": 2}},
    ],
)
def test_what_is_planned_otherwise_is_not_found(staging, unplanned, sections):
    staging.sections = sections
    with pytest.raises(LookedAt):
        staging.plan()


def test_other_sources_are_planned(staging, unplanned, new_photograph):
    new_photograph(staging.folder / "new.png")
    with pytest.raises(LookedAt):
        staging.plan()


def test_an_artifact_without_one_of_its_shards_is_planned(staging):
    shard = staging.plan().stages[2].shards[0].ref
    (staging.store.root / object_path(shard.digest)).unlink()
    plan = staging.plan()
    assert [bool(stage.stale) for stage in plan.stages[:3]] == [False, False, True]
    assert plan.stages[2].rows_to_compute == shard.rows


@pytest.mark.parametrize("what", ["another stage", "no object", "no digest"])
def test_an_entry_that_points_elsewhere_is_not_followed(staging, what):
    (entry,) = entries(staging, SEQUENCES)
    other = {
        "another stage": entries(staging, SUPERPIXELS)[0].read_text(),
        "no object": "0" * 64,
        "no digest": "x",
    }[what]
    expected = entry.read_text()
    entry.write_text(other)
    if what == "another stage":
        keys = take_inventory(staging.store.backend, "keys").keys
        assert [problem.path for problem in key_problems(staging.store, keys)] == [
            f"keys/{plans_key(SEQUENCES)}/{entry.name}"
        ]
    assert statuses(staging) == dict.fromkeys(OF_STILLS, "cached")
    assert entry.read_text() == expected


def test_many_objects_are_listed_instead_of_asked_for(ten, monkeypatch):
    monkeypatch.setattr(found_whole, "_ASKED_ONE_BY_ONE", 2)
    asked = []
    monkeypatch.setattr(type(ten.store.objects), "exists", lambda self, digest: asked.append(digest) or True)
    there = list(take_inventory(ten.store.backend, "objects").objects)[:6]
    exists = existing_objects(ten.store)
    assert [exists(digest) for digest in (*there, "0" * 64)] == [True] * 6 + [False]
    assert asked == there[:2]


def test_another_version_of_rows_is_not_found(staging, unplanned, monkeypatch):
    monkeypatch.setattr(found_whole, "SCHEMA_VERSION", 9)
    with pytest.raises(LookedAt):
        staging.plan()
    assert packed_plans.SCHEMA_VERSION != 9
