import numpy as np
import pytest
import torch
import torch.nn.functional as F

from shls_core.methods.mask_vos.cluster_config import ClusterConfig
from shls_core.methods.mask_vos.clustering import clip_clusters, kept_clusters, position_code


@pytest.mark.parametrize(("count", "is_kept"), [(399, True), (400, True), (401, False)])
def test_a_cluster_of_more_than_two_fifths_is_background(count, is_kept):
    found = np.repeat([0, 1], [count, 1000 - count]).reshape(10, 10, 10)
    clusters = kept_clusters(found, ClusterConfig())
    assert clusters.maps.ravel()[0] == is_kept
    assert clusters.maps.ravel()[-1] == 0
    assert clusters.shares == ((count / 1000,) if is_kept else ())


def test_clusters_are_numbered_by_size_and_specks_are_background():
    found = np.repeat([2, 0, 3, 1], [300, 350, 1, 349]).reshape(10, 10, 10)
    clusters = kept_clusters(found, ClusterConfig())
    assert clusters.maps.ravel()[[0, 300, 650, 651]].tolist() == [3, 1, 0, 2]
    assert clusters.shares == (0.35, 0.349, 0.3)


def test_a_clip_may_be_left_with_no_object():
    clusters = kept_clusters(np.zeros((2, 3, 4), np.int64), ClusterConfig())
    assert clusters.shares == ()
    assert not clusters.maps.any()


def moving_objects(noise=0.1):
    """Keys of two objects that move over a third kind of cells, and where they are."""
    rng = torch.Generator().manual_seed(0)
    kinds = F.normalize(torch.randn(3, 16, generator=rng), dim=1)
    truth = np.zeros((6, 12, 12), np.int64)
    for time in range(6):
        truth[time, 1:5, time : time + 5] = 1
        truth[time, 6:11, 6 - time : 12 - time] = 2
    noisy = kinds[torch.from_numpy(truth)] + noise * torch.randn(6, 12, 12, 16, generator=rng)
    return F.normalize(noisy, dim=3), truth


def test_objects_that_move_are_found():
    keys, truth = moving_objects()
    clusters = clip_clusters(keys, ClusterConfig(num_clusters=3, max_share=0.5))
    for number in (1, 2):
        overlaps = [
            ((clusters.maps == label) & (truth == number)).sum()
            / ((clusters.maps == label) | (truth == number)).sum()
            for label in range(1, len(clusters.shares) + 1)
        ]
        assert max(overlaps) > 0.8


def test_the_result_repeats_and_knows_its_size():
    keys, _ = moving_objects()
    one, other = (clip_clusters(keys, ClusterConfig()) for _ in range(2))
    assert np.array_equal(one.maps, other.maps)
    assert one.shares == tuple(sorted(one.shares, reverse=True))
    assert [float((one.maps == label).mean()) for label in range(1, len(one.shares) + 1)] == pytest.approx(
        one.shares
    )
    assert max(one.shares) <= 0.4


def test_places_have_codes_of_unit_length_that_are_most_alike_nearby():
    code = position_code(2, 8, 8)
    torch.testing.assert_close(code.norm(dim=1), torch.ones(128))
    likeness = (code[:8] @ code[0]).tolist()
    assert likeness[0] == max(likeness)
    assert likeness[1] > likeness[4]
    assert len({tuple(row) for row in code.tolist()}) == 128
