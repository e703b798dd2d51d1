from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.findings import Plot
from pipeline.report.pictures import UNITS_PER_PX, WIDTH
from pipeline.report.plots import HEIGHT_PX, draw_plot

NUMBERS = st.integers(-(10**9), 10**9).map(lambda n: n / 1000.0)


def plot(x: tuple[float, ...], y: tuple[float, ...], **how: object) -> Plot:
    return Plot(x, y, "x", "y", **how)  # type: ignore[arg-type]  # by name


def test_a_line_fills_the_width_and_high_values_are_on_top() -> None:
    drawn = draw_plot(plot((0.0, 5.0, 10.0), (0.0, 1.0, 0.0)))
    assert drawn is not None
    points = [tuple(map(float, each.split())) for each in drawn.line[1:].split("L")]
    assert [x for x, _ in points] == [0.0, WIDTH / 2, WIDTH]
    assert points[0][1] == points[2][1] > points[1][1]
    assert [each.text for each in drawn.x_ticks] == ["0", "2", "4", "6", "8", "10"]


def test_a_frequency_scale_has_equal_steps_per_octave() -> None:
    drawn = draw_plot(plot((20.0, 200.0, 20_000.0), (1.0, 2.0, 3.0), is_log_x=True))
    assert drawn is not None
    assert f"{WIDTH / 3:.0f} " in drawn.line
    assert {"100", "1k", "10k"} <= {each.text for each in drawn.x_ticks}


def test_the_limit_lies_inside_even_if_no_value_reaches_it() -> None:
    drawn = draw_plot(plot((0.0, 1.0), (-60.0, -50.0), limit=-10.0, marks=(0.5, 7.0)))
    assert drawn is not None
    assert drawn.limit_y is not None
    assert 0 < drawn.limit_y < HEIGHT_PX * UNITS_PER_PX / 4
    assert drawn.marks == (WIDTH / 2,)


@pytest.mark.parametrize(
    ("x", "y"), [((), ()), ((1.0,), (2.0,)), ((1.0, 1.0), (1.0, 2.0)), ((nan, inf), (1.0, 2.0))]
)
def test_without_two_points_there_is_no_picture(
    x: tuple[float, ...], y: tuple[float, ...]
) -> None:
    assert draw_plot(plot(x, y)) is None


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=9), st.booleans(), NUMBERS)
def test_any_numbers_can_be_drawn_inside_the_picture(
    points: list[tuple[float, float]], is_log: bool, limit: float
) -> None:
    x, y = tuple(p[0] for p in points), tuple(p[1] for p in points)
    drawn = draw_plot(plot(x, y, is_log_x=is_log, limit=limit))
    if drawn:
        places = [tuple(map(float, each.split())) for each in drawn.line[1:].split("L")]
        assert all(0 <= px <= WIDTH and 0 <= py <= HEIGHT_PX * 4 for px, py in places)
        assert len(drawn.x_ticks) < 30
