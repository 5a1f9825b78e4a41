"""What is drawn is made again from recipes, photographs and inputs; a difference proves only what it can."""

import json

import pytest

from storage.objects.objects import object_path
from storage.records.manifests import DatasetManifest, StageManifest, get_record, put_record
from storage.rows.shards import put_shard, read_columns
from storage.rows.stage_graph import SCHEMAS, schema_of
from storage.rows.stage_names import OF_STILLS
from storage.tables.append_only import Row
from tasks.runs.platform_kind import platform_kind
from tasks.upkeep.auditing.judging import Again, other_platforms
from tasks.upkeep.auditing.replaying import replay_at_random


def build(dataset, **details) -> Row:
    return {"kind": "dataset", "outputs": [dataset], "details": json.dumps(details)}


def changed(store, dataset_id, stage, change, **manifest_changes):
    """The id of a dataset of which every row of one stage went through `change`, and its manifest too."""
    dataset = get_record(store.objects, dataset_id, DatasetManifest)
    manifest = get_record(store.objects, dataset.stages[stage], StageManifest)
    shards = []
    for shard in manifest.shards:
        rows = read_columns(store.objects, shard.digest, SCHEMAS[stage].arrow.names).to_pylist()
        shards.append(put_shard(store.objects, schema_of(stage).arrow, [row | change(row) for row in rows]))
    other = manifest.model_copy(update={"shards": tuple(shards)} | manifest_changes)
    return put_record(
        store.objects,
        DatasetManifest(stages=dataset.stages | {stage: put_record(store.objects, other)}),
    )


def replayed(store, *datasets, count=99, seed=0, runs=None):
    on_this = [build(dataset, platform=platform_kind()) for dataset in datasets] if runs is None else runs
    return replay_at_random(store.objects, datasets, on_this, count, seed, lambda done, total: None)


def test_all_of_a_dataset_comes_out_again(staged):
    found = replayed(staged.store, staged.dataset)
    assert {one.status for one in found} == {"identical"}
    rows = {(one.stage, one.what) for one in found if one.what.startswith("row")}
    assert {stage: sum(name == stage for name, _ in rows) for stage in OF_STILLS} == dict.fromkeys(
        OF_STILLS, 8
    )
    assert [one.stage for one in found if one.what.startswith("shard")] == list(OF_STILLS)


def test_the_same_seed_draws_the_same_and_another_seed_others(staged):
    def draw(seed):
        return [(one.stage, one.what) for one in replayed(staged.store, staged.dataset, count=2, seed=seed)]

    assert draw(1) == draw(1)
    assert len({tuple(draw(seed)) for seed in range(4)}) > 1


def test_what_several_datasets_share_is_drawn_once(staged, staged_copy):
    other = changed(staged_copy, staged.dataset, "ingest", lambda row: {"source": "elsewhere"})
    found = replayed(staged_copy, staged.dataset, other)
    assert sum(one.stage == "sequences" and one.what.startswith("row") for one in found) == 8


@pytest.mark.parametrize(
    ("stage", "change", "differs"),
    [
        ("ingest", lambda row: {"perceptual_hash": "0" * 16}, "perceptual_hash"),
        ("saliency", lambda row: {"confidence": 0.123}, "confidence"),
        ("saliency", lambda row: {"row_key": "0" * 64}, "row_key"),
        ("superpixels", lambda row: {"superpixel_maps": row["superpixel_maps"][::-1]}, "superpixel map 0"),
        ("sequences", lambda row: {"recipe": "not JSON"}, "expected a recipe"),
    ],
)
def test_what_was_not_made_so_differs_in_its_row_and_in_its_shard(
    staged, staged_copy, stage, change, differs
):
    forged = changed(staged_copy, staged.dataset, stage, change)
    found = [one for one in replayed(staged_copy, forged) if one.stage == stage]
    assert {one.status for one in found if one.what.startswith("shard")} == {"different"}
    rows = [one for one in found if one.what.startswith("row")]
    assert rows
    assert all(one.status == "different" and one.differing[0].startswith(differs) for one in rows)
    manifest = get_record(
        staged_copy.objects,
        get_record(staged_copy.objects, forged, DatasetManifest).stages[stage],
        StageManifest,
    )
    assert {one.path for one in found} <= {object_path(shard.digest) for shard in manifest.shards}


