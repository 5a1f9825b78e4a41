"""What becomes of a place of photographs or videos: as the stages list a folder, wherever it lies."""

from dataclasses import replace

import cv2
import obstore
import pytest

from shls_core.clips.config import FootageConfig
from shls_core.errors import InputError, StoreUnreadable
from storage.files.location import s3_backend
from tasks.planning.sources.listing import list_sources
from tasks.stages.counted_sources import counts_of
from tasks.stages.footage import FootageStage
from tasks.stages.ingest import IngestConfig, IngestStage

JPEG = b"\xff\xd8\xff\xe0 something"
NOTES = "file_name,consent\na.jpg,yes\nB.JPG,no\ngone.jpg,yes\nbrief.mov,?\n"


def ingest(place):
    return IngestStage(IngestConfig(images=str(place)))


def footage(place):
    return FootageStage(FootageConfig(videos=str(place)))


def written(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def photos(tmp_path):
    """A folder with one of everything that people have, and that a bucket can hold, too."""
    return written(
        tmp_path / "photos",
        {
            "a.jpg": JPEG,
            "b.jpg": JPEG + b"2",
            "deep/ä ö #1?.jpg": JPEG + b"3",
            "deep/copy of a.jpg": JPEG,
            "deep/photographs.csv": b"file_name\n",
            "photographs.csv": NOTES.encode(),
            "brief.mov": b"\0\0\0\x14ftypqt  ",
            "a.AAE": b"<plist/>",
            "a.jpg.txt": b"beside",
            "readme.txt": b"alone",
            "empty": b"",
            "unknown": b"?",
            ".hidden.jpg": JPEG,
            ".cache/x/y.jpg": JPEG,
            "deep/@eaDir/thumb.jpg": JPEG,
            "deep/Thumbs.db": b"",
            "results/store.json": b"{}",
            "results/objects/ab/abc": JPEG,
            "results/photo.jpg": JPEG,
            "no store/store.json": b"{}",
        },
    )


@pytest.fixture
def films(tmp_path, videos, film_maker):
    """The films of the tests, with one of everything that lies beside films."""
    folder = tmp_path / "films"
    film, still = (videos / name for name in ("film-1.mp4", "still.mp4"))
    picture = (videos / "frames" / "0.jpg").read_bytes()
    return written(
        folder,
        {
            "one.mp4": film.read_bytes(),
            "deep/same as one.MP4": film.read_bytes(),
            "cut.mp4": still.read_bytes()[:-200],
            "no film.mp4": b"\0\0\0\x14ftypisom nothing",
            "poster.jpg": picture,
            "readme.txt": b"alone",
            "notes/unread.xmp": b"",
            "videos.csv": b"file_name,consent\none.mp4,yes\nframes,no\ngone.mp4,yes\nposter.jpg,?\n",
            ".hidden.mp4": still.read_bytes(),
            "lone/1.jpg": picture,
            "frames/10.jpg": picture,
            "frames/9.jpg": (videos / "frames" / "1.jpg").read_bytes(),
            "twice/1.jpg": picture,
            "twice/1.png": cv2.imencode(".png", cv2.imread(str(videos / "frames" / "0.jpg")))[1].tobytes(),
        },
    )


def everything(found):
    return list(found.rows), list(counts_of(found))


def test_photographs_in_a_folder_are_those_that_the_stage_lists(photos):
    (photos / "nowhere.jpg").symlink_to("gone.jpg")
    (photos / "again").symlink_to(photos / "deep")
    assert everything(list_sources(ingest(photos), None).sources) == everything(ingest(photos).sources())
    assert len(ingest(photos).sources().rows) == 7


def test_a_photograph_that_cannot_be_read_is_the_row_that_the_stage_plans(photos, without_root_rights):
    (photos / "b.jpg").chmod(0)
    with (photos / "huge.jpg").open("wb") as file:
        file.truncate((1 << 29) + 1)
    with without_root_rights():
        assert everything(list_sources(ingest(photos), None).sources) == everything(ingest(photos).sources())


def test_videos_in_a_folder_are_those_that_the_stage_lists(films):
    assert everything(list_sources(footage(films), None).sources) == everything(footage(films).sources())
    assert {"cut.mp4", "frames", "twice"} < {
        row.decided["file_name"] for row in footage(films).sources().rows
    }


@pytest.mark.parametrize(("stage", "given"), [(ingest, "photos"), (footage, "films")])
def test_in_a_bucket_are_the_same_rows_under_their_addresses(stage, given, upload, request):
    folder = request.getfixturevalue(given)
    there = upload(folder, "some things/here")
    rows, counts = everything(list_sources(stage(there), None).sources)
    expected, expected_counts = everything(stage(folder).sources())
    assert counts == expected_counts
    assert [row.location for row in rows] == [row.location.replace(str(folder), there) for row in expected]
    assert [replace(row, location=None) for row in rows] == [replace(row, location=None) for row in expected]


def test_what_stands_for_a_folder_in_a_bucket_is_no_photograph(upload, photos, bucket):
    import boto3

    there = upload(photos, "p")
    client = boto3.client("s3")  # obstore writes no such keys
    for key in ("p/", "p/deep/", "p/nothing in it/"):
        client.put_object(Bucket=bucket.removeprefix("s3://"), Key=key, Body=b"")
    rows, counts = everything(list_sources(ingest(there), None).sources)
    assert (len(rows), counts) == (7, list(counts_of(ingest(photos).sources())))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("{bucket}/none", "expected photographs at {bucket}/none, found no object below it"),
        ("{bucket}/p/a.jpg", "expected photographs at {bucket}/p/a.jpg, found no object below it"),
        ("{bucket}/p/.hidden", "expected image files in {bucket}/p/.hidden, found none, only 1 x video"),
        ("s3://nobody-made-this/p", "expected to list s3://nobody-made-this/p: there is no such bucket"),
        ("gs://b/p", "expected a folder, or s3://bucket/prefix, got gs://b/p"),
        ("s3://b", "expected a folder, or s3://bucket/prefix, got s3://b"),
        ("{bucket}/p//q", "expected a folder, or s3://bucket/prefix, got {bucket}/p//q"),
        (
            "{bucket}/bad",
            "expected keys that can be names of files in {bucket}/bad, got bad//a.jpg, of which a part is "
            "empty, . or ..",
        ),
        (
            "{bucket}/results",
            "expected a folder of photographs, got a store: {bucket}/results; keep the two apart",
        ),
    ],
)
def test_a_place_without_photographs_is_refused_in_one_line(given, expected, bucket, upload, tmp_path):
    import boto3

    folder = written(tmp_path / "p", {"a.jpg": JPEG, ".hidden/b.mov": b"\0\0\0\x14ftypqt  "})
    upload(folder, "p")
    upload(written(tmp_path / "r", {"store.json": b"{}", "objects/ab/abc": JPEG}), "results")
    boto3.client("s3").put_object(Bucket=bucket.removeprefix("s3://"), Key="bad//a.jpg", Body=JPEG)
    with pytest.raises((InputError, StoreUnreadable)) as raised:
        list_sources(ingest(given.format(bucket=bucket)), None)
    assert str(raised.value) == expected.format(bucket=bucket)


