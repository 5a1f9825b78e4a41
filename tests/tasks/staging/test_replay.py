import json

import cv2
import numpy as np
import pytest
from PIL import Image

from shls_core.errors import InputError, NameUnknown
from storage.records.manifests import DatasetManifest, StageManifest, get_record, put_record
from storage.rows.shards import put_shard, read_columns
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import SCHEMAS, schema_of
from storage.rows.stage_names import SEQUENCES, SUPERPIXELS
from tasks.staging.replay import changed_since, replay
from tasks.staging.replay_pictures import write_pictures


def sample_ids(staged):
    artifact = StageArtifact(staged.store.objects, staged.outcomes[SEQUENCES].artifact)
    return [address.sample_id for address, _ in artifact.accepted()]


def with_rows_changed(store, dataset_id, stage, change, **manifest_changes):
    """The id of a dataset of which every row of one stage went through `change`, and its manifest too."""
    dataset = get_record(store.objects, dataset_id, DatasetManifest)
    manifest = get_record(store.objects, dataset.stages[stage], StageManifest)
    shards = []
    for shard in manifest.shards:
        rows = read_columns(store.objects, shard.digest, SCHEMAS[stage].arrow.names).to_pylist()
        shards.append(put_shard(store.objects, schema_of(stage).arrow, [row | change(row) for row in rows]))
    changed = manifest.model_copy(update={"shards": tuple(shards)} | manifest_changes)
    return put_record(
        store.objects,
        DatasetManifest(stages=dataset.stages | {stage: put_record(store.objects, changed)}),
    )


def moved(row):
    """The row with the template of the last frame moved by a few pixels, in the recipe alone."""
    recipe = json.loads(row["recipe"])
    recipe["template"]["frames"][-1]["matrix"][0][2] += 5
    return {"recipe": json.dumps(recipe)}


def test_every_sample_is_made_again_to_the_byte(staged):
    ids = sample_ids(staged)
    assert len(ids) == 8
    for sample in ids:
        replayed = replay(staged.store, staged.dataset, sample)
        assert (replayed.status, replayed.sample_id) == ("identical", sample)
        assert [str(stage) for stage in replayed.stages] == ["sequences: identical", "superpixels: identical"]


def test_a_changed_recipe_is_found(staged, staged_copy):
    changed = with_rows_changed(staged_copy, staged.dataset, SEQUENCES, moved)
    sample = sample_ids(staged)[0]
    replayed = replay(staged_copy, changed, sample)
    last = len(replayed.sequence.frames) - 1
    sequences, superpixels = replayed.stages
    assert (replayed.status, sequences.differing) == ("different", (f"frame {last}", f"mask {last}"))
    assert str(sequences) == f"sequences: different: frame {last}, mask {last}"
    assert superpixels.status == "identical"  # of the frames as they are stored


def test_changed_bytes_are_found(staged, staged_copy):
    def swapped(row):
        first, second, *others = row["superpixel_maps"]
        return {"superpixel_maps": [second, first, *others]}

    changed = with_rows_changed(staged_copy, staged.dataset, SUPERPIXELS, swapped)
    replayed = replay(staged_copy, changed, sample_ids(staged)[0])
    assert replayed.stages[1].differing == ("superpixel map 0", "superpixel map 1")
    assert (replayed.status, replayed.stages[0].status) == ("different", "identical")


def test_a_frame_too_many_differs(staged, staged_copy):
    changed = with_rows_changed(
        staged_copy, staged.dataset, SEQUENCES, lambda row: {"masks": [*row["masks"], row["masks"][0]]}
    )
    replayed = replay(staged_copy, changed, sample_ids(staged)[0])
    assert replayed.stages[0].differing == (f"mask {len(replayed.sequence.masks)}",)