def test_a_row_that_was_left_out_is_missed_by_the_plan(staged, staged_copy):
    dataset = get_record(staged_copy.objects, staged.dataset, DatasetManifest)
    manifest = get_record(staged_copy.objects, dataset.stages["sequences"], StageManifest)
    rest = manifest.model_copy(update={"shards": manifest.shards[1:]})
    forged = put_record(
        staged_copy.objects,
        DatasetManifest(stages=dataset.stages | {"sequences": put_record(staged_copy.objects, rest)}),
    )
    (shard,) = [
        one
        for one in replayed(staged_copy, forged)
        if one.stage == "sequences" and one.what.startswith("shard")
    ]
    assert shard.status == "different"
    assert all(what.startswith("planned or stored alone: row") for what in shard.differing)


def test_other_packages_code_parameters_and_detectors_are_not_comparable(staged, staged_copy):
    manifest = get_record(staged_copy.objects, staged.outcomes["saliency"].artifact, StageManifest)
    of_network = {"saliency": manifest.parameters["saliency"] | {"detector": "onnx"}}
    for changes, told in (
        ({"versions": manifest.versions | {"scipy": "0.1"}}, "scipy 0.1 then"),
        ({"code_digest": "1" * 64}, "code 111111111111 then"),
        ({"parameters": manifest.parameters | {"max_side": "wide"}}, "its parameters are those of another"),
        ({"parameters": manifest.parameters | {"unheard": 1}}, "its parameters are those of another version"),
        ({"parameters": manifest.parameters | of_network}, "its detector (onnx) is a file of its user's own"),
    ):
        forged = changed(
            staged_copy, staged.dataset, "saliency", lambda row: {"confidence": 0.123}, **changes
        )
        found = [one for one in replayed(staged_copy, forged, count=2) if one.stage == "saliency"]
        assert {one.status for one in found} == {"not comparable"}
        assert told in str(found[0])


@pytest.mark.parametrize("platform", ["arm64; NEON; neoversen1", None])
def test_another_kind_of_machine_is_not_comparable_and_never_different(staged, staged_copy, platform):
    forged = changed(staged_copy, staged.dataset, "saliency", lambda row: {"confidence": 0.123})
    for runs in ([build(forged, platform=platform)], [build(forged)], []):
        found = replayed(staged_copy, forged, runs=runs)
        assert {one.status for one in found} == {"identical", "not comparable"}  # never "different"


def test_what_is_not_there_is_not_made_again(staged, staged_copy):
    shard = get_record(staged_copy.objects, staged.outcomes["saliency"].artifact, StageManifest).shards[0]
    (staged_copy.root / object_path(shard.digest)).unlink()
    (one,) = replayed(staged_copy, staged.dataset)
    assert (one.status, one.differing) == ("not comparable", ("it was not made again",))
    assert shard.digest[:12] in one.changed_since[0]


def test_all_builds_before_one_may_have_made_its_rows():
    here = platform_kind()
    runs = [build("a", platform="other"), build("b", platform=here), build("c", platform="third")]
    assert other_platforms(runs, "a") == (f"made on other, now on {here}",)
    assert other_platforms(runs, "b") == (f"made on other, now on {here}",)
    assert other_platforms(runs[1:2], "b") == ()
    by_two = [
        {"platform": here, "slic": "standard", "nodes": ["a"]},
        {"platform": "arm", "slic": None, "nodes": ["b"]},
    ]
    on_cluster = [build("e", platform=None, workers=by_two)]
    assert other_platforms(on_cluster, "e") == (f"made on arm, now on {here}",)
    assert other_platforms([build("e", platform=None, workers=by_two[:1])], "e") == ()
    assert other_platforms(runs, "d") == ("no record of the kind of machine then",)


def test_an_agreement_is_one_whatever_has_changed():
    made = Again("d" * 64, "ingest", "row 1", "objects/x", (), ("scipy 1 then, 2 now",))
    assert made.status == "identical"
