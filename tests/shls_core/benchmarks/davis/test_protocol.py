"""The protocol, clause by clause, from mask files to the two tables; every number is worked out by hand."""

import numpy as np
import pytest

from shls_core.benchmarks.davis.layout import davis_split, result_paths
from shls_core.benchmarks.davis.scoring import VideoToScore, score_video
from shls_core.benchmarks.davis.tables import global_table, per_sequence_table
from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.metrics.scores import global_scores

# Frames of 20x20 px: the tolerance of F is ceil(0.008 * 28.28) = 1 px.
SIDE = 20


def mask(*boxes, void=()):
    """Draw boxes (top, left, bottom, right) with labels 1, 2, …, over them void ones."""
    drawn = np.zeros((SIDE, SIDE), np.uint8)
    for label, box in [*enumerate(boxes, 1), *((255, box) for box in void)]:
        if box is not None:
            drawn[box[0] : box[2], box[1] : box[3]] = label
    return drawn


@pytest.fixture
def tables(tmp_path):
    """Return a function that writes videos, (annotations, results) by name, and gives both tables' rows.

    A result that is None has no file.
    """

    def score(year=2017, **videos):
        sets = tmp_path / "ImageSets" / str(year)
        sets.mkdir(parents=True)
        (sets / "val.txt").write_text("\n".join(videos))
        for name, (annotations, results) in videos.items():
            for folder, masks in (("Annotations/480p", annotations), ("results", results)):
                (tmp_path / folder / name).mkdir(parents=True)
                for number, drawn in enumerate(masks):
                    if drawn is not None:
                        write_mask(tmp_path / folder / name / f"{number:05d}.png", drawn)
        objects = [
            one
            for video in davis_split(tmp_path, "val", year)
            for one in score_video(VideoToScore(video, result_paths(tmp_path / "results", video), year))
        ]
        return global_table(global_scores(objects)).splitlines(), per_sequence_table(objects).splitlines()

    return score


HEAD = "J&F-Mean,J-Mean,J-Recall,J-Decay,F-Mean,F-Recall,F-Decay"
ROW_HEAD = "Sequence,J-Mean,F-Mean"
SQUARE = (4, 4, 8, 8)  # 16 px; its boundary is a ring of 16 px, rows and columns 3..7
FAR = (14, 14, 18, 18)


def test_the_first_and_the_last_frame_are_not_scored_and_need_no_file(tables):
    truth = [mask(SQUARE)] * 4
    overall, objects = tables(dog=(truth, [None, mask(SQUARE), mask(SQUARE), None]))
    assert overall == [HEAD, "1.000,1.000,1.000,0.000,1.000,1.000,0.000"]
    assert objects == [ROW_HEAD, "dog_1,1.000,1.000"]


def test_a_scored_frame_without_a_file_is_an_error(tables):
    with pytest.raises(InputError, match=r"expected 2 masks in .*dog, of which 1 are missing: 00002\.png"):
        tables(dog=([mask(SQUARE)] * 4, [None, mask(SQUARE), None, mask(SQUARE)]))


def test_two_frames_are_nothing_to_score(tables):
    with pytest.raises(InputError, match=r"at least 3 frames, got 2"):
        tables(dog=([mask(SQUARE)] * 2, [mask(SQUARE)] * 2))


def test_objects_are_those_up_to_the_highest_label_of_the_first_annotation(tables):
    # Label 2 is in no pixel of the first frame but below the highest, 3: an object. Empty in annotation and
    # result, it scores 1 in both. Label 4 appears later: background.
    first = mask(SQUARE, None, FAR)
    later = mask(SQUARE, None, FAR, (0, 12, 3, 16))
    overall, objects = tables(judo=([first, later, later], [None, first, None]))
    assert objects == [ROW_HEAD, "judo_1,1.000,1.000", "judo_2,1.000,1.000", "judo_3,1.000,1.000"]
    assert overall[1] == "1.000,1.000,1.000,0.000,1.000,1.000,0.000"


def test_more_objects_than_annotated_are_an_error(tables):
    with pytest.raises(InputError, match=r"expected result labels 0\.\.1, got 2 .*dog, frame 1"):
        tables(dog=([mask(SQUARE)] * 3, [None, mask(SQUARE, FAR), None]))


def test_objects_that_the_result_lacks_score_as_empty_masks(tables):
    # Of two objects one is found: the means over objects are one half.
    overall, objects = tables(judo=([mask(SQUARE, FAR)] * 3, [None, mask(SQUARE), None]))
    assert objects[1:] == ["judo_1,1.000,1.000", "judo_2,0.000,0.000"]
    assert overall[1] == "0.500,0.500,0.500,0.000,0.500,0.500,0.000"


def test_void_is_background_and_counts(tables):
    # The result covers the object and 8 px of void below it: J = 16 / 24.
    # Its ring is rows 3..9 of columns 3..7: two whole rows and five times two pixels, 20 px. Row 9, 5 px, is
    # 2 px below the ring of the object, which ends with row 7: P = 15 / 20.
    # Of the ring of the object, 16 px, only the middle of row 7 is 2 px from the other ring: R = 15 / 16.
    annotation = mask(SQUARE, void=[(8, 4, 10, 8)])
    _, objects = tables(dog=([annotation] * 3, [None, mask((4, 4, 10, 8)), None]))
    precision, recall = 15 / 20, 15 / 16
    assert objects[1] == f"dog_1,0.667,{2 * precision * recall / (precision + recall):.3f}"
    assert objects[1] == "dog_1,0.667,0.833"


