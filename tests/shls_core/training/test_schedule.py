import pytest

from shls_core.training.config import TrainingConfig
from shls_core.training.phases import Phase
from shls_core.training.schedule import learning_rate_at


def test_constant_after_a_linear_warm_up():
    config = TrainingConfig(steps=10, learning_rate=2.0e-3, warmup_steps=4)
    rates = [learning_rate_at(step, config) for step in range(6)]
    assert rates == pytest.approx([0.5e-3, 1e-3, 1.5e-3, 2e-3, 2e-3, 2e-3])


def test_cosine_falls_from_the_top_towards_zero():
    config = TrainingConfig(steps=100, learning_rate=1.0, schedule="cosine")
    rates = [learning_rate_at(step, config) for step in range(100)]
    assert rates[0] == 1.0
    assert rates[50] == pytest.approx(0.5)
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 1e-3


def test_warm_up_as_long_as_the_run():
    config = TrainingConfig(steps=5, learning_rate=1.0, schedule="cosine", warmup_steps=5)
    assert learning_rate_at(4, config) == 1.0


def test_the_second_phase_is_a_run_of_its_own():
    config = TrainingConfig(steps=30, learning_rate=1.0, schedule="cosine", warmup_steps=2)
    phases = (Phase(), Phase(20, 0.25))
    first = TrainingConfig(steps=20, learning_rate=1.0, schedule="cosine", warmup_steps=2)
    second = TrainingConfig(steps=10, learning_rate=0.25, schedule="cosine", warmup_steps=2)
    alone = [learning_rate_at(step, phase) for phase in (first, second) for step in range(phase.steps)]
    assert [learning_rate_at(step, config, phases) for step in range(30)] == alone


def test_the_warm_up_of_a_run_ends():
    with pytest.raises(ValueError, match="expected warmup_steps of at most 5, got 6"):
        TrainingConfig(steps=5, warmup_steps=6)
