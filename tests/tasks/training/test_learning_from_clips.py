"""DUL learns from clips: what it draws, what validates and scores it, and what lineage says about it."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch

from shls_core.errors import GateError, InputError
from shls_core.methods.dul.config import DulConfig, DulNetworkConfig, ViewsConfig
from shls_core.methods.dul.draws import draw
from shls_core.methods.dul.training_loss import DulMethod
from shls_core.photographs.split import HELD_OUT, TRAIN
from shls_core.training.clip_batch import ClipBatch
from shls_core.training.config import TrainingConfig
from storage.audit.use import use_problems
from storage.kinds import KeyKind
from storage.lineage.ancestry import ancestry
from storage.lineage.descent import descent
from storage.lineage.history import History
from storage.lineage.splits import clips_of_split
from storage.lineage.usage import usage_by_source, usage_of
from storage.objects.training_states import TrainingStates
from storage.records.checkpoints import CheckpointRecord, EvaluationRecord
from storage.records.links import all_links
from storage.records.manifests import DatasetManifest, get_record, put_record, record_id
from storage.rows.clip_loader import ClipLoader
from storage.rows.dataset import Dataset
from storage.rows.loader import SequenceLoader
from storage.rows.stage_names import CLIPS
from tasks.checkpoints.importing import import_checkpoint
from tasks.checkpoints.reproduction import reproduce_checkpoint
from tasks.runs.execution_config import ExecutionConfig
from tasks.runs.recorded_run import recorded_run
from tasks.scoring.held_out import score_checkpoint
from tasks.scoring.segmenter_choice import PropagationChoice
from tasks.training import validation
from tasks.training.bare_training import train_exported
from tasks.training.export_order import export_training
from tasks.training.learn import facts_of, learn
from tasks.training.learning_config import LearningConfig, learning_of
from tasks.upkeep.withdrawal import purge, withdraw

TINY = DulConfig(
    network=DulNetworkConfig(width_multiplier=0.0625, embedding_size=8),
    views=ViewsConfig(num_frames=3, crop=33, short_side=(36, 44)),
    grid=2,
    cross_view_grid=2,
)
CPU = ExecutionConfig(backend="serial", device="cpu")


def learning(source="clips", validation_dataset=None, method=TINY, **training):
    return LearningConfig(
        method=method,
        training=TrainingConfig(**({"steps": 4, "batch_size": 2, "num_threads": 1} | training)),
        source=source,
        validation_dataset=validation_dataset,
    )


@pytest.fixture
def train(both, staged_clips, train_recorded):
    """Return a function that trains on the clips, as a recorded run, and returns its outcome."""
    return lambda config, dataset=staged_clips.dataset: train_recorded(both, config, dataset)


def test_the_record_says_what_was_drawn_and_what_validated(train, both, staged, staged_clips):
    config = learning(validation_dataset=staged.dataset, validate_every=2, validation_sequences=1)
    record = get_record(both.objects, train(config).checkpoint, CheckpointRecord)
    assert (record.dataset, record.validation_dataset) == (staged_clips.dataset, staged.dataset)
    assert record.configuration["source"] == "clips"
    drawn = {"num_frames": 3, "gap": 2, "short_side": [36, 44], "crop": 33, "flip": 0.5}
    assert record.clip_draw == drawn
    assert [one.step for one in record.validations] == [2, 4]
    assert learning_of(record) == config
    assert both.keys.get(KeyKind.CHECKPOINTS, record.key) == record_id(record)


def test_stills_are_recorded_as_before_there_was_a_choice(staged):
    facts = facts_of(staged.dataset, learning("stills"), CPU)
    assert set(facts["configuration"]) == {"method", "training"}
    assert not facts.keys() & {"clip_draw", "validation_dataset"}


def test_the_code_of_sequences_is_none_of_the_code_of_clips(staged_clips, change_code):
    clips = facts_of(staged_clips.dataset, learning(), CPU)
    stills = facts_of(staged_clips.dataset, learning("stills"), CPU)
    change_code("storage.rows.loader", "\nCHANGED = 1\n")
    assert facts_of(staged_clips.dataset, learning(), CPU) == clips
    assert facts_of(staged_clips.dataset, learning("stills"), CPU) != stills
    change_code("storage.rows.clip_loader", "\nCHANGED = 1\n")
    assert facts_of(staged_clips.dataset, learning(), CPU) != clips


def test_no_draw_is_made_twice(staged_clips, monkeypatch):
    """The loss permutes the frames that the loader gave, and cuts and mirrors none of them again."""
    config, seen = learning(), []

    class Seen(DulMethod):
        def loss(self, batch, step):
            assert isinstance(batch, ClipBatch)
            views = self._main_views(batch.frames, self._draws(batch))
            plain = self.network.normalised(torch.from_numpy(batch.frames).flatten(0, 1))
            for clip, frames in zip(views, plain.reshape(2, 3, *plain.shape[1:]), strict=True):
                order = [next(t for t in range(3) if torch.equal(one, frames[t])) for one in clip]
                seen.append(tuple(order))
            return super().loss(batch, step)

    monkeypatch.setattr("shls_core.methods.dul.training_loss.DulMethod", Seen)
    objects = staged_clips.store.objects
    learn(objects, facts_of(staged_clips.dataset, config, CPU), config, CPU)
    assert {tuple(sorted(order)) for order in seen} == {(0, 1, 2)}
    assert len(set(seen)) > 1


def test_what_a_cut_clip_does_not_draw_changes_no_other_draw():
    for seed in range(20):
        whole = draw(np.random.default_rng(seed), TINY, 3, 33, 33)
        cut = draw(np.random.default_rng(seed), TINY, 3, 33, 33, is_cut=True)
        assert (cut.main.order, cut.view, cut.anchors) == (whole.main.order, whole.view, whole.anchors)
        assert not cut.main.flipped


@pytest.mark.parametrize("steps_before", [1, 3])
def test_a_resumed_training_is_the_uninterrupted_one(both, staged_clips, steps_before, monkeypatch):
    config = learning(steps=5)
    facts = facts_of(staged_clips.dataset, config, CPU)
    whole = learn(both.objects, facts, config, CPU)
    states = TrainingStates(both.backend, staged_clips.dataset, "a" * 64)

    def stop(row):
        if row["step"] == steps_before:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(both.objects, facts, config, CPU, states, observers=lambda course: nullcontext([stop]))
    assert states.newest().step == steps_before
    resumed = learn(both.objects, facts, config, CPU, states)
    assert record_id(resumed.record) == record_id(whole.record)
    assert resumed.weights == whole.weights


def test_it_is_reused_and_reproduced(train, both, staged):
    config = learning(validation_dataset=staged.dataset, validate_every=4, validation_sequences=1)
    first, second = train(config), train(config)
    assert (first.status, second.status) == ("computed", "cached")
    assert second.checkpoint == first.checkpoint
    assert train(learning()).checkpoint != first.checkpoint
    again = reproduce_checkpoint.fn(first.checkpoint, both.location, CPU)
    assert (again.verdict, again.differences) == ("agrees", {})


def test_the_same_comes_of_an_export(train, both, staged, staged_clips, tmp_path):
    config = learning(validation_dataset=staged.dataset, validate_every=4, validation_sequences=1)
    export_training(both, staged_clips.dataset, config, tmp_path / "exported")
    trained = train_exported(tmp_path / "exported", tmp_path / "trained", CPU)
    assert import_checkpoint(tmp_path / "trained", both) == trained
    outcome = train(config)
    assert (outcome.checkpoint, outcome.status) == (trained, "cached")


def test_a_score_says_what_was_withdrawn_of_what_a_parent_saw(train, both, staged, staged_clips, capsys):
    parent = train(learning()).checkpoint
    child = train(learning("stills").model_copy(update={"starts_from": parent}), staged.dataset).checkpoint
    video = Dataset(both.objects, staged_clips.dataset)[CLIPS].accepted(("video_id",))[0][1]["video_id"]
    withdraw(both, [video], "consent revoked")
    capsys.readouterr()
    score_checkpoint.fn(child, PropagationChoice(TINY), both.location, CPU)
    assert f"checkpoint {child[:12]} was trained with withdrawn videos: " in capsys.readouterr().err


def test_it_is_scored_on_the_dataset_that_validates(train, both, staged, staged_clips):
    config = learning(validation_dataset=staged.dataset)
    checkpoint = train(config).checkpoint
    scored = score_checkpoint.fn(checkpoint, PropagationChoice(TINY), both.location, CPU)
    record = get_record(both.objects, scored.evaluation, EvaluationRecord)
    assert record.dataset == staged.dataset
    assert scored.num_sequences == len(SequenceLoader(both.objects, staged.dataset, HELD_OUT, ["frames"]))

    with recorded_run(both, "evaluate", {}, None) as run:
        run.inputs.append(checkpoint)
        run.outputs.append(scored.evaluation)
    links = all_links(both.objects, [checkpoint, scored.evaluation])
    weights = get_record(both.objects, checkpoint, CheckpointRecord).weights
    assert links[checkpoint].needed == (staged_clips.dataset, weights, staged.dataset)
    # Nobody recorded the runs that validated the two datasets; their verdicts are in the store.
    assert use_problems(both, links, both.ledger.runs()) == []


def test_a_dataset_of_videos_alone_has_nothing_to_score_on(train, both):
    checkpoint = train(learning()).checkpoint
    with pytest.raises(InputError, match=r"held-out sequences with masks, got \w+…, a dataset of v"):
        score_checkpoint.fn(checkpoint, PropagationChoice(TINY), both.location, CPU)


def test_clips_that_are_too_short_are_counted_and_named(train, staged_clips, capsys):
    clips = ClipLoader(staged_clips.store.objects, staged_clips.dataset, TRAIN, learning().clip_draw)
    shortest = min(sample.num_frames for sample in clips._samples)
    views = TINY.views.model_copy(update={"num_frames": shortest + 1})
    outcome = train(learning(method=TINY.model_copy(update={"views": views}), steps=1))
    assert outcome.short_clips == sum(sample.num_frames == shortest for sample in clips._samples)
    told = f"{outcome.short_clips} clips have fewer than {shortest + 1} frames and are left out"
    assert told in capsys.readouterr().err


def test_what_is_missing_is_one_line(train, both, staged, staged_clips):
    refusals = {
        r"a dataset of videos for source: clips, got \w+… of photographs": (learning(), staged.dataset),
        r"a dataset of photographs for source: stills, got \w+… of videos \(stages footage, clips\)": (
            learning("stills"),
            staged_clips.dataset,
        ),
        r"photographs for validation_dataset, got \w+… of videos": (
            learning("stills", validation_dataset=staged_clips.dataset),
            staged.dataset,
        ),
        r"photographs for training.validate_every without a validation_dataset, got \w+… of videos": (
            learning(validate_every=1),
            staged_clips.dataset,
        ),
    }
    for message, (config, dataset) in refusals.items():
        with pytest.raises(InputError, match=message):
            train(config, dataset)
    stages = {stage: one for stage, one in stages_in(both, staged.dataset).items() if stage != "superpixels"}
    unjudged = put_record(both.objects, DatasetManifest(stages=stages))
    with pytest.raises(GateError, match="was never validated"):
        train(learning(validation_dataset=unjudged))


@pytest.mark.parametrize("method", ["shls", {"name": "dul", "views": {"crop": 321}}])
def test_a_method_that_cannot_learn_from_clips_is_refused(method):
    with pytest.raises(ValueError, match=r"expected (source: stills with method shls|a short_side)"):
        LearningConfig(method=method, source="clips")


@pytest.fixture
def with_both_sources(both, staged, staged_clips, pass_gate):
    """The id of a dataset that was made from these photographs and these videos."""
    stages = {**stages_in(both, staged.dataset), **stages_in(both, staged_clips.dataset)}
    dataset = put_record(both.objects, DatasetManifest(stages=stages))
    pass_gate(both, dataset)
    return dataset


def stages_in(store, dataset):
    return get_record(store.objects, dataset, DatasetManifest).stages


def test_a_dataset_of_both_validates_on_its_own_sequences(train, both, with_both_sources):
    outcome = train(learning(validate_every=4, validation_sequences=1), with_both_sources)
    assert list(outcome.validations) == [4]
    scored = score_checkpoint.fn(outcome.checkpoint, PropagationChoice(TINY), both.location, CPU)
    assert get_record(both.objects, scored.evaluation, EvaluationRecord).dataset == with_both_sources
    assert train(learning("stills"), with_both_sources).status == "computed"


class Watch:
    """What a training was seen to read: the samples of every step, and those that validated."""

    def __init__(self, patch):
        self.steps, self.validated = [], set()
        watch, arrays, read = self, ClipLoader.arrays, SequenceLoader.read

        def clips(loader, numbers, places, seed):
            watch.steps.append((places[0] // len(places), [loader.sample_ids[one] for one in numbers]))
            return arrays(loader, numbers, places, seed)

        def sequence(loader, number):
            watch.validated.add(loader.sample_ids[number])
            return read(loader, number)

        patch.setattr(ClipLoader, "arrays", clips)
        patch.setattr(validation.SequenceLoader, "read", sequence)


@pytest.mark.parametrize(
    "training",
    [
        {"steps": 3, "batch_size": 1},
        {"steps": 9, "batch_size": 3, "seed": 7},
        {"steps": 6, "batch_size": 2, "validate_every": 2, "validation_sequences": 1, "checkpoint": "best"},
    ],
)
def test_lineage_says_what_training_read(both, staged, staged_clips, training, monkeypatch):
    watch = Watch(monkeypatch)
    config = learning(validation_dataset=staged.dataset, **training)
    record = learn(both.objects, facts_of(staged_clips.dataset, config, CPU), config, CPU).record
    drawn = [(step, one) for step, samples in watch.steps if step < record.step for one in samples]
    usage = usage_of(History(both), record.model_dump(mode="json"))
    rows = usage.samples.to_pylist()
    assert usage.why_unknown is None
    assert usage.datasets == (staged_clips.dataset, staged.dataset)
    found = {row["sample_id"]: (row["times_drawn"], row["first_step"]) for row in rows if row["times_drawn"]}
    ids = [one for _, one in drawn]
    assert found == {one: (ids.count(one), next(s for s, other in drawn if other == one)) for one in ids}
    assert {row["sample_id"] for row in rows if row["is_validated"]} == watch.validated
    assert bool(watch.validated) == bool(record.validations)

    history = History(both)
    clips = history.rows_of(staged_clips.outcomes["clips"].artifact)
    by_video = usage_by_source(usage, clips)
    videos = {row["sample_id"]: row["video_id"] for row in clips.to_pylist()}
    assert {video: one["times_drawn"] for video, one in by_video.items()} == {
        video: sum(videos[one] == video for one in ids) for video in {videos[one] for one in ids}
    }
    assert {video: one["first_step"] for video, one in by_video.items()} == {
        video: min(step for step, one in drawn if videos[one] == video) for video in by_video
    }


@pytest.mark.parametrize("split", [TRAIN, HELD_OUT])
@pytest.mark.parametrize("num_frames", [3, 7, 12])
def test_clips_have_the_numbers_of_the_loader(staged_clips, split, num_frames):
    draw_of = learning().clip_draw.model_copy(update={"num_frames": num_frames})
    loader = ClipLoader(staged_clips.store.objects, staged_clips.dataset, split, draw_of)
    found = clips_of_split(History(staged_clips.store), staged_clips.dataset, split, num_frames)
    assert tuple(found.to_pylist()) == loader.sample_ids


def test_a_training_from_stills_in_a_dataset_of_both_drew_no_clip(both, with_both_sources):
    config = learning("stills")
    record = learn(both.objects, facts_of(with_both_sources, config, CPU), config, CPU).record
    usage = usage_of(History(both), record.model_dump(mode="json"))
    sequences = SequenceLoader(both.objects, with_both_sources, TRAIN, ["frames"]).sample_ids
    assert set(usage.samples["sample_id"].to_pylist()) <= set(sequences)
    assert sum(usage.samples["times_drawn"].to_pylist()) == 4 * 2
    assert usage.datasets == (with_both_sources,)


def test_a_photograph_that_validated_is_seen_and_a_video_that_was_drawn(train, both, staged, staged_clips):
    every = len(SequenceLoader(both.objects, staged.dataset, HELD_OUT, ["frames"]))
    config = learning(validation_dataset=staged.dataset, validate_every=4, validation_sequences=every)
    checkpoint = train(config).checkpoint
    history = History(both)
    sequences = history.rows_of(staged.outcomes["sequences"].artifact).to_pylist()
    clips = history.rows_of(staged_clips.outcomes["clips"].artifact).to_pylist()
    held_out = next(row["source_ids"][0] for row in sequences if row["split"] == HELD_OUT)
    usage = usage_of(history, get_record(both.objects, checkpoint, CheckpointRecord).model_dump(mode="json"))
    drawn = {row["sample_id"] for row in usage.samples.to_pylist() if row["times_drawn"]}
    video = next(row["video_id"] for row in clips if row["sample_id"] in drawn)
    assert [one.how for one in descent(both, held_out).exposures] == ["validated"]
    (exposure,) = descent(both, video).exposures
    assert (exposure.how, exposure.steps) == ("trained", 4)
    assert exposure.times_drawn == sum(
        row["times_drawn"]
        for row in usage.samples.to_pylist()
        if row["sample_id"] in {clip["sample_id"] for clip in clips if clip["video_id"] == video}
    )

    up = ancestry(both, checkpoint)
    facts = next(node.facts["usage"] for node in up.nodes if node.id == checkpoint)
    assert facts["videos"][video]["times_drawn"] == exposure.times_drawn
    assert facts["photographs"][held_out]["samples_validated"] >= 1
    assert {staged.dataset, staged_clips.dataset} <= {node.id for node in up.nodes}


def test_an_erased_video_changes_no_answer(both, staged_clips):
    config = learning(steps=12)
    record = learn(both.objects, facts_of(staged_clips.dataset, config, CPU), config, CPU).record
    said = record.model_dump(mode="json")
    before = usage_of(History(both), said)
    clips = History(both).rows_of(staged_clips.outcomes["clips"].artifact).to_pylist()
    video = next(row["video_id"] for row in clips if row["split"] == TRAIN and row["digest"])
    both.names.publish("films", staged_clips.dataset)
    withdraw(both, [video], "consent revoked")
    erasure, _ = purge(both, [video])
    assert erasure.shards
    after = usage_of(History(both), said)
    assert after.why_unknown is None
    assert after.samples.equals(before.samples)
