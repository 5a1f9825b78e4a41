"""Clips of a small dataset, and what is planned of footage that exists as columns alone."""

import pytest

from shls_core.clips.config import ClipsConfig
from shls_core.photographs.split import HeldOutConfig
from storage.canonical import digest_json
from storage.rows.stage_artifact import RowAddress, StageArtifact
from tasks.stages.clips import ClipsStage


class Footage:
    """Rows of footage as a plan sees them: without frames."""

    def __init__(self, *rows):
        self.rows = rows

    def accepted(self, columns=()):
        return [
            (RowAddress("footage", row["name"], f"digest of {row['name']}", "shard", 0), row)
            for row in sorted(self.rows, key=lambda row: row["name"])
        ]


def row(video, count, first=0, change=None, scene=None, hashes=None):
    return {
        "name": f"{video}-{first}",
        "source_ids": [video],
        "first": first,
        "scene": scene or video,
        "change": change or [0.1] * count,
        "hashes": hashes or [None] * count,
    }


def planned(*rows, share=0.5, **settings):
    stage = ClipsStage(ClipsConfig(**settings), HeldOutConfig(share=share))
    return stage.planned({"footage": Footage(*rows)})


def spans(sources):
    return sorted((plan.decided["first"], plan.decided["span"][1]) for plan in sources.rows)


def test_cuts_are_found_across_rows_and_no_piece_is():
    jump = [0.9, *[0.1] * 9]
    assert spans(planned(row("a", 10), row("a", 10, first=10, change=jump))) == [(0, 10), (10, 10)]
    inside = [*[0.1] * 4, 0.9, *[0.1] * 5]
    assert spans(planned(row("a", 10, change=inside))) == [(0, 4), (4, 6)]


def test_a_clip_names_its_video_and_the_row_it_reads():
    (plan,) = planned(row("a", 10, first=7)).rows
    assert plan.sample_id == digest_json(["clip", "a", 7, 10])
    assert plan.source_ids == ("a",)
    assert [address.sample_id for address in plan.inputs] == ["a-7"]


def test_a_long_video_has_no_more_clips_than_allowed_and_the_rest_is_counted():
    found = planned(*(row("a", 36, first=36 * number) for number in range(10)), max_clips_per_video=3)
    assert spans(found) == [(36, 36), (180, 36), (288, 36)]
    (beyond,) = found.counted
    assert (beyond.kind, beyond.count, beyond.of) == ("piece_beyond_limit", 7, 10)
    assert str(beyond) == "7 of 10 pieces left out: a video has at most clips.max_clips_per_video clips"


def test_videos_of_one_scene_and_near_duplicates_are_on_one_side():
    names = [f"video {number}" for number in range(20)]

    def sides(**common):
        rows = planned(*(row(name, 10, **common) for name in names)).rows
        return {plan.decided["split"] for plan in rows}

    assert sides() == {"train", "held_out"}
    assert len(sides(scene="park")) == 1
    assert len(sides(hashes=["0123456789abcdef"] * 10)) == 1


def test_the_tiny_dataset_has_what_its_films_show(staged_clips):
    artifact = StageArtifact(staged_clips.store.objects, staged_clips.outcomes["clips"].artifact)
    footage = StageArtifact(staged_clips.store.objects, staged_clips.outcomes["footage"].artifact)
    columns = ["video_id", "split", "numbers", "rejected", "height", "width"]
    names = {address.sample_id: found["file_name"] for address, found in footage.accepted(("file_name",))}
    rows = artifact.table(columns).to_pylist()
    assert [names[found["video_id"]] for found in rows if found["rejected"] == "static"] == ["still.mp4"]
    whole = [found for found in rows if found["rejected"] is None]
    assert {found["split"] for found in whole} == {"train", "held_out"}
    assert {(found["height"], found["width"]) for found in whole} == {(48, 72)}
    cut = [found["numbers"] for found in whole if names[found["video_id"]] == "film-0.mp4"]
    assert sorted(cut) == [[0, 2, 4, 6, 8, 10], [12, 14, 16, 18, 20, 22]]


def test_the_same_videos_give_the_same_dataset_again(staged_clips, videos, stage_clips, store):
    assert stage_clips(store, videos).dataset == staged_clips.dataset


@pytest.mark.slow
def test_workers_give_the_same_dataset(staged_clips, videos, stage_clips, store):
    assert stage_clips(store, videos, backend="ray", workers=2).dataset == staged_clips.dataset


def test_a_video_more_changes_no_row_of_the_others(
    staged_clips, videos, stage_clips, store, tmp_path, film_maker
):
    for path in videos.iterdir():
        (tmp_path / path.name).symlink_to(path)
    film_maker.write(tmp_path / "more.mp4", [film_maker.picture(70, number) for number in range(24)])
    more = stage_clips(store, tmp_path)
    for stage in ("footage", "clips"):
        before, after = (
            {
                found["sample_id"]: found["row_key"]
                for found in StageArtifact(one.store.objects, one.outcomes[stage].artifact)
                .table(["sample_id", "row_key"])
                .to_pylist()
            }
            for one in (staged_clips, more)
        )
        assert before.items() < after.items()
        assert len(after) == len(before) + 1
