"""Footage from films and folders of frames, row by row, sound and damaged."""

import hashlib
import io

import cv2
import numpy as np
import pytest
from PIL import Image

from shls_core.clips.changes import change, colour_histogram
from shls_core.clips.config import ClipsConfig, FootageConfig
from shls_core.clips.cuts import cuts
from shls_core.errors import InputError, SampleError
from shls_core.files.pictures.jpeg_frames import decode_frame, encode_frame
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.video import open_video
from tasks.stages import footage
from tasks.stages.footage import FootageStage


def stage_of(folder, **settings):
    return FootageStage(FootageConfig(videos=str(folder), **({"min_side": 8} | settings)))


def made(stage, order=lambda plans: plans):
    """Every row of a stage by file name and first place: its columns, or the reason why there is none."""
    rows = {}
    for plan in order(stage.plan({})):
        try:
            row = stage.make_row(plan, None)
        except SampleError as error:
            row = error.reason
        rows[plan.decided["file_name"], plan.decided["first"]] = row
    return rows


@pytest.fixture
def rows_of_five(monkeypatch):
    monkeypatch.setattr(footage, "_FRAMES", 5)
    monkeypatch.setattr(footage, "_FEWEST_FRAMES", 5)


def test_rows_of_a_film_follow_each_other_without_a_seam(tmp_path, film_maker, rows_of_five):
    path = film_maker.write(tmp_path / "a.mp4", [film_maker.picture(1, number) for number in range(24)])
    stage = stage_of(tmp_path)
    plans = stage.plan({})
    video = hashlib.sha256(path.read_bytes()).hexdigest()
    assert [plan.decided["places"] for plan in plans] == [[0, 4], [4, 4], [8, 4]]
    assert {plan.source_ids for plan in plans} == {(video,)}
    assert plans[0].sample_id == video
    assert len({plan.sample_id for plan in plans}) == 3

    rows = made(stage)
    every = [frame.pixels for frame in open_video(path).frames(Findings())][::2]
    numbers = [number for row in rows.values() for number in row["numbers"]]
    assert numbers == list(range(0, 24, 2))
    assert [data for row in rows.values() for data in row["frames"]] == list(map(encode_frame, every))
    histograms = list(map(colour_histogram, every))
    expected = [0.0, *map(change, histograms, histograms[1:])]
    assert [value for row in rows.values() for value in row["change"]] == expected
    assert all(row["num_lost"] == 0 for row in rows.values())


def test_the_order_in_which_rows_are_made_changes_nothing(tmp_path, film_maker, rows_of_five):
    for film in (1, 2):
        pictures = [film_maker.picture(film, number) for number in range(24)]
        film_maker.write(tmp_path / f"{film}.mp4", pictures)
    stage = stage_of(tmp_path)
    assert (
        made(stage)
        == made(stage, lambda plans: plans[::-1])
        == made(stage, lambda plans: plans[::2]) | made(stage, lambda plans: plans[1::2])
    )


def test_large_frames_are_scaled_down_and_rows_are_shorter(tmp_path, film_maker):
    film_maker.write(tmp_path / "a.mp4", [film_maker.picture(1, number) for number in range(24)])
    ((_, row),) = made(stage_of(tmp_path, max_side=48)).items()
    assert (row["height"], row["width"]) == (32, 48)
    assert decode_frame(row["frames"][0]).shape == (32, 48, 3)
    assert footage._frames_per_row(640) == footage._frames_per_row(320) == 64
    assert footage._frames_per_row(1280) == 16
    assert footage._frames_per_row(20_000) == 8


def test_a_slower_film_keeps_all_of_its_frames(tmp_path, film_maker):
    film_maker.write(tmp_path / "a.mp4", [film_maker.picture(1, number) for number in range(6)], rate=4)
    ((_, row),) = made(stage_of(tmp_path)).items()
    assert (row["numbers"], row["fps"]) == ([0, 1, 2, 3, 4, 5], 4.0)


