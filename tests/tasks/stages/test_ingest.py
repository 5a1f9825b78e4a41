import csv
import os
import shutil
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest

from shls_core.errors import InputError, TooManyRejected
from storage.canonical import digest_bytes
from storage.objects.objects import object_path
from storage.rows.shards import RowReader
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.bundled_photographs import BUNDLED
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.input_reader import InputReader
from tasks.staging.build_stage import build_stage

COLUMNS = ("file_name", "sample_id", "rejected", "source", "licence", "consent", "scene", "height", "width")


@pytest.fixture
def folder(photographs, tmp_path):
    """A copy of the photographs, to add to and take from."""
    return Path(shutil.copytree(photographs, tmp_path / "photographs"))


@pytest.fixture
def ingest(store):
    """Return a function that ingests a folder and gives the rows by file name."""

    def run(folder, max_rejected_share=0.9, **config):
        stage = IngestStage(IngestConfig(images=str(folder), **config))
        staging = StagingConfig(rows_per_shard=4, max_rejected_share=max_rejected_share)
        outcome = build_stage(store, stage, {}, staging, ExecutionConfig(backend="serial"))
        table = StageArtifact(store.objects, outcome.artifact).table(COLUMNS).to_pylist()
        rows = {row.pop("file_name"): row for row in table}
        assert len(rows) == len(table) == outcome.rows
        assert sum(row["rejected"] is not None for row in rows.values()) == outcome.rejected
        return rows

    return run


def test_photographs_are_kept_as_they_came(ingest, store, photographs):
    rows = ingest(photographs, max_side=100)
    assert sorted(rows) == sorted(path.name for path in photographs.iterdir())
    stage = IngestStage(IngestConfig(images=str(photographs), max_side=100))
    outcome = build_stage(
        store, stage, {}, StagingConfig(rows_per_shard=4), ExecutionConfig(backend="serial")
    )
    reader = RowReader(store.objects)
    for address, row in StageArtifact(store.objects, outcome.artifact).accepted(("file_name",)):
        data = (photographs / row["file_name"]).read_bytes()
        assert reader.row(address.shard, address.index, ["image"]) == {"image": data}
        assert address.sample_id == digest_bytes(data)
        assert rows[row["file_name"]] == {
            "sample_id": address.sample_id,
            "rejected": None,
            "source": None,
            "licence": None,
            "consent": None,
            "scene": address.sample_id,
            "height": 100,
            "width": 100,
        }


