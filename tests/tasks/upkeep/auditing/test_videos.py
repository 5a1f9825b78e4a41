"""The videos of scores: as recorded, changed, or not looked at."""

import shutil

import pytest

from storage.records.checkpoints import BenchmarkRecord, SubmissionRecord
from storage.records.manifests import put_record
from tasks.scoring.benchmark_choice import BenchmarkChoice, material_digest
from tasks.upkeep.auditing.videos import compare_videos


@pytest.fixture
def scores(store, davis_benchmark, youtube_vos):
    """Ids of a score on DAVIS and of a submission to YouTube-VOS, as they are in the folders."""
    facts = {
        "checkpoint": "c" * 64,
        "configuration": {},
        "code_digest": "0" * 64,
        "versions": {},
        "device_kind": "cpu",
    }
    davis = BenchmarkChoice("davis", davis_benchmark[0], "val")
    vos = BenchmarkChoice("youtube-vos", youtube_vos, "valid")

    def of(choice):
        return facts | {
            "benchmark": choice.name,
            "split": choice.split,
            "material": material_digest(choice.videos()),
        }

    return [
        put_record(store.objects, BenchmarkRecord(**of(davis), scores={}, objects=())),
        put_record(store.objects, SubmissionRecord(**of(vos), dataset="d" * 64, masks="a" * 64, num_masks=1)),
    ]


def compared(store, scores, **roots):
    layouts = {name.replace("_", "-"): root for name, root in roots.items()}
    return [one.compared for one in compare_videos(store.objects, scores, layouts)]


def test_what_was_scored_is_as_recorded(store, scores, davis_benchmark, youtube_vos):
    roots = {"davis": davis_benchmark[0], "youtube_vos": youtube_vos}
    assert compared(store, scores, **roots) == ["as recorded", "as recorded"]
    assert compared(store, scores, davis=davis_benchmark[0]) == ["as recorded", "not looked at"]
    assert compared(store, scores) == ["not looked at", "not looked at"]


def test_another_byte_or_a_missing_video_is_told(store, scores, davis_benchmark, youtube_vos):
    frame = davis_benchmark[0] / "JPEGImages" / "480p" / "dog" / "00001.jpg"
    frame.write_bytes(frame.read_bytes() + b" ")
    shutil.rmtree(youtube_vos / "valid")
    roots = {"davis": davis_benchmark[0], "youtube-vos": youtube_vos}
    first, second = compare_videos(store.objects, scores, roots)
    assert (first.compared, second.compared) == ("changed", "changed")
    assert first.problem.kind == "changed videos"
    assert "those given are" in first.problem.what
    assert second.problem.what.startswith("expected")


def test_scores_of_held_out_sequences_have_no_videos(store, scores):
    assert compare_videos(store.objects, [store.objects.put(b'{"kind":"evaluation"}')], {}) == []
