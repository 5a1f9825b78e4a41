"""`shls segment` as a person runs it: a folder of frames, a mask, the checkpoint trained last."""

import json
import shutil

import cv2
import numpy as np
import pytest

from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.masks.label_files import read_mask
from storage.canonical import digest_bytes
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record, put_record
from storage.store import Store


@pytest.fixture
def clip(tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(3):
        frame = np.random.default_rng(number).integers(0, 255, (40, 56, 3), dtype=np.uint8)
        cv2.imwrite(str(frames / f"{number}.png"), frame)
    mask = np.zeros((40, 56), np.uint8)
    mask[10:30, 10:30], mask[10:30, 35:50] = 1, 2
    write_mask(tmp_path / "first.png", mask)
    return frames, tmp_path / "first.png", tmp_path / "out"


def test_masks_pictures_and_json(shls, first_run, clip):
    frames, mask, out = clip
    options = ("--store", first_run.store, "--superpixels", 40, "--overlay", "--json")
    result = shls("segment", frames, "--mask", mask, "--out", out, *options)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {
        "checkpoint": first_run.outcome.training.checkpoint,
        "num_frames": 3,
        "num_objects": 2,
        "objects": [
            {"label": 1, "seen_as": "index 1, #800000", "share": 0.178571},
            {"label": 2, "seen_as": "index 2, #008000", "share": 0.133929},
        ],
        "mask_lines": [
            "first.png: 2 objects: 1 (index 1, #800000, 17.9 %), 2 (index 2, #008000, 13.4 %); "
            "background 68.8 %"
        ],
        "num_frames_stated": None,
        "damaged_frames": [],
        "doubtful_frames": [],
        "is_cut_off": False,
        "notes": [],
        "masks": str(out / "masks"),
        "contact_sheet": str(out / "contact_sheet.png"),
        "overlay": str(out / "overlay.mp4"),
    }
    assert sorted(path.name for path in out.iterdir()) == ["contact_sheet.png", "masks", "overlay.mp4"]
    np.testing.assert_array_equal(read_mask(out / "masks" / "0.png"), read_mask(mask))


def test_people_are_told_where_to_look(shls, first_run, clip):
    frames, mask, out = clip
    told = shls("segment", frames, "--mask", mask, "--out", out, "--store", first_run.store).stdout
    assert told.startswith("3 frames, 2 objects: masks in ")
    assert "contact_sheet.png" in told


def test_objects_may_appear_later(shls, first_run, clip, tmp_path):
    frames, mask, out = clip
    given = tmp_path / "masks"
    given.mkdir()
    mask.rename(given / "0.png")
    later = np.zeros((40, 56), np.uint8)
    later[2:8, 2:50] = 200
    write_mask(given / "2.png", later)
    options = ("--store", first_run.store, "--superpixels", 40, "--json")
    for number, places in enumerate(
        [("--mask", given), ("--mask", given / "0.png", "--mask", given / "2.png")]
    ):
        result = shls("segment", frames, *places, "--out", out / str(number), *options)
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["num_objects"] == 3
        last = read_mask(out / str(number) / "masks" / "2.png")
        np.testing.assert_array_equal(last == 200, later == 200)


def spoilt(frames, mask, how):
    """Spoil the input and return what to segment with which mask."""
    labels = np.arange(40 * 56).reshape(40, 56) % 300
    if how == "size":
        write_mask(mask, np.ones((10, 10), np.uint8))
    elif how == "empty":
        write_mask(mask, np.zeros((40, 56), np.uint8))
    elif how == "16 bits":
        cv2.imwrite(str(mask), labels.astype(np.uint16))
    elif how == "colours":
        cv2.imwrite(str(mask), np.dstack([labels % 256, labels // 256, labels % 7]).astype(np.uint8))
    elif how == "no mask":
        mask.unlink()
    elif how == "no frame":
        return frames, frames.parent
    elif how == "video":
        (frames.parent / "clip.mp4").write_bytes(b"no video" * 99)
        return frames.parent / "clip.mp4", mask
    elif how == "nowhere":
        return frames.parent / "nowhere", mask
    elif how == "twice":
        cv2.imwrite(str(frames / "1.jpg"), np.zeros((40, 56, 3), np.uint8))
    elif how == "first frame":
        (frames / "0.png").write_bytes(b"no image")
    return frames, mask


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("size", "expected a mask of the frame's size, 56x40, got 10x10"),
        ("empty", "expected a mask with at least one object, got background only"),
        ("16 bits", "grey levels that mostly fill no areas"),
        ("colours", "colours that mostly fill no areas"),
        ("no mask", "expected a mask file, cannot read it: No such file or directory"),
        ("no frame", "expected the name of a frame, got first, which is none of"),
        ("video", "expected a video, got text"),
        ("nowhere", "expected a video file or a folder of frames, found none"),
        ("twice", "expected one image for every frame, got 1.jpg and 1.png"),
        ("first frame", "expected a frame, cannot read"),
    ],
)
def test_bad_input_is_one_line_and_makes_nothing(shls, first_run, clip, capfd, how, told):
    frames, mask, out = clip
    source, given = spoilt(frames, mask, how)
    result = shls("segment", source, "--mask", given, "--out", out, "--store", first_run.store, "--overlay")
    assert result.exit_code == 1
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not out.exists()


def test_a_checkpoint_of_another_network_is_one_line(shls, first_run, used_store, clip):
    frames, mask, out = clip
    store = Store.open(used_store)
    record = get_record(store.objects, first_run.outcome.training.checkpoint, CheckpointRecord)

    def refused(**changes):
        method = record.configuration["method"]
        method = method | {"network": method["network"] | changes}
        changed = record.model_copy(update={"configuration": record.configuration | {"method": method}})
        reference = ("--checkpoint", put_record(store.objects, changed))
        result = shls("segment", frames, "--mask", mask, "--out", out, "--store", used_store, *reference)
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1
        assert not out.exists()
        return result.stderr

    assert "as this version has it, got " in (told := refused(attention_heads=8))
    assert "method.network.attention_heads: Extra inputs are not permitted" in told
    assert "expected weights of a network with NetworkConfig" in refused(width_multiplier=0.25)


def test_masks_may_be_adapted_to_the_video(shls, first_run, clip, tmp_path):
    frames, mask, out = clip
    small = tmp_path / "small.yaml"
    small.write_text(
        f"base: {first_run.config}\nadaptation: {{steps: 2, size: 32, width: 0.0625, num_threads: 1}}\n"
    )
    options = ("--config", small, "--store", first_run.store, "--superpixels", 40)
    assert shls("segment", frames, "--mask", mask, "--out", tmp_path / "plain", *options).exit_code == 0
    result = shls("segment", frames, "--mask", mask, "--out", out, *options, "--adapt", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["adaptation"]["steps"] == 2
    np.testing.assert_array_equal(read_mask(out / "masks" / "0.png"), read_mask(mask))
    # Noise cannot be learned in two steps: propagated masks are kept, and that is said.
    assert found["adaptation"]["unlearned"] == [1, 2]
    assert "adaptation: object 2 keeps its propagated masks" in result.stderr
    for name in ("1.png", "2.png"):
        kept = read_mask(tmp_path / "plain" / "masks" / name)
        np.testing.assert_array_equal(read_mask(out / "masks" / name), kept)


def test_what_was_withdrawn_of_the_checkpoints_photographs_is_said(
    shls, first_run, photographs, clip, davis_benchmark, tmp_path
):
    frames, mask, out = clip
    store = shutil.copytree(first_run.store, tmp_path / "store")
    used = ("--store", store, "--superpixels", 40)
    withdrawn = photographs / "coffee.png"
    assert shls("dataset", "withdraw", withdrawn, "--reason", "revoked", "--store", store).exit_code == 0
    checkpoint, image = first_run.outcome.training.checkpoint, digest_bytes(withdrawn.read_bytes())
    line = f"checkpoint {checkpoint[:12]} was trained with withdrawn photographs: {image[:12]}… (revoked)"
    for command in (
        ("segment", frames, "--mask", mask, "--out", out),
        ("evaluate", "--davis", davis_benchmark[0], "--out", tmp_path / "scored", "--backend", "serial"),
    ):
        done = shls(*command, *used)
        assert done.exit_code == 0, done.stderr
        assert done.stderr.count(line) == 1
