"""Reasons: what is told of every way in which a plan can differ from the dataset there is."""

import dataclasses

import pytest

from storage.objects.objects import object_path
from storage.provenance import environment
from storage.rows.stage_names import OF_STILLS
from storage.store import Store
from tasks.planning.baseline import Baseline
from tasks.planning.file_names import FileNames
from tasks.planning.staleness import Staleness


def reasons(staging):
    """The reasons of every stage, and of its stale shards, as they are told."""
    plan = staging.plan()
    baseline = Baseline.latest(staging.store, "photos")
    names = FileNames(plan, baseline)
    told = {}
    for stage in plan.stages:
        staleness = Staleness(plan, stage, baseline, names)
        told[stage.stage.name] = (
            [str(reason) for reason in staleness.of_stage()],
            ["; ".join(map(str, staleness.of_shard(shard))) for shard in stage.stale],
        )
        assert all(staleness.of_shard(shard) for shard in stage.stale)
        assert not [reason for shard in stage.shards if shard.ref for reason in staleness.of_shard(shard)]
    return told


def test_what_is_fresh_has_no_reason(ten):
    assert reasons(ten) == dict.fromkeys(OF_STILLS, ([], []))


def test_a_parameter_is_told_by_its_path_from_and_to(staging):
    staging.sections = {"superpixels": {"compactness": 19.0}}
    told = reasons(staging)
    stage, shards = told.pop("superpixels")
    assert stage == ["parameter compactness from 20.0 to 19.0"]
    assert set(shards) == {"parameter compactness from 20.0 to 19.0"}
    assert told == dict.fromkeys(OF_STILLS[:3], ([], []))


def test_what_was_remade_is_the_reason_behind_it(staging):
    staging.sections = {"saliency": {"min_component_share": 0.002}}
    told = reasons(staging)
    assert told["ingest"] == ([], [])
    assert told["saliency"][0] == ["parameter saliency.min_component_share from 0.001 to 0.002"]
    assert told["sequences"][0] == ["10 saliency rows made anew (00.png, 01.png, 02.png, …)"]
    assert all("whose inputs changed" in shard for shard in told["sequences"][1])
    assert told["superpixels"][0] == ["10 sequences rows made anew (00.png, 01.png, 02.png, …)"]


def test_code_is_told_by_module(staging, change_code):
    change_code("shls_core.synthesis.warping", "\n\nNEW = 1\n")
    told = reasons(staging)
    assert told["sequences"][0] == ["code of module shls_core.synthesis.warping changed"]
    assert told["saliency"] == ([], [])
    change_code("shls_core.synthesis.warping", "\n\nimport shls_core.methods.shls.losses.nt_xent\n")
    assert (
        "code of module shls_core.methods.shls.losses.nt_xent newly used" in reasons(staging)["sequences"][0]
    )


def test_code_whose_modules_nobody_recorded_is_told_by_its_digest(staging, change_code):
    manifest = Baseline.of(staging.store, "photos").artifacts["superpixels"].manifest
    (staging.store.root / object_path(manifest.code_digest)).unlink()
    change_code("tasks.stages.superpixels", "\n\nNEW = 1\n")
    (told,) = reasons(staging)["superpixels"][0]
    assert told.startswith(f"code changed, from {manifest.code_digest[:12]}… to ")


def test_a_package_is_told_with_its_versions(staging, monkeypatch):
    installed = environment.package_version
    now = installed("fast-slic")
    monkeypatch.setattr(
        environment, "package_version", lambda name: "9.9" if name == "fast-slic" else installed(name)
    )
    told = reasons(staging)
    assert told["superpixels"][0][0] == f"package fast-slic from {now} to 9.9"
    assert told["ingest"] == ([], [])


def test_another_schema_is_told(staging, monkeypatch):
    from tasks.planning import making, packed_plans

    monkeypatch.setattr(making, "SCHEMA_VERSION", 9)
    monkeypatch.setattr(packed_plans, "SCHEMA_VERSION", 9)
    assert reasons(staging)["ingest"][0] == ["schema version from 3 to 9"]


def test_photographs_are_told_by_name(staging, new_photograph):
    new_photograph(staging.folder / "new.png", seed=3)
    new_photograph(staging.folder / "03.png", seed=4)
    (staging.folder / "05.png").unlink()
    (staging.folder / "06.png").rename(staging.folder / "six.png")
    (staging.folder / "photographs.csv").write_text("file_name,licence\n07.png,CC0\n")
    told = reasons(staging)
    assert told["ingest"][0] == [
        "1 photograph added (new.png)",
        "1 photograph changed (03.png)",
        "1 photograph removed (05.png)",
        "1 photograph renamed (six.png)",
        "1 photograph with other notes (07.png)",
    ]
    assert told["saliency"][0] == [
        "2 ingest rows added (03.png, new.png)",
        "2 ingest rows made anew (07.png, six.png)",
        "2 ingest rows removed (03.png, 05.png)",
    ]
    shards = "; ".join(told["ingest"][1])
    for part in ("new row", "row removed (05.png)", "described otherwise"):
        assert part in shards
    assert "new row" in "; ".join(told["sequences"][1])


def test_a_sequence_that_pastes_another_photograph_says_so(large, new_photograph):
    new_photograph(large.folder / "new.png")
    shards = "; ".join(reasons(large)["sequences"][1])
    assert "1 new row (new.png)" in shards
    assert "that read other rows" in shards


def test_shards_that_only_lost_a_row_say_so(staging):
    (staging.folder / "05.png").unlink()
    told = reasons(staging)["ingest"]
    assert told == (["1 photograph removed (05.png)"], ["1 row removed (05.png)"])


def test_other_shards_of_the_same_rows_are_told(staging):
    staging.sections = {"staging": {"rows_per_shard": 10}}
    assert reasons(staging)["superpixels"] == (
        ["10 rows grouped into other shards"],
        ["10 rows of other shards"],
    )


@pytest.mark.parametrize("stage", OF_STILLS)
def test_rows_that_are_lost_are_told(staging, stage):
    artifact = Baseline.of(staging.store, "photos").artifacts[stage]
    lost = artifact.manifest.shards[0]
    (staging.store.root / object_path(lost.digest)).unlink()
    told, shards = reasons(staging)[stage]
    assert told[0].startswith(f"{lost.rows} row")
    assert "not found in the store" in told[0]
    assert [shard.split(" (")[0] for shard in shards] == [told[0].split(" (")[0]]
    behind = [name for name in OF_STILLS[OF_STILLS.index(stage) + 1 :] if stage in ("saliency", "sequences")]
    assert all("not found" not in "".join(reasons(staging)[name][0]) for name in behind)


def test_without_a_dataset_to_compare_with_rows_are_new(ten, tmp_path):
    told = reasons(dataclasses.replace(ten, store=Store.create(tmp_path / "empty")))
    assert told["ingest"][0] == ["no dataset of this name is published yet"]
    assert "new row" in told["superpixels"][1][0]


@pytest.mark.parametrize("stage", OF_STILLS)
def test_a_reason_keeps_what_it_was_made_of_for_machines(staging, stage):
    staging.sections = {"superpixels": {"compactness": 19.0}}
    plan = staging.plan()
    baseline = Baseline.latest(staging.store, "photos")
    planned = plan.stages[OF_STILLS.index(stage)]
    found = Staleness(plan, planned, baseline, FileNames(plan, baseline)).of_stage()
    expected = [("parameter", "compactness", 20.0, 19.0)] if stage == "superpixels" else []
    assert [(reason.kind, reason.name, reason.before, reason.after) for reason in found] == expected
