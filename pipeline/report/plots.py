"""Small pictures of what findings rest on: where the line and its scales go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from pipeline.findings import Plot
from pipeline.report.pictures import UNITS_PER_PX, WIDTH

HEIGHT_PX = 120
AXIS_PX = 34
"""Room below the line, for the numbers and for what they are."""
_MOST_TICKS = 6
_ROOM = 0.06

Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class PlotTick:
    """A number on a scale: where, and its text; `anchor` keeps it inside the picture."""

    place: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class PlotPicture:
    """A line and its scales, in the units of `pictures`.

    Parameters
    ----------
    line : str
        SVG path data.
    limit_y : float or None
        Where what is allowed lies, in units from the top.
    marks : tuple of float
        Places on the horizontal scale that are pointed at, in units.
    x_ticks, y_ticks : tuple of PlotTick
        Places in percent of the width, and in pixels from the top.
    x_label, y_label : str
        What the scales are.
    """

    line: str
    limit_y: float | None
    marks: tuple[float, ...]
    x_ticks: tuple[PlotTick, ...]
    y_ticks: tuple[PlotTick, ...]
    x_label: str
    y_label: str


def draw_plot(plot: Plot) -> PlotPicture | None:
    """Return where everything goes; None if there are no two points to draw a line through."""
    points = _drawable(plot)
    if len({x for x, _ in points}) < 2:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    levels = [*ys, plot.limit] if plot.limit is not None else ys
    low, high = _roomy(min(levels), max(levels))
    across = _scale(min(xs), max(xs), is_log=plot.is_log_x, length=WIDTH)
    down = _scale(high, low, is_log=False, length=HEIGHT_PX * UNITS_PER_PX)
    ticks = _decades if plot.is_log_x else _steps
    return PlotPicture(
        line="M" + "L".join(f"{across(x):.0f} {down(y):.0f}" for x, y in points),
        limit_y=None if plot.limit is None else round(down(plot.limit)),
        marks=tuple(round(across(x)) for x in plot.marks if min(xs) <= x <= max(xs)),
        x_ticks=tuple(_x_tick(x, across) for x in ticks(min(xs), max(xs))),
        y_ticks=tuple(
            PlotTick(round(down(y) / UNITS_PER_PX, 1), _number(y)) for y in _steps(low, high)
        ),
        x_label=plot.x_label,
        y_label=plot.y_label,
    )


def _drawable(plot: Plot) -> list[tuple[float, float]]:
    return [
        (x, y)
        for x, y in zip(plot.x, plot.y, strict=False)
        if isfinite(x) and isfinite(y) and (x > 0.0 or not plot.is_log_x)
    ]


def _roomy(low: float, high: float) -> tuple[float, float]:
    room = _ROOM * (high - low) or 0.5
    return low - room, high + room


def _scale(first: float, last: float, *, is_log: bool, length: float) -> Scale:
    """Return what brings `first` to 0 and `last` to `length`."""
    warp = log10 if is_log else float
    start, span = warp(first), warp(last) - warp(first) or 1.0
    return lambda value: length * (warp(value) - start) / span


def _x_tick(x: float, across: Scale) -> PlotTick:
    percent = round(100.0 * across(x) / WIDTH, 2)
    anchor = "start" if percent < 4 else "end" if percent > 96 else "middle"
    return PlotTick(percent, _number(x), anchor)


def _steps(low: float, high: float) -> Iterator[float]:
    """Yield round numbers at equal distances."""
    rough = (high - low) / _MOST_TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(power * each for each in (1.0, 2.0, 5.0, 10.0) if power * each >= rough)
    for number in range(ceil(low / step), floor(high / step) + 1):
        yield round(number * step, 12)


def _decades(low: float, high: float) -> Sequence[float]:
    """Return 1, 2 and 5 of every decade, or fewer of them if they would be crowded."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    every = [
        [digit * 10.0**power for power in powers for digit in digits]
        for digits in ((1, 2, 5), (1, 3), (1,))
    ]
    inside = [[each for each in found if low <= each <= high] for found in every]
    return next((each for each in inside if len(each) <= 2 * _MOST_TICKS), inside[-1])


def _number(value: float) -> str:
    text = f"{value / 1000:g}k" if abs(value) >= 1000 else f"{value + 0.0:g}"
    return text.replace("-", "\N{MINUS SIGN}")
