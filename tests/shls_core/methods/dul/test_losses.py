"""The terms of the loss against loops, written from the formulas."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from shls_core.methods.dul.losses import cross_view, pseudo_labels, space_time

B, T, P, A, M, S = 2, 2, 16, 4, 4, 6
TAU = 0.05


def units(*shape, seed=0):
    values = torch.tensor(np.random.default_rng(seed).normal(size=shape), dtype=torch.float64)
    return F.normalize(values, dim=-1)


CELLS, VIEW, ANCHORS = units(B, T, P, S), units(B, T, P, S, seed=1), units(B, A, S, seed=2)


def cosine(a, b):
    return sum(float(x) * float(y) for x, y in zip(a, b, strict=True))


def surprise(logits, label):
    return math.log(sum(math.exp(logit) for logit in logits)) - logits[label]


def test_space_time_is_the_mean_surprise_of_the_anchor_that_the_other_view_names():
    total = 0.0
    every = [ANCHORS[b, a] for b in range(B) for a in range(A)]
    for b in range(B):
        for t in range(T):
            for p in range(P):
                own = [cosine(VIEW[b, t, p], anchor) for anchor in ANCHORS[b]]
                label = b * A + own.index(max(own))
                total += surprise([cosine(CELLS[b, t, p], anchor) / TAU for anchor in every], label)
    assert space_time(CELLS, VIEW, ANCHORS, TAU).item() == pytest.approx(total / (B * T * P), abs=1e-10)


def test_cross_view_is_the_mean_surprise_of_the_same_place():
    cells, view = units(B, M, S, seed=3), units(B, M, S, seed=4)
    flat, others = cells.reshape(-1, S), view.reshape(-1, S)
    total = sum(
        surprise([cosine(cell, other) / TAU for other in others], place) for place, cell in enumerate(flat)
    )
    assert cross_view(cells, view, TAU).item() == pytest.approx(total / (B * M), abs=1e-10)


def test_gradients_are_those_of_finite_differences():
    cells, anchors = (values.clone().requires_grad_() for values in (CELLS[:, :1, :3] * 0.9, ANCHORS * 0.9))
    view = VIEW[:, :1, :3]
    assert torch.autograd.gradcheck(lambda c, a: space_time(c, view, a, 0.5), (cells, anchors))
    ours, theirs = (units(B, M, S, seed=seed).requires_grad_() for seed in (3, 4))
    assert torch.autograd.gradcheck(lambda c, v: cross_view(c, v, 0.5), (ours, theirs))


def test_a_pseudo_label_never_leaves_its_clip():
    labels = pseudo_labels(VIEW, ANCHORS)
    assert labels.shape == (B, T, P)
    assert set(labels.unique().tolist()) <= set(range(A))
    others = ANCHORS.clone()
    others[1] = units(A, S, seed=9)
    assert torch.equal(pseudo_labels(VIEW, others)[0], labels[0])
    assert space_time(CELLS[:1], VIEW[:1], others[:1], TAU) == space_time(
        CELLS[:1], VIEW[:1], ANCHORS[:1], TAU
    )
    # … but other clips are what an anchor has to stand out from.
    assert space_time(CELLS, VIEW, others, TAU) != space_time(CELLS, VIEW, ANCHORS, TAU)


def test_of_equal_anchors_the_lowest_is_the_label():
    anchors = ANCHORS[:1, :1].expand(1, A, S)
    assert not pseudo_labels(VIEW[:1], anchors).any()


def test_the_order_of_clips_does_not_matter():
    order = [1, 0]
    assert torch.equal(pseudo_labels(VIEW[order], ANCHORS[order]), pseudo_labels(VIEW, ANCHORS)[order])
    assert space_time(CELLS[order], VIEW[order], ANCHORS[order], TAU).item() == pytest.approx(
        space_time(CELLS, VIEW, ANCHORS, TAU).item(), abs=1e-12
    )


def test_the_pseudo_labels_carry_no_gradient():
    view = VIEW.clone().requires_grad_()
    space_time(CELLS.clone().requires_grad_(), view, ANCHORS, TAU).backward()
    assert view.grad is None


def test_clips_of_one_frame_have_no_space_time_term():
    cells = CELLS[:, :0].clone().requires_grad_()
    loss = space_time(cells, VIEW[:, :0], ANCHORS.clone().requires_grad_(), TAU)
    loss.backward()
    assert loss.item() == 0.0


def test_equal_vectors_give_the_logarithm_of_the_number_of_anchors():
    same = F.normalize(torch.ones(B, T, P, S, dtype=torch.float64), dim=-1)
    loss = space_time(same, same, same[:, 0, :A], TAU)
    assert loss.item() == pytest.approx(math.log(B * A))
