"""Mask-VOS learns in rounds: clusters by the checkpoint before, its weights; and what is asked afterwards."""

import shutil
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import pytest

from shls_core.errors import ConfigError, InputError, PhotographWithdrawn
from shls_core.methods.dul.config import DulConfig, DulNetworkConfig, ViewsConfig
from shls_core.methods.mask_vos.cluster_config import ClusterConfig
from shls_core.methods.mask_vos.config import MaskVosConfig, MaskVosNetworkConfig, MaskVosViewsConfig
from shls_core.photographs.split import TRAIN
from shls_core.training.config import TrainingConfig
from shls_core.training.weights import weights_from_bytes
from storage.audit.examination import examine
from storage.garbage_collection import plan_collection
from storage.gate.config import GateConfig
from storage.gate.gate import validate
from storage.lineage.ancestry import ancestry
from storage.lineage.descent import descent
from storage.lineage.history import History
from storage.lineage.splits import clips_of_split
from storage.lineage.usage import usage_of
from storage.objects.training_states import TrainingStates
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import DatasetManifest, StageManifest, get_record, put_record, record_id
from storage.rows.clip_loader import ClipLoader
from storage.rows.dataset import Dataset
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_names import CLIPS, CLUSTERS
from storage.store import Store
from tasks.checkpoints.cluster_maker import cluster_maker
from tasks.checkpoints.importing import import_checkpoint
from tasks.checkpoints.reproduction import reproduce_checkpoint
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.scoring.held_out import score_checkpoint
from tasks.scoring.segmenter_choice import PropagationChoice
from tasks.stages.clusters import ClustersStage
from tasks.staging.build_stage import build_stage
from tasks.training.bare_training import train_exported
from tasks.training.export_order import export_training
from tasks.training.learn import facts_of, learn
from tasks.training.learning_config import LearningConfig, learning_of
from tasks.upkeep.auditing.recorded_stages import recorded_stage
from tasks.upkeep.withdrawal import withdraw

CPU = ExecutionConfig(backend="serial", device="cpu")
STAGING = StagingConfig(seed=1, rows_per_shard=2, max_rejected_share=0.9)
CLUSTERING = ClusterConfig(max_share=0.9, min_share=0.0, kmeans_steps=10)
DUL = DulConfig(
    network=DulNetworkConfig(width_multiplier=0.0625, embedding_size=8),
    views=ViewsConfig(num_frames=3, crop=33, short_side=(36, 44)),
    grid=2,
    cross_view_grid=2,
)
MASK_VOS = MaskVosConfig(
    network=MaskVosNetworkConfig(width_multiplier=0.0625, embedding_size=8, decoder_width=0.0625),
    views=MaskVosViewsConfig(crop=33, short_side=(36, 44), long_gap=3),
    grid=2,
    cross_view_grid=2,
)


def learning(method=MASK_VOS, starts_from=None, **training):
    return LearningConfig(
        method=method,
        training=TrainingConfig(**({"steps": 3, "batch_size": 2, "num_threads": 1} | training)),
        source="clips",
        starts_from=starts_from,
    )


@pytest.fixture(scope="module")
def clustered(staged_clips, pass_gate):
    """Return a function that makes the dataset of a round with a checkpoint."""

    def cluster(store, checkpoint):
        stage = ClustersStage(CLUSTERING, cluster_maker(store, checkpoint[:12], CPU, 1))
        clips = {CLIPS: staged_clips.outcomes[CLIPS].artifact}
        outcome = build_stage(store, stage, clips, STAGING, CPU)
        stages = get_record(store.objects, staged_clips.dataset, DatasetManifest).stages
        dataset = put_record(store.objects, DatasetManifest(stages={**stages, CLUSTERS: outcome.artifact}))
        pass_gate(store, dataset)
        return dataset, outcome

    return cluster


@dataclass(frozen=True)
class Rounds:
    """A checkpoint of DUL, and two rounds after it."""

    store: Store
    datasets: tuple[str, str]
    clusters: str
    """The artifact of the first round's clusters."""
    checkpoints: tuple[str, str, str]


@pytest.fixture(scope="module")
def rounds(staged_clips, tmp_path_factory, clustered, pass_gate, train_recorded):
    """Nobody writes to this store what others would see."""
    folder = tmp_path_factory.mktemp("rounds") / "store"
    store = Store.open(shutil.copytree(staged_clips.store.root, folder))
    pass_gate(store, staged_clips.dataset)
    checkpoints = [train_recorded(store, learning(DUL), staged_clips.dataset).checkpoint]
    made = []
    for _ in range(2):
        made.append(clustered(store, checkpoints[-1]))
        config = learning(starts_from=checkpoints[-1])
        checkpoints.append(train_recorded(store, config, made[-1][0]).checkpoint)
    (one, outcome), (two, _) = made
    return Rounds(store, (one, two), outcome.artifact, tuple(checkpoints))


