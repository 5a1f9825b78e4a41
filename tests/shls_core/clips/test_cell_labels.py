import numpy as np

from shls_core.clips.cell_labels import cut_labels
from shls_core.training.clip_draw import ClipPart, cut_frame

SIZE = (64, 96)  # of the frame whose cells are labelled: 8x12 of them
CELLS = np.arange(1, 97, dtype=np.uint8).reshape(8, 12)


def part(height, width, top, left, flipped=False):
    return ClipPart((0,), height, width, top, left, flipped)


def test_at_the_size_of_the_cells_every_pixel_has_the_nearest_cell():
    labels = cut_labels(CELLS, SIZE, part(64, 96, 0, 0), 64)
    for row, column in ((0, 0), (3, 5), (5, 4), (63, 60)):
        expected = CELLS[min(7, round(row / 8)), min(11, round(column / 8))]
        assert labels[row, column] == expected


def test_labels_go_where_the_pixels_of_the_frame_go():
    """A frame whose colours are its labels is cut, scaled and mirrored in the same way."""
    wide = np.zeros((64, 96), np.uint8)
    for left in (0, 32):
        wide[:, left : left + 64] = cut_labels(CELLS, SIZE, part(64, 96, 0, left), 64)
    frame = np.repeat(wide[..., None], 3, axis=2)
    for drawn in (part(64, 96, 5, 21), part(64, 96, 5, 21, flipped=True), part(32, 48, 2, 9, flipped=True)):
        cut = cut_labels(CELLS, SIZE, drawn, 24)
        pixels = cut_frame(frame, drawn, 24)[..., 0]
        # Where cells border on each other, resizing mixes colours.
        assert (cut == pixels).mean() > (0.99 if drawn.height == 64 else 0.5)
        assert abs(cut.astype(int) - pixels).max() <= 13
