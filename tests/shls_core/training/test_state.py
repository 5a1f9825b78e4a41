import pytest

from shls_core.training.config import TrainingConfig
from shls_core.training.phases import Phase
from shls_core.training.state import TrainingState, Validation


@pytest.fixture
def state(small_shls):
    return TrainingState.begin(small_shls(0).network, TrainingConfig(ema_decay=0.0))


def test_of_equal_validations_the_first_is_kept(state):
    for step, score in ((2, 0.4), (4, 0.6), (6, 0.6), (8, 0.5)):
        state.losses[:] = [1.0] * step
        next(iter(state.average.state.values())).fill_(step)
        state.note_validation(score)
    assert state.best_validation == Validation(4, 0.6)
    assert next(iter(state.best.values())).unique().tolist() == [4.0]


@pytest.mark.parametrize(
    ("validate_every", "due"), [(0, []), (2, [2, 4, 5]), (5, [5]), (3, [3, 5]), (9, [5])]
)
def test_validation_is_due_every_so_many_steps_and_at_the_end(state, validate_every, due):
    config = TrainingConfig(steps=5, validate_every=validate_every)
    found = []
    for step in range(6):
        state.losses[:] = [1.0] * step
        if state.validation_is_due(config):
            found.append(step)
            state.note_validation(0.5)
            assert not state.validation_is_due(config)
    assert found == due


def test_weights_that_know_nothing_of_the_last_phase_are_not_validated(state):
    config, phases = TrainingConfig(steps=7, validate_every=2), (Phase(), Phase(4))
    due = []
    for step in range(1, 8):
        state.losses.append(0.0)
        if state.validation_is_due(config, phases):
            due.append(step)
    assert due == [6, 7]
