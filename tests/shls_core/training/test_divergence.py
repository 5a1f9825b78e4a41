import pytest

from shls_core.errors import TrainingDiverged
from shls_core.training.config import TrainingConfig
from shls_core.training.divergence import refuse_climbing
from shls_core.training.loop import train
from shls_core.training.phases import Phase

CONFIG = TrainingConfig(divergence_window=2, divergence_factor=3.0)


@pytest.mark.parametrize(
    "losses",
    [
        [],
        [4.0, 4.0],
        [4.0, 4.0, 2.0, 2.0, 1.0, 1.0],
        [4.0, 4.0, 1.0, 1.0, 4.0, 4.0],  # not above the first window
        [4.0, 4.0, 2.0, 2.0, 6.0, 6.0],  # not above three times the smallest
        [0.4, 0.4, 0.0, 0.0, 0.1, 0.1],  # noise around nothing
        [4.0, 4.0, 1.0, 1.0, 90.0],  # in the middle of a window
        [4.0, 4.0, 1.0, 1.0, 0.5, 7.0],  # one bad step
    ],
)
def test_a_loss_that_falls_or_wobbles_is_let_go_on(losses):
    refuse_climbing(losses, CONFIG)


def test_a_run_that_lost_all_it_had_learned_is_ended():
    told = (
        r"got 4\.500 on average over the last 2 steps after 4\.000 in the first and 1\.000 in the best 2 "
        r"\(step 6\); a lower training\.learning_rate"
    )
    with pytest.raises(TrainingDiverged, match=told):
        refuse_climbing([4.0, 4.0, 1.0, 1.0, 4.0, 5.0], CONFIG)


def test_a_phase_adds_a_term_and_is_no_divergence():
    config, phases = TrainingConfig(divergence_window=2), (Phase(), Phase(5))
    losses = [0.4, 0.4, 0.1, 0.1, 0.1, 0.9, 0.9]
    refuse_climbing(losses, config, phases)
    refuse_climbing([*losses, 0.8, 0.8], config, phases)
    with pytest.raises(TrainingDiverged, match=r"got 4\.000 .* after 0\.900 in the first .*\(step 9\)"):
        refuse_climbing([*losses, 4.0, 4.0], config, phases)


def test_training_ends_with_it(small_shls, batches_from):
    method, seen = small_shls(0), []
    plain = method.loss
    method.loss = lambda batch, step: {"nt_xent": plain(batch, step)["nt_xent"] * (1 if step < 4 else 1000)}
    config = TrainingConfig(steps=50, num_threads=1, divergence_window=2)
    with pytest.raises(TrainingDiverged, match=r"\(step 6\)"):
        train(method, batches_from(0), config, seen.append)
    assert len(seen) == 6
