"""Where boxes and arrows lie, by hand; and that both ways of running are the same graph."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.reports.lineage.graph_picture import BOX_HEIGHT, BOX_WIDTH, Edge, PictureNode, graph_picture


def layers_of(*sizes):
    return [
        [PictureNode(f"{layer}.{place}", "stage", "1", "row") for place in range(size)]
        for layer, size in enumerate(sizes)
    ]


def test_layers_are_centred_on_each_other_and_a_short_arrow_is_straight():
    made = graph_picture(layers_of(2, 1), [Edge("0.0", "1.0"), Edge("0.1", "1.0")], upright=False)
    # Boxes of 108 x 68, 12 apart, layers 30 apart, a margin of 2.
    assert [(box.node.key, box.left, box.top) for box in made.boxes] == [
        ("0.0", 2.0, 2.0), ("0.1", 2.0, 82.0), ("1.0", 140.0, 42.0),
    ]  # fmt: skip
    assert (made.width, made.height) == (250.0, 152.0)
    assert made.arrows[0].path == "M110.0 36.0C125.0 36.0, 125.0 76.0, 134.0 76.0"
    assert made.arrows[0].head == "140.0,76.0 134.0,79.5 134.0,72.5"


def test_an_arrow_that_passes_a_layer_bends_around_it():
    before, after = (
        graph_picture(layers_of(1, 1, 1), [Edge("0.0", "2.0", side)], upright=False)
        for side in ("before", "after")
    )
    # One layer is passed: 24 units of room on that side.
    assert [box.top for box in before.boxes] == [26.0] * 3
    assert [box.top for box in after.boxes] == [2.0] * 3
    assert before.height == after.height == BOX_HEIGHT + 24 + 4
    numbers = [float(number) for number in re.findall(r"[\d.-]+", before.arrows[0].path)]
    assert numbers[1] == 26.0
    assert numbers[3] == numbers[5] == -6.0  # handles; the curve reaches three quarters of the way: 2
    assert before.arrows[0].style == "passing before"


def test_upright_it_is_the_same_with_down_for_right():
    layers, edges = layers_of(1, 2, 1), [Edge("0.0", "1.1"), Edge("0.0", "2.0", "after")]
    lying, upright = (graph_picture(layers, edges, upright=upright) for upright in (False, True))
    assert [box.node for box in lying.boxes] == [box.node for box in upright.boxes]
    assert [box.top for box in upright.boxes] == [2.0, 100.0, 100.0, 198.0]
    assert upright.boxes[2].left - upright.boxes[1].left == BOX_WIDTH + 12
    assert (lying.orientation, upright.orientation) == ("lying", "upright")


@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=6).flatmap(
        lambda sizes: st.tuples(
            st.just(sizes), st.sets(st.tuples(st.integers(0, len(sizes) - 2), st.integers(1, 5)), max_size=8)
        )
    ),
    st.sampled_from(["before", "after"]),
    st.booleans(),
)
def test_everything_lies_inside_the_picture_and_no_box_on_another(drawn, side, upright):
    sizes, pairs = drawn
    edges = [Edge(f"{one}.0", f"{min(one + step, len(sizes) - 1)}.0", side) for one, step in pairs]
    made = graph_picture(layers_of(*sizes), edges, upright=upright)
    for box in made.boxes:
        assert 0 <= box.left < box.left + BOX_WIDTH <= made.width
        assert 0 <= box.top < box.top + BOX_HEIGHT <= made.height
    places = [(box.left, box.top) for box in made.boxes]
    assert all(
        abs(left - other) >= BOX_WIDTH or abs(top - another) >= BOX_HEIGHT
        for number, (left, top) in enumerate(places)
        for other, another in places[:number]
    )
    for arrow in made.arrows:
        for x, y in on_curve(arrow.path):
            assert -0.1 <= x <= made.width + 0.1
            assert -0.1 <= y <= made.height + 0.1


def on_curve(path):
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    for share in (0, 0.25, 0.5, 0.75, 1):
        weights = (
            (1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3,
        )  # fmt: skip
        yield tuple(
            sum(weight * point[axis] for weight, point in zip(weights, points, strict=True))
            for axis in (0, 1)
        )


def test_what_the_graph_holds_is_told_in_words():
    made = graph_picture(
        [[PictureNode("a", "stage", "9", "photographs")], [PictureNode("b", "dataset", "dataset", "x@v1")]],
        [],
        upright=False,
    )
    assert made.description == "9 photographs; dataset x@v1"
    with pytest.raises(KeyError):
        graph_picture(layers_of(1), [Edge("0.0", "nowhere")], upright=False)
