import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.encoded_frame import encode_frames
from shls_core.methods.shls.losses.nt_xent import nt_xent
from shls_core.methods.shls.losses.soft_neighbours import soft_neighbours
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.methods.shls.refinement.refiner import Refiner
from shls_core.methods.shls.training_loss import ShlsMethod
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.object_tracker import ObjectTracker
from shls_core.propagation.superpixel_memory.superpixel_objects import split_along_mask, superpixel_labels
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import train
from shls_core.training.state import TrainingState
from shls_core.training.state_bytes import restore_state, state_to_bytes
from shls_core.training.weights import weights_digest

QUADRANTS = np.kron([[0, 1], [2, 3]], np.ones((8, 8), dtype=int)).astype(np.uint16)


def test_loss_is_the_mean_over_frames_of_nt_xent_with_most_overlapping_objects():
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, size=(2, 2, 16, 16, 3), dtype=np.uint8)
    masks = np.zeros((2, 2, 16, 16), dtype=np.uint8)
    masks[0, 0, :, 3:] = 1  # most of the left half, and all of the right one
    masks[0, 1, :, 5:] = 1
    masks[1, 0] = 2  # a single class: contributes 0
    masks[1, 1, :9] = 1
    labels = [[1, 1, 1, 1], [0, 1, 0, 1], [2, 2, 2, 2], [1, 1, 0, 0]]

    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.0625), seed=0)
    superpixel_maps = np.broadcast_to(QUADRANTS, masks.shape)
    batch = TrainingBatch(frames, superpixel_maps, masks)
    loss = ShlsMethod(network).loss(batch, step=0)["nt_xent"]

    features = network.encode_image(torch.tensor(frames.reshape(4, 16, 16, 3)))
    maps = torch.tensor(superpixel_maps.reshape(4, 16, 16).astype(np.int64))
    superfeatures = network.superfeatures(features, maps)
    terms = [nt_xent(superfeatures.of_frame(f), torch.tensor(labels[f]), 0.07).item() for f in range(4)]
    assert terms[0] == terms[2] == 0.0
    assert loss.item() == pytest.approx(np.mean(terms), rel=1e-4)


def test_soft_neighbours_are_looked_for_in_the_other_frames_of_a_sequence():
    batch = moving_squares(0, num_objects=(1, 2))
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.0625), seed=0)
    terms = ShlsMethod(network, ShlsConfig(contrast="soft_neighbours")).loss(batch, step=0)
    assert set(terms) == {"soft_neighbours"}

    maps = torch.from_numpy(batch.superpixel_maps.reshape(-1, SIZE, SIZE).astype(np.int64))
    features = network.encode_image(torch.from_numpy(batch.frames.reshape(-1, SIZE, SIZE, 3)))
    superfeatures = network.superfeatures(features, maps).values.reshape(2, -1, 32)
    labels = [
        np.concatenate(
            [
                superpixel_labels(CELLS, batch.masks[b, t], int(CELLS.max()) + 1)
                for t in range(batch.masks.shape[1])
            ]
        )
        for b in range(2)
    ]
    frames = torch.arange(3).repeat_interleave(int(CELLS.max()) + 1)
    expected = [
        soft_neighbours(superfeatures[b], torch.from_numpy(labels[b]), frames, 0.07).item() for b in range(2)
    ]
    assert terms["soft_neighbours"].item() == pytest.approx(np.mean(expected), rel=1e-4)


