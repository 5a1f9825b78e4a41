import xml.etree.ElementTree as ET

import pytest

from tasks.training.loss_curve import HEIGHT, WIDTH, loss_curve


def points(svg):
    line = ET.fromstring(svg).find("{http://www.w3.org/2000/svg}polyline")
    return [tuple(map(float, point.split(","))) for point in line.get("points").split()]


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (3, 3), (200, 200), (201, 101), (1000, 200)])
def test_there_are_at_most_so_many_points_inside_the_picture(count, expected):
    found = points(loss_curve([1.0 / step for step in range(1, count + 1)]))
    assert len(found) == expected
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in found)


def test_a_loss_that_falls_goes_down_the_page_from_left_to_right():
    (x1, y1), (x2, y2), (x3, y3) = points(loss_curve([3.0, 2.0, 1.0]))
    assert x1 < x2 < x3
    assert y1 < y2 < y3
    assert (x2 - x1, y2 - y1) == (x3 - x2, y3 - y2)


def test_every_point_is_a_mean_of_equally_many_steps():
    assert points(loss_curve([4.0, 2.0, 1.0, 1.0], most_points=2)) == points(loss_curve([3.0, 1.0]))