def test_of_2016_all_that_is_not_0_is_one_object(tables):
    # Annotated are 16 + 16 px, as objects 1 and 2, and 16 px of void; the result has one of the squares.
    annotation = mask(SQUARE, FAR, void=[(4, 14, 8, 18)])
    _, objects = tables(2016, dog=([annotation] * 3, [None, mask(SQUARE), None]))
    # J = 16 / 48; of the boundary P = 1 and R = 1 / 3, so F = 2 / 3 / (4 / 3) = 1 / 2.
    assert objects[1:] == ["dog_1,0.333,0.500"]


def test_an_object_that_is_gone_and_not_found_is_right(tables):
    gone = mask(None, FAR)
    truth = [mask(SQUARE, FAR), gone, gone, gone]
    # Frame 1: nothing found, J = F = 1. Frame 2: found where nothing is, J = F = 0.
    overall, objects = tables(judo=(truth, [None, gone, mask(SQUARE, FAR), None]))
    assert objects[1:] == ["judo_1,0.500,0.500", "judo_2,1.000,1.000"]
    # Decay over two frames: edges 1, 1.25, 1.5, 1.75, 2 -> frames 0, 0, 1, 1, 1; 1 - 0 for judo_1.
    assert overall[1] == "0.750,0.750,0.750,0.500,0.750,0.750,0.500"


def test_boundaries_are_not_at_the_border_of_the_image(tables):
    # The object is the last 3 rows: its boundary is the row above them alone, 20 px. The result is the last
    # 5 rows, whose boundary is 2 px higher: out of reach of 1 px. F = 0, J = 60 / 100.
    _, objects = tables(
        dog=([mask((17, 0, 20, 20))] * 3, [None, mask((15, 0, 20, 20)), None]),
        # Of the last row alone, columns 8..11: it looks right only. Boundary: row 18 columns 7..11 (they look
        # down and right), row 19 columns 7 and 11: 7 px. The result is one column longer on the right: row
        # 18 columns 7..12, row 19 columns 7 and 12: 8 px, each within 1 px of the other. F = 1, J = 4 / 5.
        cat=([mask((19, 8, 20, 12))] * 3, [None, mask((19, 8, 20, 13)), None]),
        # Of the last column alone, the same upside down: looks down only.
        cow=([mask((8, 19, 12, 20))] * 3, [None, mask((8, 19, 13, 20)), None]),
        # A pixel in the lower right corner: the three neighbours that look at it are its boundary.
        hen=([mask((19, 19, 20, 20))] * 3, [None, mask((19, 19, 20, 20)), None]),
        # The whole image has no boundary, like an empty mask: P = R = F = 1. J = 1.
        sky=([mask((0, 0, 20, 20))] * 3, [None, mask((0, 0, 20, 20)), None]),
    )
    assert objects[1:] == [
        "dog_1,0.600,0.000",
        "cat_1,0.800,1.000",
        "cow_1,0.800,1.000",
        "hen_1,1.000,1.000",
        "sky_1,1.000,1.000",
    ]


def test_one_half_is_not_recalled(tables):
    # 16 px of which the result has 8: J = 1 / 2. Its ring: rows 3..7, columns 3..5, 12 px, all but column 5
    # in the other ring or within 1 px of it: 5,3 and 5,7 are in it, 5,4 and 5,6 beside it, 5,5 two off: 11.
    half = mask((4, 4, 8, 6))
    overall, objects = tables(dog=([mask(SQUARE)] * 3, [None, half, None]))
    # Of the object's 16: the left column, 5, rows 3 and 7 of columns 4..6, 6; of column 7 none: 11.
    precision, recall = 11 / 12, 11 / 16
    assert objects[1] == f"dog_1,0.500,{2 * precision * recall / (precision + recall):.3f}"
    assert objects[1] == "dog_1,0.500,0.786"
    assert overall[1] == "0.643,0.500,0.000,0.000,0.786,1.000,0.000"


def test_bins_of_decay_share_their_edges(tables):
    # J of frames 1..5 is 1, 1/2, 0, 1/4, 0: bins 0-1, 1-2, 2-3, 3-4; decay 3/4 - 1/8.
    strips = {1: (4, 4, 8, 8), 1 / 2: (4, 4, 8, 6), 1 / 4: (4, 4, 8, 5)}
    results = [mask(strips.get(value)) for value in (1, 1 / 2, 0, 1 / 4, 0)]
    overall, _ = tables(dog=([mask(SQUARE)] * 7, [None, *results, None]))
    assert overall[1].split(",")[1:4] == ["0.350", "0.200", "0.625"]


def test_edges_of_decay_beyond_256_frames_wrap_as_the_evaluators_do(tables):
    # 400 scored frames: edges 0, 100, 200, 299, 399; unsigned 8-bit they are 0, 100, 200, 43, 143. The first
    # bin is frames 0..100, all found; the last 43..143, of which 43..100 are found: 1 - 58 / 101.
    found = [mask(SQUARE)] * 101 + [mask()] * 299
    overall, _ = tables(dog=([mask(SQUARE)] * 402, [None, *found, None]))
    assert overall[1].split(",")[1:4] == ["0.253", "0.253", "0.426"]  # 101 / 400 = 0.2525


def test_an_object_counts_once_however_long_its_video_is(tables):
    # dog: 1 object, 4 frames, all found. judo: 2 objects, 1 frame, none found. Over objects 1/3; over frames
    # it would be 4/6, over videos 1/2.
    overall, objects = tables(
        dog=([mask(SQUARE)] * 6, [None, *[mask(SQUARE)] * 4, None]),
        judo=([mask(SQUARE, FAR)] * 3, [None, mask(), None]),
    )
    assert objects == [ROW_HEAD, "dog_1,1.000,1.000", "judo_1,0.000,0.000", "judo_2,0.000,0.000"]
    assert overall == [HEAD, "0.333,0.333,0.333,0.000,0.333,0.333,0.000"]