SIZE, CELL = 32, 4
CELLS = (np.arange(SIZE)[:, None] // CELL * (SIZE // CELL) + np.arange(SIZE) // CELL).astype(np.uint16)


def refining(mode: str = "roi", seed: int = 0, **switches: Any) -> ShlsMethod:
    refinement = RefinementConfig(mode=mode, decoder_width=0.0625, **switches)
    config = NetworkConfig(width_multiplier=0.0625, superfeature_size=8, refinement=refinement)
    return ShlsMethod(new_network(ShlsNetwork, config, seed))


def moving_squares(seed: int, num_objects: tuple[int, ...] = (1, 1), num_frames: int = 3) -> TrainingBatch:
    """Bright squares on dark noise that move down; as many in every sequence as `num_objects` says."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((len(num_objects), num_frames, SIZE, SIZE), dtype=np.uint8)
    frames = rng.integers(0, 80, size=(*masks.shape, 3), dtype=np.uint8)
    for sequence, count in enumerate(num_objects):
        for label in range(1, count + 1):
            top, left = rng.integers(1, 8), 10 * (label - 1) + rng.integers(1, 8)
            for t in range(num_frames):
                area = np.s_[sequence, t, top + 2 * t : top + 2 * t + 9, left : left + 9]
                masks[area] = label
                frames[area] = 100 + 50 * label + rng.integers(0, 50, size=frames[area].shape)
    return TrainingBatch(frames, np.broadcast_to(CELLS, masks.shape), masks)


def with_warps(batch: TrainingBatch) -> TrainingBatch:
    """The same squares, with the transforms that moved them: the ground stays, squares go down by 2 t."""
    num_sequences, num_frames = batch.masks.shape[:2]
    warps = np.full((num_sequences, num_frames, 3, 3, 3), np.nan)
    ground = np.array([[SIZE, 0, -0.5], [0, SIZE, -0.5], [0, 0, 1.0]])
    for sequence, time in itertools.product(range(num_sequences), range(num_frames)):
        for label in range(int(batch.masks[sequence].max()) + 1):
            warps[sequence, time, label] = ground
            warps[sequence, time, label, 1, 2] += 2 * time * (label > 0)
    return TrainingBatch(batch.frames, batch.superpixel_maps, batch.masks, warps)


def corresponding(**switches: Any) -> ShlsMethod:
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.0625, correspondence_size=8), seed=0)
    return ShlsMethod(network, ShlsConfig(network=network.config, **switches))


def test_contrasts_have_weights():
    batch = with_warps(moving_squares(0, num_objects=(1, 2)))
    torch.manual_seed(0)
    once = corresponding(contrast={"soft_neighbours": 1.0, "exact_warp": 1.0}).loss(batch, step=0)
    torch.manual_seed(0)
    more = corresponding(contrast={"soft_neighbours": 1.0, "exact_warp": 3.0}).loss(batch, step=0)
    assert set(once) == {"soft_neighbours", "exact_warp"}
    assert more["exact_warp"].item() == pytest.approx(3 * once["exact_warp"].item(), rel=1e-6)
    assert more["soft_neighbours"].item() == once["soft_neighbours"].item()


def test_points_are_looked_for_where_the_warps_have_moved_them(monkeypatch):
    seen = []

    def observe(here, there, places_here, places_there, sequences, pairs, *rest):
        seen.append((places_here, places_there, sequences, pairs))
        return here.sum()

    monkeypatch.setattr("shls_core.methods.shls.training_loss.exact_warp", observe)
    batch = with_warps(moving_squares(0, num_objects=(1, 2)))
    corresponding(contrast="exact_warp", points_per_frame=50).loss(batch, step=0)
    [(here, there, sequences, pairs)] = seen
    assert set(zip(sequences.tolist(), pairs.tolist(), strict=True)) == {(n // 3, n) for n in range(6)}
    moved = there - here
    assert moved[:, 0].abs().max() < 1e-4
    assert set(moved[:, 1].round().int().tolist()) == {0, 2, 4}


def test_exact_warps_teach_the_backbone_and_their_own_vectors():
    method = corresponding(contrast="exact_warp")
    loss = method.loss(with_warps(moving_squares(0)), step=0)["exact_warp"]
    loss.backward()
    assert loss.item() > 0.1
    taught = {name.split(".")[0] for name, one in method.network.named_parameters() if one.grad is not None}
    assert taught == {"backbone", "correspondence"}


@pytest.mark.parametrize("guide", ["pseudo_mask", "coarse_mask"])
def test_refinement_adds_the_cross_entropy_of_refined_masks(guide):
    method, batch = refining(training_guide=guide), moving_squares(0, num_objects=(1, 2))
    terms = method.loss(batch, step=0)
    assert set(terms) == {"nt_xent", "cross_entropy"}

    network, surprise = method.network, []
    maps = batch.superpixel_maps.astype(np.int64)
    labels = []
    for b in range(2):
        maps[b, 0], of_first = split_along_mask(maps[b, 0], batch.masks[b, 0])
        labels.append(torch.from_numpy(of_first))
    encoded = encode_frames(
        network,
        torch.from_numpy(batch.frames.reshape(-1, SIZE, SIZE, 3)),
        torch.from_numpy(maps.reshape(-1, SIZE, SIZE)),
    )
    for b in range(2):
        masks = torch.from_numpy(batch.masks[b].astype(np.int64))
        refiner = Refiner(network.refinement, 0.25)
        tracker = ObjectTracker(MemoryConfig(), encoded[3 * b], masks[0], labels[b], refiner)
        for t in (1, 2):
            told = {"guide": masks[t]} if guide == "pseudo_mask" else {}
            refined = tracker.step(encoded[3 * b + t], **told).refined
            probabilities = refined.log_odds.softmax(dim=0)
            surprise.append(-probabilities.gather(0, masks[t][None]).log().mean().item())
    assert terms["cross_entropy"].item() == pytest.approx(np.mean(surprise), rel=1e-4)


@pytest.mark.parametrize("decoder_says", ["mask", "correction"])
@pytest.mark.parametrize("fine_input", ["first_frame", "both_frames"])
@pytest.mark.parametrize("mode", ["roi", "whole_frame"])
def test_gradients_of_the_loss_reach_every_weight(mode, fine_input, decoder_says):
    method = refining(mode, seed=1, fine_input=fine_input, decoder_says=decoder_says)
    torch.stack(list(method.loss(moving_squares(0, num_objects=(1, 3)), step=0).values())).sum().backward()
    for name, weight in method.network.named_parameters():
        assert weight.grad is not None, name
        assert torch.isfinite(weight.grad).all(), name
        assert weight.grad.abs().max() > 0, name


def test_sequences_of_a_batch_do_not_touch_each_others_masks():
    """In evaluation mode: batch norm is the one thing they share in training."""
    method = refining()
    method.network.eval()
    one, other = moving_squares(0, (2,)), moving_squares(1, (3,))
    both = TrainingBatch(
        *(
            np.concatenate([getattr(batch, name) for batch in (one, other)])
            for name in ("frames", "superpixel_maps", "masks")
        )
    )
    apart = [method.loss(batch, step=0)["cross_entropy"].item() for batch in (one, other)]
    assert method.loss(both, step=0)["cross_entropy"].item() == pytest.approx(np.mean(apart), rel=1e-4)


def test_objects_that_leave_and_come_back_or_were_never_there():
    method, batch = refining(), moving_squares(0, num_objects=(2, 1), num_frames=4)
    masks = batch.masks.copy()
    masks[0, 2] = 0  # both leave ...
    masks[0, 3][masks[0, 3] == 2] = 0  # ... and one comes back
    masks[0, 3, 28:, 28:] = 3  # one that the memory does not know
    masks[1, 0] = 0  # a first frame without an object: nothing to follow
    terms = method.loss(TrainingBatch(batch.frames, batch.superpixel_maps, masks), step=0)
    terms["cross_entropy"].backward()
    alone = method.loss(TrainingBatch(batch.frames[:1], batch.superpixel_maps[:1], masks[:1]), step=0)
    assert terms["cross_entropy"].item() > 0
    assert alone["cross_entropy"].isfinite()
    gradient = method.network.refinement.decoder.to_logits.weight.grad
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0


def test_refinement_is_learned_and_repeats_bit_for_bit():
    runs = []
    for _ in range(2):
        method, metrics = refining(), []
        batches = (moving_squares(seed, num_objects=(1, 2)) for seed in itertools.count())
        config = TrainingConfig(steps=20, learning_rate=3e-3, num_threads=1)
        train(method, batches, config, metrics.append)
        runs.append(weights_digest(method.network.state_dict()))
        surprise = [step.terms["cross_entropy"] for step in metrics]
        assert np.mean(surprise[-5:]) < 0.5 * surprise[0]
    assert runs[0] == runs[1]


@pytest.mark.slow
def test_every_switch_of_ours_together_is_learned_and_goes_on_bit_for_bit():
    """As configs/stills_refinement.yaml has them: two phases, mixed precision, correction, places."""
    refinement = RefinementConfig(
        mode="roi",
        decoder_width=0.0625,
        fine_input="both_frames",
        decoder_says="correction",
        training_guide="coarse_mask",
    )
    network_config = NetworkConfig(width_multiplier=0.0625, superfeature_size=8, refinement=refinement)
    memory = MemoryConfig(
        pre_segmentation="knn_vote", neighbours=5, place_weight=1.0, inside_only=True, update_threshold=0
    )
    config = TrainingConfig(
        steps=14,
        learning_rate=3e-3,
        schedule="cosine",
        num_threads=1,
        precision="bf16",
    )
    method = ShlsConfig(
        memory=memory, contrast="soft_neighbours", refinement_from=4, refinement_learning_rate=2e-3
    )

    def run(state: bytes | None = None) -> tuple[str, list[Mapping[str, float]], dict[int, bytes]]:
        network = new_network(ShlsNetwork, network_config, 0)
        beginning, saved, terms = TrainingState.begin(network, config), {}, []
        if state:
            restore_state(beginning, state)
        batches = (moving_squares(step, num_objects=(1, 2)) for step in itertools.count(beginning.step))
        weights = train(
            ShlsMethod(network, method),
            batches,
            config,
            lambda step: terms.append(step.terms),
            state=beginning,
            save=lambda now: saved.update({now.step: state_to_bytes(now)}),
            save_every=3,
        )
        return weights_digest(weights.averaged), terms, saved

    digest, terms, saved = run()
    assert [set(of_step) for of_step in terms] == 4 * [{"soft_neighbours"}] + 10 * [
        {"soft_neighbours", "cross_entropy"}
    ]
    learned = [sum(of_step.values()) for of_step in terms[4:]]
    assert np.mean(learned[-3:]) < 0.8 * learned[0]
    assert run(saved[3])[0] == run(saved[6])[0] == digest
