import pytest

from shls_core.methods.momentum_memory.config import MomentumMemoryConfig, ViewsConfig
from shls_core.methods.registry import method_config
from shls_core.training.config import TrainingConfig
from shls_core.training.phases import check_phases
from shls_core.training.schedule import learning_rate_at


def test_the_memory_stage_is_a_phase_with_its_own_learning_rate():
    config = MomentumMemoryConfig(memory_from=120_000)
    training = TrainingConfig(steps=130_000, learning_rate=1e-3, warmup_steps=500)
    check_phases(config.phases, training)
    rates = [learning_rate_at(step, training, config.phases) for step in (0, 499, 119_999, 120_499, 129_999)]
    assert rates == pytest.approx([2e-6, 1e-3, 1e-3, 1e-4, 1e-4])
    with pytest.raises(
        ValueError, match=r"expected method.memory_from below training.steps \(9\), got 120000"
    ):
        check_phases(config.phases, training.model_copy(update={"steps": 9, "warmup_steps": 0}))


def test_either_stage_may_be_the_only_one():
    [pairs] = MomentumMemoryConfig().phases
    assert (pairs.first_step, pairs.learning_rate) == (0, None)
    [memory] = MomentumMemoryConfig(memory_from=0).phases
    assert (memory.first_step, memory.learning_rate) == (0, 1e-4)


def test_masks_are_carried_as_features_were_trained():
    labels = MomentumMemoryConfig(window=6).propagation()
    assert (labels.features, labels.reference_features) == ("embedding", "momentum")
    assert (labels.similarity, labels.temperature, labels.neighbours) == ("dot", 1.0, "all")
    assert (labels.window, labels.radius, labels.first_frame_unrestricted) == ("square", 6, False)
    assert (labels.references, labels.labels, labels.given_mask) == ((0, 5, -5, -3, -1), "hard", "bilinear")
    other = MomentumMemoryConfig(
        similarity="cosine", temperature=0.1, reference_encoder="same", labels="soft", references="all"
    ).propagation()
    assert (other.similarity, other.temperature, other.reference_features) == ("cosine", 0.1, None)
    assert (other.references, other.labels, other.given_mask) == ("all", "soft", "area")


def test_training_reads_the_keys_of_use_only_to_validate():
    config = MomentumMemoryConfig()
    assert config.unread(validates=True) == frozenset()
    assert config.unread(validates=False) == {"references", "reference_encoder", "labels"}
    used = MomentumMemoryConfig(num_references=3).used_as(MomentumMemoryConfig(window=3, labels="soft"))
    assert (used.num_references, used.window, used.labels) == (3, 3, "soft")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"memory_from": 5, "num_references": 6}, r"num_references below views.num_frames \(6\)"),
        ({"views": {"reference_gaps": [1, 2, 3]}}, r"expected 3 gap_weights of sum 1"),
        ({"views": {"gap_weights": [0.8, 0.8]}}, r"expected 2 gap_weights of sum 1"),
        ({"views": {"side": [0.9, 0.6]}}, r"a side above 0 that ascends, got \[0.9, 0.6\]"),
        ({"views": {"crop": 400, "side": [0.05, 1]}}, r"frames of at most 4096 px to cut 400 px from"),
        ({"references": [5, -2]}, r"expected references with 0 \(the first frame\) or -1"),
    ],
)
def test_what_does_not_fit_is_refused(section, message):
    with pytest.raises(ValueError, match=message):
        method_config({"name": "momentum_memory", **section})


def test_pairs_alone_need_no_more_than_two_frames():
    assert MomentumMemoryConfig(views=ViewsConfig(num_frames=2)).views.num_frames == 2
