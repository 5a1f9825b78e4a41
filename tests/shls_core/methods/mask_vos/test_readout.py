import math

import torch
import torch.nn.functional as F

from shls_core.methods.mask_vos.readout import affinity, carried, coarse_mask

GRID = (2, 3)
rng = torch.Generator().manual_seed(0)
QUERY = F.normalize(torch.rand(6, 4, generator=rng, dtype=torch.float64), dim=1)
REFERENCES = F.normalize(torch.rand(12, 4, generator=rng, dtype=torch.float64), dim=1)
VALUES = torch.rand(2, 12, 5, generator=rng, dtype=torch.float64)
SHARES = torch.rand(3, 12, generator=rng, dtype=torch.float64)
WEIGHTS = [
    [
        math.exp(float(query @ reference) / 0.05)
        / sum(math.exp(float(query @ one) / 0.05) for one in REFERENCES)
        for reference in REFERENCES
    ]
    for query in QUERY
]


def test_every_cell_is_weighted_by_a_softmax_over_all_reference_cells():
    weights = affinity(QUERY, REFERENCES, 0.05)
    torch.testing.assert_close(weights, torch.tensor(WEIGHTS, dtype=torch.float64))
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(6, dtype=torch.float64))


def test_values_are_weighted_sums_for_each_object():
    found = carried(torch.tensor(WEIGHTS, dtype=torch.float64), VALUES, GRID)
    assert found.shape == (2, 5, *GRID)
    for number in range(2):
        for cell in range(6):
            for channel in range(5):
                expected = sum(WEIGHTS[cell][one] * float(VALUES[number, one, channel]) for one in range(12))
                assert math.isclose(float(found[number, channel, cell // 3, cell % 3]), expected)


def test_the_coarse_mask_gives_every_cell_to_one_label_the_first_of_equals():
    found = coarse_mask(torch.tensor(WEIGHTS, dtype=torch.float64), SHARES, GRID)
    for cell in range(6):
        sums = [sum(WEIGHTS[cell][one] * float(share[one]) for one in range(12)) for share in SHARES]
        of_cell = found[:, cell // 3, cell % 3].tolist()
        assert of_cell == [float(number == sums.index(max(sums))) for number in range(3)]
    equal = coarse_mask(torch.eye(6, dtype=torch.float64), torch.full((2, 6), 0.5, dtype=torch.float64), GRID)
    assert equal[0].all()


def test_gradients_reach_the_keys_through_values_and_never_through_the_coarse_mask():
    query = QUERY.clone().requires_grad_()
    weights = affinity(query, REFERENCES, 0.05)
    assert not coarse_mask(weights, SHARES, GRID).requires_grad
    carried(weights, VALUES, GRID).square().sum().backward()
    assert query.grad.abs().sum() > 0
