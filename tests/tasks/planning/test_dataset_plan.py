"""What is planned is what is then done."""

import dataclasses
import shutil

import pytest

from storage.canonical import digest_bytes
from storage.objects.objects import object_path
from storage.provenance import environment
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import OF_STILLS
from storage.store import Store

EVERYTHING = dict.fromkeys(OF_STILLS, 10)
NOTHING = dict.fromkeys(OF_STILLS, 0)


def files_in(store):
    return {path: path.stat().st_mtime_ns for path in store.root.rglob("*") if path.is_file()}


def planned_and_computed(staging):
    """Plan and build; check that what was promised for certain was kept; return the rows of both."""
    plan = staging.plan()
    outcomes = staging.build()
    for stage in plan.stages:
        outcome = outcomes[stage.stage.name]
        assert outcome.rows_computed <= stage.rows_to_compute
        if plan.is_exact(stage):
            assert outcome.rows_computed == stage.rows_to_compute
            assert (outcome.rows, outcome.shards_computed) == (stage.num_rows, len(stage.stale))
    computed = {name: outcome.rows_computed for name, outcome in outcomes.items()}
    return {stage.stage.name: stage.rows_to_compute for stage in plan.stages}, computed


def test_in_an_empty_store_everything_is_to_be_made(ten, tmp_path):
    empty = dataclasses.replace(ten, store=Store.create(tmp_path / "empty"))
    plan = empty.plan()
    assert {stage.stage.name: stage.rows_to_compute for stage in plan.stages} == EVERYTHING
    assert {shard.status for stage in plan.stages for shard in stage.shards} == {"new"}
    assert plan.dataset_id() is None


def test_what_is_there_is_fresh_and_has_its_id(ten):
    plan = ten.plan()
    assert {shard.status for stage in plan.stages for shard in stage.shards} == {"fresh"}
    assert plan.dataset_id() == ten.store.names.resolve("photos")


def test_planning_writes_nothing(staging, new_photograph):
    new_photograph(staging.folder / "new.png")
    before = files_in(staging.store)
    assert staging.plan().dataset_id() is None
    assert files_in(staging.store) == before


def test_one_photograph_more_is_few_rows_and_their_number_is_known_before(large, new_photograph):
    new_photograph(large.folder / "new.png")
    planned, computed = planned_and_computed(large)
    assert planned == computed
    assert (computed["ingest"], computed["saliency"]) == (1, 1)
    assert 1 <= computed["sequences"] == computed["superpixels"]
    assert sum(computed.values()) <= 0.1 * 4 * 41


def test_one_photograph_less_leaves_no_row_that_descends_from_it_and_back_again_is_as_before(large, forty):
    gone = digest_bytes((large.folder / "07.png").read_bytes())
    (large.folder / "07.png").unlink()
    planned, computed = planned_and_computed(large)
    assert planned == computed
    assert sum(computed.values()) <= 0.1 * 4 * 40
    for outcome in large.build().values():
        artifact = StageArtifact(large.store.objects, outcome.artifact)
        rows = artifact.table(["source_ids", "parents"]).to_pylist()
        assert len(rows) == 39
        assert not [row for row in rows if gone in row["source_ids"] or gone in row["parents"]]

    shutil.copy(forty.folder / "07.png", large.folder)
    assert planned_and_computed(large) == (NOTHING, NOTHING)
    assert large.publish() == forty.store.names.resolve("photos")


def test_a_photograph_that_changed_is_one_less_and_one_more(staging, new_photograph):
    new_photograph(staging.folder / "05.png", seed=2)
    planned, computed = planned_and_computed(staging)
    assert planned == computed
    assert (computed["ingest"], computed["saliency"]) == (1, 1)
    assert 1 <= computed["sequences"] < 10


def test_a_photograph_of_another_name_is_one_row_of_ingest(staging):
    (staging.folder / "05.png").rename(staging.folder / "renamed.png")
    planned, computed = planned_and_computed(staging)
    assert computed == NOTHING | {"ingest": 1}
    assert planned["saliency"] == 1  # it cannot be known yet that the content is the same


