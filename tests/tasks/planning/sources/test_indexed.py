"""The index of sources: an unchanged file is not read again, and what may have changed is not believed."""

import os

import cv2
import obstore
import pytest

from shls_core.clips.config import FootageConfig
from storage.files.location import s3_backend
from storage.sources.index import index_path
from storage.store import Store
from tasks.planning.sources import indexed
from tasks.planning.sources.listing import Reading, list_sources
from tasks.stages.footage import FootageStage
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.upkeep.withdrawal import purge, withdraw

BUILD = Reading(remember=True)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes(b"\xff\xd8\xff\xe0 something of " + name.encode())
    (folder / "clip.mov").write_bytes(b"\0\0\0\x14ftypqt  ")
    (folder / "a.xmp").write_bytes(b"<x/>")
    (folder / "photographs.csv").write_text("file_name,consent\na.jpg,yes\n")
    return folder


def listed(place, store, reading=BUILD):
    stage = IngestStage(IngestConfig(images=str(place)))
    found = list_sources(stage, store, reading)
    found.keep_index(())
    return found


def rows(found):
    return {row.decided["file_name"]: row.sample_id for row in found.sources.rows}


@pytest.mark.usefixtures("later")
def test_of_an_unchanged_folder_no_photograph_is_opened(photos, store, opened):
    first = listed(photos, store)
    assert {"a.jpg", "b.jpg", "c.jpg", "clip.mov", "a.xmp"} <= set(opened)
    opened.clear()
    again = listed(photos, store)
    assert {name for name in opened if (photos / name).exists()} == {"photographs.csv"}
    assert (again.files_read, again.files_unchanged) == (0, 5)
    assert (again.sources, first.sources) == (first.sources, again.sources)


def test_of_an_unchanged_bucket_no_photograph_is_got(photos, store, upload, requests):
    there = upload(photos, "p")
    first = listed(there, store)
    assert {requests[f"p/{name}"] for name in ("a.jpg", "b.jpg", "c.jpg", "clip.mov", "a.xmp")} == {1}
    requests.clear()
    again = listed(there, store)
    assert dict(requests) == {"p/photographs.csv": 1}
    assert again.sources == first.sources


def test_of_a_bucket_what_changed_and_what_is_new_is_got_once(photos, store, upload, requests, bucket):
    there = upload(photos, "p")
    before = listed(there, store)
    (photos / "a.jpg").write_bytes((photos / "a.jpg").read_bytes()[::-1])  # of the same size
    (photos / "d.jpg").write_bytes(b"\xff\xd8\xff\xe0 new")
    for name in ("a.jpg", "d.jpg"):
        obstore.put(s3_backend(bucket.removeprefix("s3://")), f"p/{name}", (photos / name).read_bytes())
    obstore.delete(s3_backend(bucket.removeprefix("s3://")), "p/c.jpg")
    requests.clear()
    found = listed(there, store)
    assert dict(requests) == {"p/a.jpg": 1, "p/d.jpg": 1, "p/photographs.csv": 1}
    (photos / "c.jpg").unlink()
    assert rows(found) == rows(listed(photos, None))
    assert rows(found)["a.jpg"] != rows(before)["a.jpg"]


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("what", ["bytes", "bytes, and the time set back", "another file of the time"])
def test_in_a_folder_a_photograph_of_the_same_size_that_changed_is_read(what, photos, store):
    listed(photos, store)
    path, times = photos / "a.jpg", (photos / "a.jpg").stat()
    other = path.read_bytes().replace(b"something", b"another !")
    if what.startswith("bytes"):
        path.write_bytes(other)
    else:
        (photos.parent / "other").write_bytes(other)
        os.utime(photos.parent / "other", ns=(times.st_atime_ns, times.st_mtime_ns))
        (photos.parent / "other").replace(path)
    if what.endswith("set back"):
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    found = listed(photos, store)
    assert (found.files_read, found.files_unchanged) == (1, 4)
    assert rows(found) == rows(listed(photos, None))


def test_a_file_written_just_before_it_was_read_is_not_believed(photos, store):
    """Within the granularity of its time, it might be written again and look the same."""
    listed(photos, store)
    path, times = photos / "a.jpg", (photos / "a.jpg").stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    found = listed(photos, store)
    assert (found.files_read, found.files_unchanged) == (5, 0)
    assert rows(found) == rows(listed(photos, None))


