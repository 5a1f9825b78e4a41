"""One object, the one that holds most of the saliency, or a refusal."""

import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.salient_object import most_salient_object

GREEN, RED = (40, 90, 40), (200, 30, 30)


def scene(*boxes, size=(120, 160)):
    """Red boxes (top, left, bottom, right) on green."""
    frame = np.full((*size, 3), GREEN, np.uint8)
    for top, left, bottom, right in boxes:
        frame[top:bottom, left:right] = RED
    return frame


def test_the_object_is_found_to_the_edge():
    found = most_salient_object(scene((40, 50, 80, 110)))
    truth = np.zeros((120, 160), bool)
    truth[40:80, 50:110] = True
    both, either = (found.mask > 0) & truth, (found.mask > 0) | truth
    assert both.sum() / either.sum() > 0.9
    assert found.share == pytest.approx(found.mask.mean())
    assert 0.9 < found.confidence <= 1


def test_of_two_objects_the_larger_one_is_taken_alone():
    found = most_salient_object(scene((30, 20, 50, 40), (30, 70, 90, 120)))
    assert np.unique(found.mask).tolist() == [0, 1]
    assert found.mask[60, 95] == 1
    assert not found.mask[30:50, 20:40].any()


@pytest.mark.parametrize(
    ("frame", "config", "said"),
    [
        (scene(), None, "expected an object that stands out, found none"),
        (
            scene((40, 50, 80, 110)),
            SaliencyConfig(min_confidence=1.0),
            "expected an object that stands out with a confidence of at least 1.00, the most salient one has",
        ),
    ],
)
def test_what_does_not_stand_out_is_refused(frame, config, said):
    with pytest.raises(InputError) as refused:
        most_salient_object(frame, config)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(("least", "most"), [(0.003, 0.05), (0.3, 0.7)])
def test_a_speck_and_the_scene_itself_are_refused(monkeypatch, least, most):
    monkeypatch.setattr("shls_core.saliency.salient_object.LEAST_SHARE", least)
    monkeypatch.setattr("shls_core.saliency.salient_object.MOST_SHARE", most)
    with pytest.raises(InputError, match=rf"takes {least:.1%} to {most:.0%} of the frame, .* takes 1\d\.\d%"):
        most_salient_object(scene((40, 50, 80, 110)))
