"""Videos of a dataset as filmstrips: frames at their places, cuts, clips, rejected pieces."""

import numpy as np
import pytest

from tasks.staging.filmstrip import COLOURS, HEIGHT_PX, draw_video, piece_text, video_text
from tasks.staging.staged_videos import StagedVideos


@pytest.fixture
def staged_videos(staged_clips):
    artifacts = {name: outcome.artifact for name, outcome in staged_clips.outcomes.items()}
    return StagedVideos(staged_clips.store.objects, artifacts)


@pytest.fixture
def by_name(staged_videos):
    return {one.file_name: one for one in map(staged_videos.video, staged_videos.video_ids())}


def test_every_video_is_there_by_name(staged_videos, by_name):
    names = ["film-0.mp4", "film-1.mp4", "film-2.mp4", "film-3.mp4", "film-4.mp4", "film-5.mp4", "frames"]
    assert list(by_name) == [*names, "still.mp4"]
    assert staged_videos.rejected() == []


def test_a_cut_lies_between_its_clips(by_name):
    video = by_name["film-0.mp4"]
    (cut,) = video.cuts
    assert [(piece.first, piece.first + piece.count) for piece in video.pieces] == [
        (0, cut),
        (cut, video.num_frames),
    ]
    assert by_name["film-1.mp4"].cuts == ()


def test_a_rejected_piece_has_its_reason_and_its_length(by_name):
    (piece,) = by_name["still.mp4"].pieces
    assert (piece.rejected, piece.split, piece.first) == ("static", None, 0)
    assert piece.count == by_name["still.mp4"].num_frames
    assert "rejected, static" in piece_text(piece)
    assert "1 piece rejected" in video_text(by_name["still.mp4"])


def test_frames_are_those_of_the_video(staged_videos, by_name):
    video = by_name["film-0.mp4"]
    first, last = (staged_videos.frame(video.video_id, place) for place in (0, video.num_frames - 1))
    assert first.shape == last.shape == (64, 96, 3)
    assert np.abs(first.astype(int) - last).mean() > 10  # the cut shows another picture
    assert staged_videos.frame(video.video_id, video.num_frames) is None


def test_the_bar_of_a_strip_is_coloured_by_what_became_of_the_pieces(staged_videos, by_name):
    for name, what in (("still.mp4", "rejected"), ("film-1.mp4", by_name["film-1.mp4"].pieces[0].split)):
        strip = draw_video(staged_videos, by_name[name]).strip
        assert strip[HEIGHT_PX + 6, strip.shape[1] // 2].tolist() == COLOURS[what].tolist()


def test_a_piece_that_is_the_whole_video_has_no_strip_of_its_own(staged_videos, by_name):
    assert [one.strip for one in draw_video(staged_videos, by_name["still.mp4"]).pieces] == [None]
    assert all(one.strip is not None for one in draw_video(staged_videos, by_name["film-0.mp4"]).pieces)