def test_what_cannot_be_used_becomes_a_row_with_the_reason(ingest, folder):
    whole = (folder / "astronaut.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"nothing")
    (folder / "notes.txt").write_text("no photograph")
    (folder / "empty.jpg").write_bytes(b"")
    cv2.imwrite(str(folder / "tiny.png"), np.full((30, 200, 3), 90, np.uint8))
    (folder / "z_again.jpg").write_bytes(whole)
    rows = ingest(folder)
    reasons = {name: row["rejected"] for name, row in rows.items() if row["rejected"]}
    assert reasons == {
        "cut.jpg": "corrupt or truncated image: JPEG",
        "bad.png": "corrupt or truncated image: PNG",
        "notes.txt": "not an image",
        "empty.jpg": "not an image: empty file",
        "tiny.png": "too small: 30x200 px, at least 64 px expected",
        "z_again.jpg": "duplicate",
    }
    assert rows["astronaut.jpg"]["rejected"] is None
    assert all(row["height"] is None for name, row in rows.items() if name in reasons)


def test_of_files_with_the_same_bytes_the_first_by_name_counts(ingest, folder):
    for name in ("a_copy.jpg", "z_copy.jpg", "deep/copy.jpg"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(folder / "coffee.jpg", folder / name)
    rows = ingest(folder)
    assert rows["a_copy.jpg"]["rejected"] is None
    copies = ["coffee.jpg", "deep/copy.jpg", "z_copy.jpg"]
    assert [name for name, row in rows.items() if row["rejected"] == "duplicate"] == sorted(
        copies, key=lambda name: rows[name]["sample_id"]
    )
    assert len({rows[name]["sample_id"] for name in copies}) == 3


def test_folders_are_searched_in_depth_and_hidden_files_are_not_seen(ingest, folder):
    whole = (folder / "rocket.png").read_bytes()
    for number, name in enumerate(("deep/er/x.png", ".hidden.png", ".git/x.png", "deep/.cache/x.png")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(whole + bytes([number]))
    (folder / "broken_link.png").symlink_to(folder / "nowhere")
    rows = ingest(folder)
    assert len(rows) == 9
    assert [name for name in rows if "/" in name or "." in name[:1]] == ["deep/er/x.png"]


def test_a_name_that_is_not_utf_8_is_spelt_out(ingest, folder):
    whole = (folder / "rocket.png").read_bytes()
    (folder / os.fsdecode(b"caf\xe9.png")).write_bytes(whole + b"\0")
    rows = ingest(folder)
    assert rows["caf\\xe9.png"]["rejected"] is None


def test_notes_about_photographs_come_from_a_table_beside_them(ingest, folder):
    (folder / "deep").mkdir()
    shutil.move(folder / "coffee.png", folder / "deep" / "coffee.png")
    (folder / "broken.jpg").write_text("not a photograph")
    (folder / "photographs.csv").write_text(
        "\ufefffile_name,licence,scene,source\n"  # spreadsheets begin with a byte order mark
        'astronaut.jpg,CC0,cabin,"NASA, Houston"\n'
        "astronaut.png,,cabin,\n"
        "deep/coffee.png,CC BY 4.0,,Müller\n"
        "broken.jpg,CC0,cabin,\n"
        "not there.jpg,CC0,cabin,\n",
        encoding="utf-8",
    )
    rows = ingest(folder)
    assert "photographs.csv" not in rows
    wanted = ("source", "licence", "consent", "scene")
    assert [rows["astronaut.jpg"][key] for key in wanted] == ["NASA, Houston", "CC0", None, "cabin"]
    assert [rows["astronaut.png"][key] for key in wanted] == [None, None, None, "cabin"]
    coffee = rows["deep/coffee.png"]
    assert [coffee[key] for key in wanted] == ["Müller", "CC BY 4.0", None, coffee["sample_id"]]
    # What is known of a file is kept though it cannot be used.
    assert (rows["broken.jpg"]["licence"], rows["broken.jpg"]["rejected"]) == ("CC0", "not an image")


def test_a_note_changed_makes_its_row_anew_and_no_other(ingest, folder, store):
    def ingest_with_licence(licence):
        with (folder / "photographs.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["file_name", "licence"], ["coffee.jpg", licence]])
        stage = IngestStage(IngestConfig(images=str(folder)))
        return build_stage(store, stage, {}, StagingConfig(), ExecutionConfig(backend="serial"))

    first, second = ingest_with_licence("CC0"), ingest_with_licence("CC BY 4.0")
    assert second.rows_computed == 1
    assert second.artifact != first.artifact
    # The photographs are the same: nothing that is made of them has to be made again.
    content = [
        StageArtifact(store.objects, done.artifact).manifest.content_digest for done in (first, second)
    ]
    assert content[0] == content[1]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (
            b"name,licence\na,b\n",
            r"expected columns among .*'file_name'.* with file_name, got \['licence', 'name'\]",
        ),
        (b"file_name,price\na,b\n", r"got \['file_name', 'price'\]"),
        (b"", r"got \[\]"),
        ("file_name,source\na.jpg,Müller\n".encode("latin-1"), "expected comma-separated values in UTF-8"),
    ],
)
def test_a_table_of_notes_that_cannot_be_read_is_told(ingest, folder, table, told):
    (folder / "photographs.csv").write_bytes(table)
    with pytest.raises(InputError, match=rf"{told}.*photographs\.csv"):
        ingest(folder)


def test_where_there_are_no_photographs_it_says_so(ingest, tmp_path):
    with pytest.raises(InputError, match=r"expected a folder of photographs, found none at .*nowhere"):
        ingest(tmp_path / "nowhere")
    (tmp_path / "empty" / ".hidden").mkdir(parents=True)
    with pytest.raises(InputError, match=r"expected image files in .*empty, found none"):
        ingest(tmp_path / "empty")
    with pytest.raises(InputError, match=r"expected a folder of photographs in --images or ingest\.images"):
        IngestStage(IngestConfig()).plan({})


def test_a_folder_without_a_readable_image_is_told_with_reasons(ingest, store, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(str(number))
    (folder / "x.jpg").write_bytes(b"\xff\xd8\xff")
    told = "got 4 of 4 rejected: 3 x not an image, 1 x corrupt or truncated image: JPEG$"
    with pytest.raises(TooManyRejected, match=told):
        ingest(folder, max_rejected_share=1.0)
    assert not list((store.root / "keys").glob("ingest/*"))


def test_a_file_that_changes_while_it_is_read_stops_the_run(store, folder):
    stage = IngestStage(IngestConfig(images=str(folder)))
    (plan,) = (plan for plan in stage.plan({}) if plan.decided["file_name"] == "coffee.jpg")
    (folder / "coffee.jpg").write_bytes(b"something else")
    with pytest.raises(InputError, match=r"coffee\.jpg changed while it was read"):
        stage.make_row(plan, InputReader(store.objects))


def test_where_a_file_lies_is_absolute_and_not_in_its_key(photographs, monkeypatch):
    monkeypatch.chdir(photographs.parent)
    near = IngestStage(IngestConfig(images=photographs.name)).plan({})
    far = IngestStage(IngestConfig(images=str(photographs))).plan({})
    assert near == far
    assert all(Path(plan.location).is_absolute() for plan in near)


def test_the_photographs_inside_scikit_image_come_with_their_notes(ingest):
    rows = ingest("skimage")
    assert set(rows) == set(BUNDLED)
    assert rows["motorcycle_left.png"]["scene"] == rows["motorcycle_right.png"]["scene"] == "motorcycle"
    for name, row in rows.items():
        assert row["rejected"] is None, name
        assert row["source"]
        assert row["licence"]
        assert row["consent"]


def test_rejected_rows_hold_no_bytes(ingest, store, folder):
    secret = b"not a photograph, and nobody's business" * 100
    (folder / "diary.txt").write_bytes(secret)
    ingest(folder)
    shards = [path for path in (store.root / "objects").rglob("*") if path.is_file()]
    assert shards
    assert not any(secret[:39] in path.read_bytes() for path in shards)
    assert not (store.root / object_path(digest_bytes(secret))).exists()


def test_a_store_inside_the_folder_holds_no_photographs(folder, photographs, ingest):
    Store.create(folder / "deep" / "store").objects.put((folder / "coffee.png").read_bytes())
    rows = ingest(folder)
    assert sorted(rows) == sorted(path.name for path in photographs.iterdir())
    (folder / "deep" / "store" / "store.json").unlink()  # then it is a folder like others
    assert len(ingest(folder)) > len(rows)


def test_a_store_is_no_folder_of_photographs(folder, ingest):
    Store.create(folder)
    with pytest.raises(InputError, match=f"expected a folder of photographs, got a store: {folder}; keep"):
        ingest(folder)


def test_what_cannot_be_read_is_a_rejected_row_and_the_rest_is_made(ingest, folder, without_root_rights):
    (folder / "coffee.jpg").chmod(0)
    with without_root_rights():
        rows = ingest(folder)
    reasons = {name: row["rejected"] for name, row in rows.items() if row["rejected"]}
    assert reasons == {"coffee.jpg": "not readable: permission denied"}
    assert len(rows) == 8
    whole = ingest(folder)  # as root, or once it may be read: nothing of the rejection stays
    assert whole["coffee.jpg"]["rejected"] is None
    assert whole["coffee.jpg"]["sample_id"] != rows["coffee.jpg"]["sample_id"]


def test_a_file_that_may_not_be_read_any_more_stops_the_run_in_one_line(store, folder, without_root_rights):
    stage = IngestStage(IngestConfig(images=str(folder)))
    (plan,) = (plan for plan in stage.plan({}) if plan.decided["file_name"] == "coffee.jpg")
    (folder / "coffee.jpg").chmod(0)
    with (
        without_root_rights(),
        pytest.raises(InputError, match=r"changed .*\(not readable: permission"),
    ):
        stage.make_row(plan, InputReader(store.objects))
    (folder / "coffee.jpg").unlink()
    with pytest.raises(InputError, match="removed while it was read"):
        stage.make_row(plan, InputReader(store.objects))


@pytest.fixture
def build(store):
    """Return a function that ingests a folder and gives the outcome."""

    def run(folder):
        stage = IngestStage(IngestConfig(images=str(folder)))
        return build_stage(store, stage, {}, StagingConfig(), ExecutionConfig(backend="serial"))

    return run


def test_what_systems_leave_changes_no_id_and_is_counted(build, folder):
    clean = build(folder)
    assert clean.skipped == ()
    (folder / "@eaDir" / "coffee.jpg").mkdir(parents=True)
    shutil.copy(folder / "rocket.jpg", folder / "@eaDir" / "coffee.jpg" / "SYNOPHOTO_THUMB_M.jpg")
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "coffee.xmp").write_text("<x/>")
    (folder / "loop").symlink_to(folder)
    again = build(folder)
    assert (again.artifact, again.status) == (clean.artifact, "cached")
    assert [(one.kind, one.count) for one in again.skipped] == [
        ("sidecar", 1),
        ("dropping", 2),
        ("folder_met_before", 1),
    ]


def test_the_manifest_counts_what_may_be_a_photograph_that_is_missing(build, folder, store):
    clean = build(folder)
    (folder / "clip.mov").write_bytes(b"\0\0\0\x14ftypqt  ")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    (folder / "photographs.csv").write_text("file_name,consent\nanna.jpg,withdrawn\n")
    outcome = build(folder)
    assert outcome.artifact != clean.artifact
    manifest = StageArtifact(store.objects, outcome.artifact).manifest
    assert [one.model_dump(mode="json") for one in manifest.skipped] == [
        {"kind": "broken_link", "count": 1},
        {"kind": "video", "count": 1},
        {"kind": "unmatched_note", "count": 1, "of": 1},
    ]
    # Names are for the people who build; a manifest is kept when a photograph is erased.
    assert {one.kind: one.names for one in outcome.skipped}["unmatched_note"] == ("anna.jpg",)
    assert b"anna" not in store.objects.get(outcome.artifact)
    assert build(folder).artifact == outcome.artifact
    for name in ("clip.mov", "gone.jpg", "photographs.csv"):
        (folder / name).unlink()
    assert build(folder).artifact == clean.artifact


def test_consent_arrives_where_names_are_composed_otherwise(ingest, folder):
    decomposed = unicodedata.normalize("NFD", "Zoë.png")
    (folder / "coffee.png").rename(folder / decomposed)
    (folder / "photographs.csv").write_text(
        f"File_Name ;Consent\n{unicodedata.normalize('NFC', decomposed)};revoked\n./rocket.png;given\n",
        encoding="utf-16",
    )
    rows = ingest(folder)
    assert {name: row["consent"] for name, row in rows.items() if row["consent"]} == {
        decomposed: "revoked",
        "rocket.png": "given",
    }


def test_linked_albums_are_ingested_once(ingest, folder, tmp_path):
    album = tmp_path / "album"
    album.mkdir()
    shutil.move(folder / "coffee.jpg", album / "coffee.jpg")
    (folder / "one").symlink_to(album)
    (folder / "two").symlink_to(album)
    rows = ingest(folder)
    assert len(rows) == 8
    assert rows["one/coffee.jpg"]["rejected"] is None