def test_without_credentials_one_line_says_so(upload, photos, monkeypatch):
    there = upload(photos, "p")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Exception, match=f"expected to list {there}: ") as raised:
        list_sources(ingest(there), None)
    assert "\n" not in str(raised.value)


def test_an_object_that_vanishes_after_it_was_listed_stops_the_run(upload, photos, bucket, monkeypatch):
    there = upload(photos, "p")
    get = obstore.get

    def removed_first(backend, path, **options):
        if path == "p/b.jpg":
            obstore.delete(s3_backend(bucket.removeprefix("s3://")), path)
        return get(backend, path, **options)

    monkeypatch.setattr(obstore, "get", removed_first)
    with pytest.raises(InputError) as raised:
        list_sources(ingest(there), None)
    assert str(raised.value) == (
        f"{there}/b.jpg was removed while it was read: run again when nobody writes to it"
    )


def test_an_archived_photograph_is_a_rejected_row(upload, photos, bucket):
    import boto3

    there = upload(photos, "p")
    client = boto3.client("s3")
    client.put_object(Bucket=bucket.removeprefix("s3://"), Key="p/b.jpg", Body=JPEG, StorageClass="GLACIER")
    found = list_sources(ingest(there), None).sources
    (row,) = [row for row in found.rows if row.decided["file_name"] == "b.jpg"]
    assert row.decided["unreadable"] == "not readable: archived"


def test_notes_in_a_bucket_that_cannot_be_read_are_named_by_their_address(upload, tmp_path):
    folder = written(tmp_path / "p", {"a.jpg": JPEG, "photographs.csv": b"other,columns\n"})
    there = upload(folder, "p")
    with pytest.raises(InputError, match=rf"got \['columns', 'other'\] \({there}/photographs\.csv\)$"):
        list_sources(ingest(there), None)