@pytest.mark.usefixtures("later")
def test_an_index_that_was_distrusted_is_written_anew(photos, store):
    listed(photos, store)
    assert listed(photos, store, Reading(rehash=True, remember=True)).files_read == 5
    assert listed(photos, store).files_read == 0


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("damage", ["flipped", "cut", "gone", "a folder", "of another rule"])
def test_an_index_that_cannot_be_used_is_as_none(damage, photos, store, monkeypatch):
    before = listed(photos, store)
    path = store.root / index_path("ingest", str(photos))
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        data[-20] ^= 1
        path.write_bytes(data)
    elif damage == "cut":
        path.write_bytes(data[:10])
    elif damage == "of another rule":
        monkeypatch.setattr("tasks.planning.sources.looking.code_digest", lambda *modules: "f" * 64)
    else:
        path.unlink()
        if damage == "a folder":
            path.mkdir()
    found = listed(photos, store)
    assert (found.files_read, found.sources) == (5, before.sources)


@pytest.mark.usefixtures("later")
def test_who_only_looks_writes_nothing(photos, store):
    listed(photos, store, Reading())
    assert not (store.root / "sources").exists()
    listed(photos, store)
    path = store.root / index_path("ingest", str(photos))
    before = path.read_bytes()
    (photos / "d.jpg").write_bytes(b"\xff\xd8\xff\xe0 new")
    assert listed(photos, store, Reading()).files_read == 1
    assert path.read_bytes() == before


@pytest.mark.usefixtures("later")
def test_what_was_read_before_a_run_ended_is_not_read_again(photos, store, monkeypatch):
    monkeypatch.setattr(indexed, "_SECONDS_BETWEEN_WRITES", -1.0)
    look_at = indexed.look_at

    def fails_at_last(file, looker):
        if file.name == "c.jpg":
            raise KeyboardInterrupt
        return look_at(file, looker)

    monkeypatch.setattr(indexed, "look_at", fails_at_last)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with pytest.raises(KeyboardInterrupt):
        listed(photos, store)
    monkeypatch.setattr(indexed, "look_at", look_at)
    assert listed(photos, store).files_unchanged == 3


@pytest.mark.usefixtures("later")
def test_a_store_that_takes_no_index_says_so_in_one_line(photos, store, capsys):
    (store.root / "sources").write_text("a file where the folder would be")
    assert len(rows(listed(photos, store))) == 3
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "remembered" in line]
    assert line.startswith(
        "ingest: what was read is not remembered, and is read again next time: expected to "
    )


@pytest.mark.usefixtures("later")
def test_a_purge_leaves_no_name_of_what_it_erased_in_the_index(photos, store):
    listed(photos, store)
    withdraw(store, [str(photos / "a.jpg")], "consent revoked")
    purge(store, [str(photos / "a.jpg")])
    assert list((store.root / "sources").iterdir()) == []
    found = list_sources(IngestStage(IngestConfig(images=str(photos))), store, BUILD)
    found.keep_index([row for row in found.sources.rows if row.decided["file_name"] == "a.jpg"])
    assert listed(photos, store, Reading()).files_read == 1  # it alone


@pytest.fixture
def films(tmp_path, film_maker):
    folder = tmp_path / "films"
    (folder / "frames").mkdir(parents=True)
    pictures = [film_maker.picture(1, number) for number in range(12)]
    film_maker.write(folder / "film.mp4", pictures)
    for number, picture in enumerate(pictures[:3]):
        assert cv2.imwrite(str(folder / "frames" / f"{number}.jpg"), picture)
    return folder


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("is_in_bucket", [False, True])
def test_of_unchanged_videos_nothing_is_read(is_in_bucket, films, store, upload, requests, opened):
    place = upload(films, "v") if is_in_bucket else str(films)
    stage = FootageStage(FootageConfig(videos=place))
    first = list_sources(stage, store, BUILD)
    first.keep_index(())
    requests.clear()
    opened.clear()
    again = list_sources(stage, store, BUILD)
    assert (again.files_read, again.files_unchanged) == (0, 4)
    assert again.sources == first.sources
    assert not requests
    assert not {"film.mp4", "0.jpg"} & set(opened)


@pytest.mark.usefixtures("later")
def test_frames_of_a_withdrawn_folder_are_not_remembered(films, store):
    stage = FootageStage(FootageConfig(videos=str(films)))
    first = list_sources(stage, store, BUILD)
    first.keep_index(row for row in first.sources.rows if row.decided["file_name"] == "frames")
    assert list_sources(stage, store, BUILD).files_unchanged == 1


def test_two_stores_of_one_folder_and_two_folders_of_one_store_have_indexes_of_their_own():
    paths = {index_path(stage, place) for stage in ("ingest", "footage") for place in ("/a", "s3://b/a")}
    assert len(paths) == 4
    assert all(path.startswith("sources/") for path in paths)


@pytest.mark.usefixtures("later")
def test_a_store_in_a_bucket_keeps_the_index_too(photos, bucket):
    store = Store.create(f"{bucket}/store")
    listed(photos, store)
    assert listed(photos, store).files_read == 0
