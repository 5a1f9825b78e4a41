"""From a film down to the checkpoints that drew its clips, to the step; from a checkpoint up to its films."""

import pytest

from shls_core.training.clip_draw import ClipDraw
from storage.lineage.ancestry import ancestry
from storage.lineage.descended import NEVER_DRAWN, TRAINED
from storage.lineage.descent import descent
from storage.lineage.descent_graph import descent_graph
from storage.lineage.history import History
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import put_record
from storage.rows.batches import order
from storage.rows.dataset import Dataset

SEED, BATCH, STEPS = 3, 2, 3


@pytest.fixture
def clips(staged_clips):
    """Video of every training clip, by the number of the clip."""
    accepted = Dataset(staged_clips.store.objects, staged_clips.dataset)["clips"].accepted(
        ("split", "video_id")
    )
    return [(address.sample_id, row["video_id"]) for address, row in accepted if row["split"] == "train"]


@pytest.fixture
def checkpoint(staged_clips, staged_clips_copy):
    """The record of a training on clips, as if it had been one."""
    draw = ClipDraw(num_frames=2, gap=1, short_side=(48, 48), crop=48, flip=0.5)
    weights = staged_clips_copy.objects.put(b"weights")
    record = CheckpointRecord(
        dataset=staged_clips.dataset,
        clip_draw=draw.model_dump(mode="json"),
        method="dul",
        configuration={
            "method": {"name": "dul"},
            "training": {"seed": SEED, "batch_size": BATCH, "steps": STEPS},
            "source": "clips",
        },
        code_digest="ab" * 32,
        versions={},
        device_kind="cpu",
        weights=weights,
        final_loss=1.0,
        step=STEPS,
    )
    return put_record(staged_clips_copy.objects, record)


@pytest.fixture
def drawn(clips):
    """The steps for which each clip was drawn, by its id, counted one draw at a time."""
    steps, numbers = {}, []
    while len(numbers) < BATCH * STEPS:
        epoch = len(numbers) // len(clips)
        numbers += [int(number) for number in order(SEED, epoch, len(clips))]
    for place, number in enumerate(numbers[: BATCH * STEPS]):
        steps.setdefault(clips[number][0], []).append(place // BATCH)
    return steps


def test_every_film_is_told_how_often_and_from_which_step_on(staged_clips_copy, checkpoint, clips, drawn):
    for video in {video for _, video in clips}:
        of_video = [clip for clip, of in clips if of == video]
        steps = [step for clip in of_video for step in drawn.get(clip, ())]
        (exposure,) = descent(staged_clips_copy, video).exposures
        assert exposure.checkpoint == checkpoint
        assert exposure.how == (TRAINED if steps else NEVER_DRAWN)
        assert (exposure.times_drawn, exposure.first_step) == (len(steps), min(steps, default=None))


def test_a_checkpoint_names_the_films_it_saw(staged_clips_copy, checkpoint, clips, drawn):
    usage = ancestry(staged_clips_copy, checkpoint).root.facts["usage"]
    assert usage["photographs"] == {}
    assert set(usage["videos"]) == {video for clip, video in clips if clip in drawn}
    assert usage["samples_drawn"] == len(drawn)


def test_the_graph_leads_from_the_film_to_the_checkpoint(staged_clips_copy, checkpoint, clips, drawn):
    clip, video = next((clip, video) for clip, video in clips if clip in drawn)
    history = History(staged_clips_copy)
    graph = descent_graph(history, descent(staged_clips_copy, video, history))
    assert (graph.root.kind, graph.root.id) == ("video", video)
    assert (video, clip) in graph.edges
    assert (clip, checkpoint) in graph.edges
