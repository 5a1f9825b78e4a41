"""Scores of one video from its files."""

import numpy as np
import pytest

from shls_core.benchmarks.davis.layout import davis_split, result_paths
from shls_core.benchmarks.davis.scoring import VideoToScore, score_video
from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.masks.label_files import read_mask


@pytest.fixture
def judo(davis_benchmark):
    root, results = davis_benchmark
    video = davis_split(root, "val")[0]
    return VideoToScore(video, result_paths(results, video), 2017)


def test_objects_by_label_void_left_out(judo):
    low, exact = score_video(judo)
    # 6 px high, 3 px too low: 18 px in common, 54 in the union.
    assert low.frame_j == (18 / 54,) * 3
    assert (exact.name, exact.scores.jf_mean) == ("judo_2", 1.0)


def test_of_2016_all_that_is_not_0_is_one_object(judo):
    # 255 is an object there: masks are 0 and 255.
    [merged] = score_video(VideoToScore(judo.video, judo.result_paths, 2016))
    common, union = 18 + 36, 54 + 36 + 24
    assert merged.frame_j == (common / union,) * 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda mask: mask[:-1], r"expected a mask of 24x24 px, .* got 24x23: .*judo/00002\.png"),
        (lambda mask: mask + 1, r"expected result labels 0\.\.2, got 3 .*judo, frame 2\): .*00002\.png"),
        (lambda mask: np.where(mask, mask, 255).astype(np.uint8), "got 255, which is void"),
    ],
)
def test_a_result_that_does_not_fit_is_named(judo, change, told):
    path = judo.result_paths[1]
    write_mask(path, change(read_mask(path)))
    with pytest.raises(InputError, match=told):
        score_video(judo)


def test_an_object_the_result_has_lost_scores_nothing(judo):
    for path in judo.result_paths:
        mask = read_mask(path)
        write_mask(path, np.where(mask == 2, 0, mask).astype(np.uint8))
    assert score_video(judo)[1].scores.jf_mean == 0.0
