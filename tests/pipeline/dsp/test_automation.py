from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dsp.automation import Automation, Point, values_from

POINTS = [Point(100, 2.0), Point(300, 6.0), Point(400, 6.0), Point(900, -4.0, "straight")]


def test_it_goes_through_its_points_and_rests_outside() -> None:
    values = Automation(POINTS).next(1200)
    assert values[[0, 100, 300, 350, 400, 900, 1199]].tolist() == [2, 2, 6, 6, 6, -4, -4]


def test_a_straight_move_is_a_line_and_a_smooth_one_starts_and_ends_level() -> None:
    values = Automation(POINTS).next(1200)
    np.testing.assert_allclose(values[400:901], np.linspace(6.0, -4.0, 501), atol=1e-12)
    steps = np.diff(values[100:301])
    assert values[200] == pytest.approx(4.0)
    assert steps.min() > 0.0
    assert steps[[0, -1]].max() < 1e-3 * steps.max()
    np.testing.assert_allclose(steps, steps[::-1], atol=1e-12)


@given(st.lists(st.integers(0, 1200), max_size=6))
def test_any_cut_gives_the_same_values(cuts: list[int]) -> None:
    automation = Automation(POINTS)
    edges = [0, *sorted(cuts), 1200]
    parts = [automation.next(end - start) for start, end in pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate(parts), Automation(POINTS).next(1200))


@pytest.mark.parametrize("points", [[], [Point(5, 0.0), Point(5, 1.0)]])
def test_points_that_are_none_or_out_of_order_are_refused(points: list[Point]) -> None:
    with pytest.raises(ValueError, match="one or more, in the order of their places"):
        Automation(points)


def test_the_plain_kernel_does_what_the_compiled_one_does() -> None:
    rows = np.array([[100.0, 2.0, 1.0], [300.0, 6.0, 1.0], [400.0, 5.0, 0.0]])
    np.testing.assert_array_equal(
        values_from.py_func(50, 500, rows), values_from(50, 500, rows)
    )