@pytest.mark.parametrize("content", [b"not an image", None])
def test_a_file_that_will_be_rejected_brings_no_rows_behind_it(staging, content):
    duplicate = (staging.folder / "00.png").read_bytes()
    (staging.folder / "zz.png").write_bytes(content or duplicate)
    assert planned_and_computed(staging) == (NOTHING | {"ingest": 1},) * 2


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"superpixels": {"compactness": 19.0}}, NOTHING | {"superpixels": 10}),
        ({"synthesis": {"frame_size": 34}}, NOTHING | {"sequences": 10, "superpixels": 10}),
        ({"saliency": {"border_radius_px": 0}}, EVERYTHING | {"ingest": 0}),
        ({"ingest": {"max_side": 65}}, EVERYTHING),
        ({"staging": {"rows_per_shard": 10}}, NOTHING),
        ({"staging": {"max_rejected_share": 0.9}}, NOTHING),
    ],
)
def test_a_parameter_makes_its_stage_anew_and_those_behind(staging, sections, expected):
    staging.sections = sections
    planned, computed = planned_and_computed(staging)
    assert planned == expected
    # Where a mask comes out as it was, nothing behind it is made; but not all of them do.
    assert all((computed[stage] > 0) == (expected[stage] > 0) for stage in OF_STILLS)


def test_rows_that_come_out_as_they_were_stop_the_work_behind_them(staging):
    staging.sections = {"saliency": {"min_component_share": 0.001001}}
    planned, computed = planned_and_computed(staging)
    assert planned == EVERYTHING | {"ingest": 0}
    assert computed == NOTHING | {"saliency": 10}


@pytest.mark.parametrize(
    ("module", "stages"),
    [
        ("shls_core.saliency.region_graph", {"saliency"}),
        ("shls_core.synthesis.warping", {"sequences"}),
        ("tasks.stages.superpixels", {"superpixels"}),
        ("shls_core.seeding", {"saliency", "sequences"}),
        ("storage.rows.shard_encoding", set(OF_STILLS)),
        ("storage.rows.schemas.superpixels", {"superpixels"}),
        ("storage.rows.schemas.ingest", {"ingest"}),
    ],
)
def test_code_inside_the_closure_of_a_stage_makes_it_anew(staging, change_code, module, stages):
    change_code(module, "\n\nNEW = 1\n")
    planned, computed = planned_and_computed(staging)
    assert computed == NOTHING | dict.fromkeys(stages, 10)
    first = min(OF_STILLS.index(stage) for stage in stages)
    assert planned == NOTHING | dict.fromkeys(OF_STILLS[first:], 10)


@pytest.mark.parametrize("module", ["storage.rows.stage_graph", "storage.rows.stage_names"])
def test_one_more_stage_makes_no_other_anew(staging, change_code, module):
    change_code(module, "\n\nCLIPS = 'clips'\n")
    assert planned_and_computed(staging) == (NOTHING, NOTHING)


@pytest.mark.parametrize(
    ("module", "addition"),
    [
        ("tasks.executor", "\nNEW = 1\n"),
        ("tasks.planning.staleness", "\nNEW = 1\n"),
        ("shls_core.methods.shls.losses.nt_xent", "\nNEW = 1\n"),
        ("shls_core.errors", "\nNEW = 1\n"),
        ("storage.rows.stage_artifact", "\nNEW = 1\n"),
        ("shls_core.saliency.rbd", '\n\n# A comment.\n"""A text that nobody reads."""\n'),
    ],
)
def test_code_outside_of_it_and_words_leave_everything_fresh(staging, change_code, module, addition):
    change_code(module, addition)
    assert planned_and_computed(staging) == (NOTHING, NOTHING)


def test_another_version_of_a_package_makes_the_stages_that_use_it_anew(staging, monkeypatch):
    installed = environment.package_version
    monkeypatch.setattr(
        environment, "package_version", lambda name: "0.1" if name == "scikit-image" else installed(name)
    )
    planned, computed = planned_and_computed(staging)
    assert planned == EVERYTHING | {"ingest": 0}
    assert computed == NOTHING | {"saliency": 10}


def test_a_missing_shard_is_seen(staging):
    artifact = StageArtifact(staging.store.objects, staging.build()["sequences"].artifact)
    lost = artifact.manifest.shards[0]
    (staging.store.root / object_path(lost.digest)).unlink()
    assert planned_and_computed(staging)[1] == NOTHING | {"sequences": lost.rows}


def test_crops_of_a_photograph_that_is_not_in_the_store_are_planned(staging, new_photograph):
    # No crop is too unsure of its object: that cannot be known before.
    staging.sections = {"crops": {"crops_per_image": 2}, "saliency": {"min_confidence": 0.0}}
    staging.build()
    new_photograph(staging.folder / "new.png")
    planned, computed = planned_and_computed(staging)
    assert planned == computed
    assert computed["saliency"] == 2