def film_with_damage(path, film_maker, damaged):
    """An uncompressed film of 24 frames, some of whose packets are zeros."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=12)
        stream.height, stream.width, stream.pix_fmt = 64, 96, "yuvj420p"
        for number in range(24):
            picture = av.VideoFrame.from_ndarray(film_maker.picture(1, number))
            container.mux(stream.encode(picture.reformat(format="yuvj420p")))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    for position, size in (packets[number] for number in damaged):
        content[position : position + size] = bytes(size)
    path.write_bytes(content)


def test_damaged_frames_are_left_out_counted_and_cut(tmp_path, film_maker, rows_of_five):
    film_with_damage(tmp_path / "a.mov", film_maker, [4, 5, 16, 18, 20, 22])
    rows = made(stage_of(tmp_path))
    first, second, third = rows.values()
    assert (first["numbers"], first["num_lost"]) == ([0, 2, 6], 1)
    assert first["change"][2] == 1.0
    assert (second["numbers"], second["num_lost"]) == ([8, 10, 12, 14], 0)
    assert third == "damaged: none of its frames can be read"


def test_what_is_no_film_is_a_rejected_row_without_a_path(tmp_path, film_maker):
    (tmp_path / "cut.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + b"\0\0\x10\0mdat" + bytes(100))
    (tmp_path / "noise.mkv").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(range(256)))
    film_maker.write(tmp_path / "a.mp4", [film_maker.picture(1, number) for number in range(12)])
    (tmp_path / "b.mp4").write_bytes((tmp_path / "a.mp4").read_bytes())
    rows = made(stage_of(tmp_path))
    reasons = {name: row for (name, _), row in rows.items() if isinstance(row, str)}
    assert set(reasons) == {"b.mp4", "cut.mp4", "noise.mkv"}
    assert reasons["b.mp4"] == "duplicate"
    assert "no index of its frames" in reasons["cut.mp4"]
    assert not any(str(tmp_path) in reason for reason in reasons.values())


def test_a_film_that_changes_under_the_stage_ends_the_run(tmp_path, film_maker):
    film_maker.write(tmp_path / "a.mp4", [film_maker.picture(1, number) for number in range(12)])
    stage = stage_of(tmp_path)
    (plan,) = stage.plan({})
    film_maker.write(tmp_path / "a.mp4", [film_maker.picture(2, number) for number in range(12)])
    with pytest.raises(InputError, match="changed while it was read"):
        stage.make_row(plan, None)


def encoded(pixels, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def test_frames_of_a_folder_stay_as_they_came_if_they_are_plain_jpeg(tmp_path, film_maker, rows_of_five):
    folder = tmp_path / "walk"
    folder.mkdir()
    pictures = [film_maker.picture(1, number) for number in range(7)]
    files = [encode_frame(picture) for picture in pictures]
    files[2] = encoded(pictures[2], "PNG")
    for number, data in enumerate(files, start=8):
        (folder / f"{number}.{'png' if number == 10 else 'jpg'}").write_bytes(data)
    rows = made(stage_of(tmp_path))
    assert list(rows) == [("walk", 0), ("walk", 5)]
    kept = [data for row in rows.values() for data in row["frames"]]
    assert [number for number in range(7) if kept[number] == files[number]] == [0, 1, 3, 4, 5, 6]
    assert np.abs(decode_frame(kept[2]).astype(int) - pictures[2]).mean() < 3
    assert {row["fps"] for row in rows.values()} == {None}
    assert rows["walk", 5]["change"][0] > 0


def test_rows_of_a_folder_are_bounded_in_bytes(monkeypatch):
    monkeypatch.setattr(footage, "_FILE_BYTES", 10)
    assert [tuple(span) for span in footage._spans_of_files([4, 4, 4, 11, 1])] == [
        (0, 2),
        (2, 1),
        (3, 1),
        (4, 1),
    ]


def test_a_broken_frame_rejects_its_row_alone(tmp_path, film_maker, rows_of_five):
    folder = tmp_path / "walk"
    folder.mkdir()
    for number in range(10):
        assert cv2.imwrite(str(folder / f"{number}.jpg"), film_maker.picture(1, number))
    (folder / "7.jpg").write_bytes(b"\xff\xd8\xff broken")
    rows = made(stage_of(tmp_path))
    assert len(rows["walk", 0]["frames"]) == 5
    assert rows["walk", 5].startswith("frame 7.jpg: ")


def test_frames_of_two_sizes_are_named(tmp_path, film_maker):
    folder = tmp_path / "walk"
    folder.mkdir()
    for number in range(3):
        assert cv2.imwrite(str(folder / f"{number}.jpg"), film_maker.picture(1, number)[: 60 + number // 2])
    assert made(stage_of(tmp_path))["walk", 0] == "frames of two sizes: 96x60 and 96x61 (frame 2)"


def test_parameters_hold_no_path(tmp_path):
    assert str(tmp_path) not in str(stage_of(tmp_path).parameters)


def test_cuts_of_a_joined_film_are_found_where_it_was_joined(tmp_path, film_maker, rows_of_five):
    lengths = [14, 20, 12, 30, 16, 24]  # each ends where a frame is kept
    pictures = [
        film_maker.picture(10 + film, number)
        for film, length in enumerate(lengths)
        for number in range(length)
    ]
    film_maker.write(tmp_path / "joined.mp4", pictures)
    rows = list(made(stage_of(tmp_path)).values())
    columns = ("numbers", "change", "hashes")
    numbers, changes, hashes = ([value for row in rows for value in row[column]] for column in columns)
    joined = np.cumsum(lengths)[:-1].tolist()
    assert [numbers[number] for number in cuts(changes, hashes, ClipsConfig())] == joined