def test_bytes_of_another_platform_are_not_comparable(staged, staged_copy):
    manifest = StageArtifact(staged.store.objects, staged.outcomes[SEQUENCES].artifact).manifest
    now = manifest.versions["opencv-python-headless"]
    elsewhere = {"versions": manifest.versions | {"opencv-python-headless": "4.0"}}
    changed = with_rows_changed(staged_copy, staged.dataset, SEQUENCES, moved, **elsewhere)
    replayed = replay(staged_copy, changed, sample_ids(staged)[0])
    assert replayed.status == "not comparable"
    assert str(replayed.stages[0]) == (
        f"sequences: not comparable: opencv-python-headless 4.0 then, {now} now"
    )

    # Where the bytes agree all the same, they are identical.
    same = with_rows_changed(staged_copy, staged.dataset, SEQUENCES, lambda row: {}, **elsewhere)
    assert replay(staged_copy, same, sample_ids(staged)[0]).status == "identical"


def test_what_has_changed_since_is_named(staged):
    manifest = StageArtifact(staged.store.objects, staged.outcomes[SUPERPIXELS].artifact).manifest
    assert changed_since(manifest) == ()
    other_code = manifest.model_copy(update={"code_digest": "0" * 64})
    assert changed_since(other_code) == (f"code 000000000000 then, {manifest.code_digest[:12]} now",)
    gone = manifest.model_copy(update={"versions": {"no-such-package": "1.0"}})
    assert changed_since(gone) == ("no-such-package 1.0 then, none now",)


@pytest.mark.parametrize("recipe", ["{}", "not JSON"])
def test_a_damaged_recipe_is_one_line(staged, staged_copy, recipe):
    changed = with_rows_changed(staged_copy, staged.dataset, SEQUENCES, lambda row: {"recipe": recipe})
    with pytest.raises(InputError, match="expected a recipe, got"):
        replay(staged_copy, changed, sample_ids(staged)[0])


def test_a_recipe_of_other_stills_is_one_line(staged, staged_copy):
    def foreign(row):
        recipe = json.loads(row["recipe"])
        recipe["template"]["image_id"] = "f" * 64
        return {"recipe": json.dumps(recipe)}

    changed = with_rows_changed(staged_copy, staged.dataset, SEQUENCES, foreign)
    with pytest.raises(InputError, match="expected a recipe of stills of its dataset, got ffffffffffff…"):
        replay(staged_copy, changed, sample_ids(staged)[0])


def test_the_beginning_of_an_id_is_enough(staged):
    sample = sample_ids(staged)[3]
    assert replay(staged.store, staged.dataset, sample[:6]).sample_id == sample


@pytest.mark.parametrize("length", [0, 5])
def test_too_short_a_beginning_is_refused(staged, length):
    with pytest.raises(NameUnknown, match="at least its first 6 digits, got"):
        replay(staged.store, staged.dataset, sample_ids(staged)[0][:length])


def test_an_unknown_sample_is_refused(staged):
    with pytest.raises(NameUnknown, match=f"of dataset {staged.dataset[:12]}….*'zzzzzzzz', which begins 0"):
        replay(staged.store, staged.dataset, "zzzzzzzz")


def test_pictures_show_what_was_rendered(staged, tmp_path):
    replayed = replay(staged.store, staged.dataset, sample_ids(staged)[0])
    paths = write_pictures(replayed, tmp_path / "look" / "here")
    assert len(paths) == 3 * len(replayed.sequence.frames)
    for time, (frame, mask) in enumerate(zip(replayed.sequence.frames, replayed.sequence.masks, strict=True)):
        folder = tmp_path / "look" / "here"
        np.testing.assert_array_equal(cv2.imread(str(folder / f"frame_{time}.png"))[..., ::-1], frame)
        np.testing.assert_array_equal(np.asarray(Image.open(folder / f"mask_{time}.png")), mask)
        assert np.asarray(Image.open(folder / f"superpixels_{time}.png")).shape == frame.shape


def test_a_folder_that_cannot_be_written_is_named(staged, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"expected a folder to write to at .*file"):
        write_pictures(replay(staged.store, staged.dataset, sample_ids(staged)[0]), tmp_path / "file")
