"""`shls dataset preview`, as it is typed."""

import json
import shutil

import pytest
from PIL import Image

from flows.cli.dataset.contact_sheet import CAPTION_PX, GAP_PX, LABEL_PX, SIDE_PX
from storage.store import Store

ROW_PX = CAPTION_PX + LABEL_PX + SIDE_PX + GAP_PX


def height_of(picture):
    with Image.open(picture) as opened:
        return opened.height


def files_in(folder):
    return sorted(folder.rglob("*"))


def test_one_row_per_photograph_and_nothing_in_the_store(shls, config_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "preview.png"
    result = shls(
        "dataset", "preview", "--config", config_file(), "--count", "3", "--out", out, "--store", "no"
    )
    assert (result.exit_code, result.stdout) == (0, f"{out}: 3 samples\n"), result.stderr
    assert height_of(out) == 3 * ROW_PX
    assert sorted(path.name for path in tmp_path.iterdir()) == ["preview.png", "tiny.yaml"]


def test_two_configurations_side_by_side_on_the_photographs_of_a_store(
    shls, first_run, config_file, tmp_path
):
    changed, before = tmp_path / "changed.yaml", config_file(ingest={"images": None})
    changed.write_text(before.read_text().replace("num_superpixels: 30", "num_superpixels: 12"))
    out, held = tmp_path / "preview.png", files_in(first_run.store)
    result = shls(
        *("dataset", "preview", "--config", changed, "--against", before, "--store", first_run.store),
        *("--count", "2", "--out", out, "--json"),
    )
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert [caption.split(":")[0] for caption in printed["samples"]] == ["new", "against"] * 2
    names = [caption.split(": ")[1] for caption in printed["samples"]]
    assert names[0] == names[1] != names[2] == names[3]
    assert height_of(printed["picture"]) == 4 * ROW_PX
    assert files_in(first_run.store) == held


@pytest.mark.parametrize(
    ("images", "options", "told"),
    [
        ("nowhere", (), "expected a folder of photographs, found none at nowhere"),
        (None, ("--store", "nowhere"), "expected a store at nowhere"),
        (None, ("--count", "0"), "Invalid value for '--count'"),
        ("nowhere", ("--out", "preview.jpg"), "expected a file name that ends in .png"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_no_picture(
    shls, config_file, tmp_path, monkeypatch, images, options, told
):
    monkeypatch.chdir(tmp_path)
    result = shls("dataset", "preview", "--config", config_file(ingest={"images": images}), *options)
    assert result.exit_code != 0
    (line,) = result.stderr.splitlines()
    assert told in line
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.yaml"]


def test_a_preview_of_videos_says_what_is_left_out_of_them(shls, videos, tmp_path):
    folder, store, out = tmp_path / "videos", tmp_path / "store", tmp_path / "preview.png"
    folder.mkdir()
    for number in range(3):
        shutil.copy(videos / f"film-{number}.mp4", folder)
    (folder / "poster.jpg").write_bytes((videos / "frames" / "0.jpg").read_bytes())
    Store.create(store)
    withdrawn = shls("dataset", "withdraw", folder / "film-0.mp4", "--reason", "consent", "--store", store)
    assert withdrawn.exit_code == 0, withdrawn.stderr
    result = shls("dataset", "preview", "--videos", folder, "--store", store, "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["left_out"], [one["kind"] for one in told["skipped"]]) == ({"consent": 1}, ["picture"])
    assert "1 video left out: withdrawn (consent)" in result.stderr
    assert "1 picture left out: it is no frame of a folder of frames (poster.jpg)" in result.stderr
    assert [caption.split(":")[0] for caption in told["samples"]] == ["film-1.mp4", "film-2.mp4"]