def test_clusters_are_of_every_clip_and_repeat(rounds, clustered):
    store, dataset, first = rounds.store, rounds.datasets[0], rounds.checkpoints[0]
    again, repeated = clustered(store, first)
    assert (again, repeated.status) == (dataset, "cached")
    manifest = get_record(store.objects, rounds.clusters, StageManifest)
    assert manifest.parameters["checkpoint"] == first
    assert manifest.parameters["weights"] == get_record(store.objects, first, CheckpointRecord).weights
    assert manifest.rows == len(Dataset(store.objects, dataset)[CLIPS].accepted())
    rows = StageArtifact(store.objects, rounds.clusters).table(
        ["num_clusters", "largest_share", "kept_share", "height", "frame_height"]
    )
    for row in rows.to_pylist():
        assert 1 <= row["num_clusters"] <= 5
        assert row["largest_share"] <= row["kept_share"] <= 1
        assert row["height"] == -(-row["frame_height"] // 8)
    stage = recorded_stage(manifest)
    assert stage.parameters == manifest.parameters


def test_the_gate_judges_clusters(rounds):
    verdict = validate(rounds.store, rounds.datasets[0], GateConfig(max_no_object_share=1.0))
    of_clusters = [one for one in verdict.findings if one.stage == CLUSTERS]
    assert len(of_clusters) > 6
    assert all(one.passed for one in of_clusters)


def test_pseudo_masks_lie_where_the_frames_lie(rounds):
    store, dataset = rounds.store, rounds.datasets[0]
    draw = learning().clip_draw
    loader = ClipLoader(store.objects, dataset, TRAIN, draw, ("frames", "clusters"))
    plain = ClipLoader(store.objects, dataset, TRAIN, draw)
    batch = loader.arrays([0, 0], [3, 4], 0)
    assert np.array_equal(batch["frames"], plain.arrays([0, 0], [3, 4], 0)["frames"])
    assert batch["masks"].shape == batch["frames"].shape[:-1]
    clips = clips_of_split(History(store), dataset, TRAIN, 3)
    assert tuple(clips.to_pylist()) == loader.sample_ids


def test_a_round_is_named_by_what_it_learned_from(rounds):
    store, (first, second, third) = rounds.store, rounds.checkpoints
    record = get_record(store.objects, third, CheckpointRecord)
    assert (record.starts_from, record.pseudo_masks_by) == (second, second)
    assert learning_of(record).starts_from == second
    assert "starts_from" not in record.configuration
    plain = get_record(store.objects, first, CheckpointRecord).model_dump(mode="json")
    assert not {"starts_from", "pseudo_masks_by"} & plain.keys()
    assert {first, second} <= {node.id for node in ancestry(store, third).nodes}


def test_training_begins_with_the_weights_that_both_networks_have(rounds):
    store, dataset, first = rounds.store, rounds.datasets[0], rounds.checkpoints[0]
    config = learning(starts_from=first, steps=1, learning_rate=1e-12, ema_decay=0.0)
    weights = weights_from_bytes(learn(store.objects, facts_of(dataset, config, CPU), config, CPU).weights)
    begun = weights_from_bytes(store.objects.get(get_record(store.objects, first, CheckpointRecord).weights))
    convolutions = [name for name, value in begun.items() if value.ndim == 4]
    assert len(convolutions) > 10
    for name in convolutions:
        np.testing.assert_allclose(weights[name].numpy(), begun[name].numpy(), atol=1e-6)


def test_weights_of_another_size_are_refused(rounds):
    store, dataset, first = rounds.store, rounds.datasets[0], rounds.checkpoints[0]
    network = MASK_VOS.network.model_copy(update={"width_multiplier": 0.125})
    config = learning(MASK_VOS.model_copy(update={"network": network}), starts_from=first)
    message = (
        r"a checkpoint of the same size, got \w+…, whose backbone.layer1.0.residual.0.weight is 4x4x3x3 where"
    )
    with pytest.raises(InputError, match=message):
        learn(store.objects, facts_of(dataset, config, CPU), config, CPU)


def test_a_dataset_without_clusters_is_refused(rounds, staged_clips):
    store, config = rounds.store, learning()
    with pytest.raises(InputError, match="expected a dataset with clusters, got"):
        learn(store.objects, facts_of(staged_clips.dataset, config, CPU), config, CPU)


@pytest.mark.parametrize(("source", "pseudo_masks"), [("clips", "shards"), ("stills", "clusters")])
def test_pseudo_masks_that_a_source_does_not_have_are_refused(source, pseudo_masks):
    method = MASK_VOS.model_copy(update={"pseudo_masks": pseudo_masks})
    with pytest.raises((ConfigError, ValueError), match=r"expected method.pseudo_masks: "):
        LearningConfig(method=method, source=source)


def test_a_resumed_round_is_the_uninterrupted_one(rounds):
    store, dataset, (first, second, _) = rounds.store, rounds.datasets[0], rounds.checkpoints
    config = learning(starts_from=first)
    facts = facts_of(dataset, config, CPU)
    states = TrainingStates(store.backend, dataset, "a" * 64)

    def stop(row):
        if row["step"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(store.objects, facts, config, CPU, states, observers=lambda course: nullcontext([stop]))
    resumed = learn(store.objects, facts, config, CPU, states)
    assert record_id(resumed.record) == second


def test_the_last_round_is_reproduced_and_the_same_comes_of_an_export(rounds, tmp_path):
    store, (_, dataset), (_, second, third) = rounds.store, rounds.datasets, rounds.checkpoints
    again = reproduce_checkpoint.fn(third, store.location, CPU)
    assert (again.verdict, again.differences) == ("agrees", {})
    export_training(store, dataset, learning(starts_from=second), tmp_path / "exported")
    assert train_exported(tmp_path / "exported", tmp_path / "trained", CPU) == third
    assert import_checkpoint(tmp_path / "trained", store) == third


def test_what_a_parent_saw_its_children_saw(rounds, tmp_path, train_recorded):
    store = Store.open(shutil.copytree(rounds.store.root, tmp_path / "copy"))
    (_, dataset), (first, second, third) = rounds.datasets, rounds.checkpoints
    history = History(store)
    records = {
        one: get_record(store.objects, one, CheckpointRecord).model_dump(mode="json")
        for one in (first, second, third)
    }
    usages = {one: usage_of(history, record) for one, record in records.items()}
    assert [usages[one].steps for one in (first, second, third)] == [3, 6, 9]
    drawn = {
        one: {row["sample_id"]: row for row in usage.samples.to_pylist()} for one, usage in usages.items()
    }
    assert drawn[first].keys() <= drawn[second].keys() <= drawn[third].keys()
    assert sum(row["times_drawn"] for row in drawn[third].values()) == 9 * 2
    for sample, row in drawn[first].items():
        assert drawn[third][sample]["first_step"] == row["first_step"]
    new = [row for sample, row in drawn[third].items() if sample not in drawn[second]]
    assert all(row["first_step"] >= 6 for row in new)

    # A film that only the first checkpoint drew is found in all three, and withdrawn from all.
    clips = {
        row["sample_id"]: row["video_id"]
        for row in history.rows_of(
            get_record(store.objects, dataset, DatasetManifest).stages[CLIPS]
        ).to_pylist()
    }
    video = clips[next(iter(drawn[first]))]
    assert descent(store, video).seen_by == tuple(sorted((first, second, third)))
    withdraw(store, [video], "consent revoked")
    with pytest.raises(PhotographWithdrawn):
        train_recorded(store, learning(starts_from=third, steps=1), dataset)
    (outstanding,) = examine(store).outstanding
    assert set(outstanding.checkpoints) == {first, second, third}


def test_a_parent_is_kept_as_long_as_its_child(rounds):
    removed = {digest for group in plan_collection(rounds.store, keep=1).objects for digest in group}
    assert not removed & set(rounds.checkpoints)


def test_it_learns_from_pseudo_sequences_without_clusters_and_is_scored(
    staged, staged_copy, pass_gate, train_recorded
):
    pass_gate(staged_copy, staged.dataset)
    method = MASK_VOS.model_copy(update={"pseudo_masks": "shards"})
    config = LearningConfig(
        method=method, training=TrainingConfig(steps=2, batch_size=2, num_threads=1, validate_every=2)
    )
    checkpoint = train_recorded(staged_copy, config, staged.dataset).checkpoint
    record = get_record(staged_copy.objects, checkpoint, CheckpointRecord)
    assert record.pseudo_masks_by is None
    assert [one.step for one in record.validations] == [2]
    scored = score_checkpoint.fn(checkpoint, PropagationChoice(method), staged_copy.location, CPU)
    assert scored.num_sequences > 0
    assert 0 <= scored.scores["J&F-Mean"] <= 1
