"""Loudness over time with its gates, and how often each loudness occurs, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from itertools import groupby
from math import ceil, floor, inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.dsp.loudness import (
    ABSOLUTE_GATE_LUFS,
    momentary_lufs,
    short_term_lufs,
    short_term_percentile,
)
from pipeline.measure.figures import HOP_S
from pipeline.report.html import clock, figure
from pipeline.report.pictures import Tick, ticks

if TYPE_CHECKING:
    from jinja2 import Template

    from pipeline.measure.figures import FileFigures

Levels = npt.NDArray[np.float64]

WIDTH_PX = 1120
PANEL_PX = 340
TOP_PX, BOTTOM_PX = 56.0, 300.0  # of the curves, in their panel
LEFT_PX, RIGHT_PX = 52.0, 850.0
BARS_LEFT_PX, BARS_RIGHT_PX = 890.0, 1090.0

FLOOR_LUFS = -72.0  # the absolute gate is seen
GRID_LU = 12.0
_HEADROOM_LU = 1.0
_MOMENTARY_S, _SHORT_TERM_S = 0.4, 3.0  # a value is drawn in the middle of its window


@dataclass(frozen=True, slots=True)
class Line:
    """A level drawn across, with its words."""

    y_px: float
    text: str
    kind: str = "grid"


@dataclass(frozen=True, slots=True)
class Bar:
    """How often a loudness occurs, and whether it counts for the integrated loudness."""

    y_px: float
    height_px: float
    width_px: float
    counts: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """The picture of one file; places are pixels from its left and its top."""

    title: str
    facts: str
    momentary: str
    short_term: str
    grid: tuple[Line, ...]
    lines: tuple[Line, ...]
    gate_y_px: float
    bars: tuple[Bar, ...]
    most_percent: float
    range_px: tuple[float, float] | None
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    top_lufs: float

    def y_px(self, level_lufs: float) -> float:
        share = (self.top_lufs - level_lufs) / (self.top_lufs - FLOOR_LUFS)
        return round(TOP_PX + min(max(share, 0.0), 1.0) * (BOTTOM_PX - TOP_PX), 1)


def plot_svg(files: Sequence[FileFigures]) -> str:
    """Return a picture with a panel for each file, all on one scale of loudness."""
    highest = max((_or_floor(each.max_momentary_lufs) for each in files), default=FLOOR_LUFS)
    scale = _Scale(max(6.0 * ceil((highest + _HEADROOM_LU) / 6.0), FLOOR_LUFS + GRID_LU))
    panels = tuple(_panel(each, scale) for each in files)
    return _template().render(panels=panels, px=_places())


def _panel(found: FileFigures, scale: _Scale) -> Panel:
    momentary = momentary_lufs(found.energies)
    gate = found.relative_gate_lufs
    bars, most_percent = _bars(momentary, gate, scale)
    length_s = max(found.duration_s, HOP_S)
    return Panel(
        title=Path(found.file).name,
        facts=_facts(found),
        momentary=_curve(momentary, _MOMENTARY_S, length_s, scale),
        short_term=_curve(short_term_lufs(found.energies), _SHORT_TERM_S, length_s, scale),
        grid=tuple(_grid(scale)),
        lines=tuple(_lines(found, scale)),
        gate_y_px=scale.y_px(ABSOLUTE_GATE_LUFS if gate is None else gate),
        bars=bars,
        most_percent=most_percent,
        range_px=_range(found, scale),
        ticks=ticks(length_s),
    )


def _facts(found: FileFigures) -> str:
    return (
        f"{figure(found.integrated_lufs)} LUFS · range {figure(found.loudness_range_lu)} LU · "
        f"{figure(found.true_peak_dbtp, 2)} dBTP · PLR {figure(found.plr_db)} dB"
    )


def _grid(scale: _Scale) -> Iterator[Line]:
    level = GRID_LU * floor(scale.top_lufs / GRID_LU)
    while level > FLOOR_LUFS:
        yield Line(scale.y_px(level), figure(level, 0))
        level -= GRID_LU


def _lines(found: FileFigures, scale: _Scale) -> Iterator[Line]:
    yield Line(scale.y_px(ABSOLUTE_GATE_LUFS), "absolute gate", "gate")
    if found.relative_gate_lufs is not None:
        text = f"relative gate {figure(found.relative_gate_lufs)}"
        yield Line(scale.y_px(found.relative_gate_lufs), text, "gate")
    if found.integrated_lufs is not None and isfinite(found.integrated_lufs):
        text = f"integrated {figure(found.integrated_lufs)}"
        yield Line(scale.y_px(found.integrated_lufs), text, "integrated")


def _curve(levels: Levels, window_s: float, length_s: float, scale: _Scale) -> str:
    """Return path data, the highest value in each pixel, parted where there is silence."""
    n_each = max(1, ceil(len(levels) / (RIGHT_PX - LEFT_PX)))
    highest = [max(levels[i : i + n_each]) for i in range(0, len(levels), n_each)]
    middle_s = window_s / 2 + (n_each - 1) * HOP_S / 2
    points = [
        (_x_px(middle_s + i * n_each * HOP_S, length_s), level)
        for i, level in enumerate(highest)
    ]
    runs = groupby(points, key=lambda point: point[1] > -inf)
    return " ".join(
        "M" + "L".join(f"{x:.1f} {scale.y_px(level)}" for x, level in run)
        for is_heard, run in runs
        if is_heard
    )


def _x_px(time_s: float, length_s: float) -> float:
    return LEFT_PX + min(time_s / length_s, 1.0) * (RIGHT_PX - LEFT_PX)


def _bars(
    momentary: Levels, gate_lufs: float | None, scale: _Scale
) -> tuple[tuple[Bar, ...], float]:
    """Return a bar for each LU in which there are 400 ms blocks, and what the longest means."""
    heard = momentary[momentary > FLOOR_LUFS]
    if not len(heard):
        return (), 0.0
    steps, counts = np.unique(np.floor(heard), return_counts=True)
    most = counts.max()
    gate = inf if gate_lufs is None else gate_lufs
    bars = tuple(
        Bar(
            y_px=scale.y_px(step + 1.0),
            height_px=max(scale.y_px(step) - scale.y_px(step + 1.0) - 0.6, 0.4),
            width_px=round(float(count / most) * (BARS_RIGHT_PX - BARS_LEFT_PX), 1),
            counts=bool(step + 1.0 > gate),
        )
        for step, count in zip(steps, counts, strict=True)
    )
    return bars, float(100.0 * most / len(momentary))


def _range(found: FileFigures, scale: _Scale) -> tuple[float, float] | None:
    """Return the ends of the loudness range: 95 and 10 % of the short-term values."""
    high, low = (short_term_percentile(found.energies, percent) for percent in (95, 10))
    return None if high is None or low is None else (scale.y_px(high), scale.y_px(low))


def _or_floor(level: float | None) -> float:
    return FLOOR_LUFS if level is None else max(level, FLOOR_LUFS)


def _places() -> dict[str, float]:
    return {name: value for name, value in globals().items() if name.endswith("_PX")}


def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    text = resources("pipeline.measure").joinpath("templates/plot.svg").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"clock": clock, "figure": figure}
    return environment.from_string(text)
