import pytest

from shls_core.training.config import TrainingConfig
from shls_core.training.phases import ONE_PHASE, Phase, check_phases, phase_at, phase_steps

THREE = (Phase(), Phase(4, 0.5), Phase(6, key="method.last_from"))


def test_every_step_belongs_to_the_phase_that_began_last():
    assert [phase_at(step, THREE).first_step for step in range(8)] == [0, 0, 0, 0, 4, 4, 6, 6]
    assert phase_at(10**6, ONE_PHASE) == Phase()


def test_the_steps_of_all_phases_are_those_of_the_run():
    config = TrainingConfig(steps=9)
    assert [phase_steps(phase, THREE, config) for phase in THREE] == [4, 2, 3]
    assert phase_steps(*ONE_PHASE, ONE_PHASE, config) == 9


@pytest.mark.parametrize(
    ("steps", "warmup_steps", "told"),
    [
        (6, 0, r"expected method\.last_from below training\.steps \(6\), got 6"),
        (7, 2, r"expected training\.warmup_steps of at most 1, the steps of the shortest phase, got 2"),
    ],
)
def test_a_phase_that_never_begins_or_never_leaves_its_warm_up_is_refused(steps, warmup_steps, told):
    with pytest.raises(ValueError, match=told):
        check_phases(THREE, TrainingConfig(steps=steps, warmup_steps=warmup_steps))


def test_phases_that_fit_are_let_go_on():
    check_phases(THREE, TrainingConfig(steps=9, warmup_steps=2))
    check_phases(ONE_PHASE, TrainingConfig(steps=1))
