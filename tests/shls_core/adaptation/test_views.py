"""The changes of frames while a network learns."""

import numpy as np

from shls_core.adaptation.views import draw_view
from shls_core.seeding import generator


def test_pixels_and_classes_are_mirrored_together_and_colours_change_no_class():
    frame = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    classes = np.arange(64, dtype=np.uint8).reshape(8, 8)
    mirrored, grey, unchanged = 0, 0, 0
    for number in range(300):
        view = draw_view(generator(0, "adaptation", "step", str(number)))
        expected = classes[:, ::-1] if view.is_mirrored else classes
        np.testing.assert_array_equal(view.classes(classes), expected)
        pixels = view.pixels(frame)
        mirrored += view.is_mirrored
        grey += bool((np.ptp(pixels.astype(int), axis=2) <= 1).all())
        unchanged += bool((pixels == (frame[:, ::-1] if view.is_mirrored else frame)).all())
    assert 110 < mirrored < 190
    assert 35 < grey < 85
    assert 25 < unchanged < 75
