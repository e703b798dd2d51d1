"""Pictures of a record: where every line goes; the templates make SVG of it.

All curves lie in a box of `WIDTH` units that is stretched to the width of the page, with
`UNITS_PER_PX` units to the pixel of its fixed height. Places of text are percentages of the
width, so that letters are never stretched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil, isfinite
from typing import TypeVar

from pipeline.report.data import EditionReport, PictureReport, TrackReport

WIDTH = 1800
UNITS_PER_PX = 4
MAX_POINTS = 600

SCALE_LU = 36.0
GRID_LU = 12.0
LEAST_REDUCTION_DB = 6.0
WINDOW_S = 3.0  # of short-term loudness (EBU Tech 3341); a value is drawn at its middle

_TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_MAX_TICKS = 6
_END_ROOM_PERCENT = 9.0

T = TypeVar("T")
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Lane:
    """A horizontal strip of a picture, in pixels from its top."""

    top_px: float
    height_px: float

    @property
    def bottom_px(self) -> float:
        """Its lower edge."""
        return self.top_px + self.height_px

    def y_units(self, fraction: float) -> float:
        """Return the height of a fraction of the lane; 0 is its top, what leaves it is held."""
        return (self.top_px + min(max(fraction, 0.0), 1.0) * self.height_px) * UNITS_PER_PX


REDUCTION = Lane(2, 30)
SOUND = Lane(40, 112)
TRACK_HEIGHT_PX = 172
CONTOUR = Lane(20, 130)
CONTOUR_HEIGHT_PX = 170


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the axis: where, and whether the text starts, centres or ends there."""

    x_percent: float
    time_s: float
    anchor: str


@dataclass(frozen=True, slots=True)
class GridLine:
    """A level that is drawn across the picture."""

    y_px: float
    level_lufs: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Scales that all pictures of an edition share, so that they can be compared.

    Parameters
    ----------
    top_lufs : float
        Loudness at the top edge; the bottom is 36 LU lower.
    reduction_db : float
        Gain reduction that fills its lane.
    """

    top_lufs: float
    reduction_db: float

    @property
    def bottom_lufs(self) -> float:
        """Loudness at the bottom edge."""
        return self.top_lufs - SCALE_LU

    def fraction_of(self, level_lufs: float) -> float:
        """Return how far below the top edge a loudness lies; 1 is the bottom edge."""
        return (self.top_lufs - level_lufs) / SCALE_LU

    def grid(self, lane: Lane) -> tuple[GridLine, ...]:
        """Return the levels drawn across a lane."""
        highest = int((self.top_lufs - 1.0) // GRID_LU)
        levels = [step * GRID_LU for step in range(highest, highest - int(SCALE_LU), -1)]
        return tuple(
            GridLine(lane.y_units(self.fraction_of(level)) / UNITS_PER_PX, level)
            for level in levels
            if level > self.bottom_lufs
        )


@dataclass(frozen=True, slots=True)
class TrackPicture:
    """One track: waveform, short-term loudness with its aim, gain reduction from the top.

    Parameters
    ----------
    length_s : float
        Time from the left edge to the right one.
    waveform, loudness, reduction : str
        SVG path data; empty if there is nothing to draw.
    aim_y : float or None
        Where the aim lies, in units from the top.
    grid : tuple of GridLine
        Levels drawn across.
    ticks : tuple of Tick
        Times on the axis.
    lowest_lufs, highest_lufs : float or None
        Range of the loudness curve, for those who cannot see it.
    """

    length_s: float
    waveform: str
    loudness: str
    reduction: str
    aim_y: float | None
    grid: tuple[GridLine, ...]
    ticks: tuple[Tick, ...]
    lowest_lufs: float | None
    highest_lufs: float | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """One track on the contour: its number, its edges, and the middle for its number."""

    number: int
    start_percent: float
    middle_percent: float
    start_units: float
    width_units: float


@dataclass(frozen=True, slots=True)
class Contour:
    """Short-term loudness of a whole edition on its timeline; paths as in `TrackPicture`."""

    length_s: float
    loudness: str
    area: str
    aims: str
    stretches: tuple[Stretch, ...]
    grid: tuple[GridLine, ...]
    ticks: tuple[Tick, ...]


def scale_of(edition: EditionReport) -> Scale:
    """Return the scales on which everything in an edition can be drawn."""
    levels: list[float] = []
    reductions = [0.0]
    for track in edition.tracks:
        if track.picture:
            levels += _finite(track.picture.short_term_lufs)
            reductions += _finite(track.picture.reduction_db)
        if track.level and track.level.aim_lufs is not None:
            levels.append(track.level.aim_lufs)
    return Scale(
        top_lufs=6.0 * ceil((max(levels, default=-8.0) + 0.5) / 6.0),
        reduction_db=max(LEAST_REDUCTION_DB, 3.0 * ceil(max(reductions) / 3.0)),
    )


def draw_track(
    picture: PictureReport, *, length_s: float, aim_lufs: float | None, scale: Scale
) -> TrackPicture:
    """Return where the lines of one track go.

    Parameters
    ----------
    picture : PictureReport
        Its curves.
    length_s : float
        Time that the waveform covers, in seconds.
    aim_lufs : float or None
        Where the song should go.
    scale : Scale
        Shared with the other tracks.
    """
    length_s = max(length_s, _shown_s(picture))
    curve = _loudness(picture, start_s=0.0, length_s=length_s, scale=scale, lane=SOUND)
    heard = _finite(picture.short_term_lufs)
    return TrackPicture(
        length_s=length_s,
        waveform=_waveform(picture.waveform),
        loudness=" ".join(_line(run) for run in curve),
        reduction=_reduction(picture, length_s, scale),
        aim_y=None if aim_lufs is None else SOUND.y_units(scale.fraction_of(aim_lufs)),
        grid=scale.grid(SOUND),
        ticks=ticks(length_s),
        lowest_lufs=min(heard, default=None),
        highest_lufs=max(heard, default=None),
    )


def draw_contour(edition: EditionReport, scale: Scale) -> Contour | None:
    """Return the loudness of a whole edition over time; None if nothing was measured."""
    drawn = [track for track in edition.tracks if track.picture]
    if not drawn:
        return None
    length_s = max([edition.length_s, *(each.start_s + each.length_s for each in drawn)])
    runs = [
        run
        for track in drawn
        if track.picture
        for run in _loudness(
            track.picture,
            start_s=track.start_s,
            length_s=length_s,
            scale=scale,
            lane=CONTOUR,
            behind_s=track.start_s + track.length_s,
        )
    ]
    return Contour(
        length_s=length_s,
        loudness=" ".join(_line(run) for run in runs),
        area=" ".join(_area(run, CONTOUR.y_units(1.0)) for run in runs),
        aims=" ".join(_aims(edition.tracks, length_s, scale)),
        stretches=tuple(_stretch(track, length_s) for track in edition.tracks),
        grid=scale.grid(CONTOUR),
        ticks=ticks(length_s),
    )


def picture_lengths_s(edition: EditionReport) -> tuple[float, ...]:
    """Return the time that each track's file covers: up to the start of the next track."""
    starts_s = [track.start_s for track in edition.tracks]
    ends_s = [*starts_s[1:], *(t.start_s + t.length_s for t in edition.tracks[-1:])]
    return tuple(end - start for start, end in zip(starts_s, ends_s, strict=True))


def ticks(length_s: float) -> tuple[Tick, ...]:
    """Return the times written below a picture: round ones, and the end."""
    if length_s <= 0.0:
        return (Tick(0.0, 0.0, "start"),)
    step_s = next(
        (step for step in _TICK_STEPS_S if length_s / step <= _MAX_TICKS), _TICK_STEPS_S[-1]
    )
    inner = [
        Tick(round(100.0 * time_s / length_s, 2), float(time_s), "middle")
        for time_s in range(step_s, ceil(length_s), step_s)
        if 100.0 * time_s / length_s <= 100.0 - _END_ROOM_PERCENT
    ]
    return (Tick(0.0, 0.0, "start"), *inner, Tick(100.0, length_s, "end"))


def _waveform(peaks: Sequence[float]) -> str:
    """Return the outline of a waveform: along the top and back along the bottom."""
    if not peaks:
        return ""
    peaks = _thinned(list(peaks), max)
    pitch = WIDTH / len(peaks)
    middle, half = SOUND.y_units(0.5), SOUND.height_px * UNITS_PER_PX / 2
    # Silence stays visible as a hair line.
    top = [
        ((i + 0.5) * pitch, middle - max(1.0, half * min(peak, 1.0)))
        for i, peak in enumerate(peaks)
    ]
    bottom = [(x, 2 * middle - y) for x, y in reversed(top)]
    return _line(top + bottom) + "z"


def _reduction(picture: PictureReport, length_s: float, scale: Scale) -> str:
    values = picture.reduction_db
    if not values or length_s <= 0.0 or not max(_finite(values), default=0.0) > 0.0:
        return ""
    end = min(1.0, len(values) * picture.reduction_bin_s / length_s) * WIDTH
    kept = _thinned(list(values), max)
    pitch = end / len(kept)
    points = [(0.0, REDUCTION.y_units(0.0))]
    points += [
        ((i + 0.5) * pitch, REDUCTION.y_units(value / scale.reduction_db))
        for i, value in enumerate(kept)
    ]
    return _line([*points, (end, REDUCTION.y_units(0.0))]) + "z"


def _loudness(
    picture: PictureReport,
    *,
    start_s: float,
    length_s: float,
    scale: Scale,
    lane: Lane,
    behind_s: float | None = None,
) -> list[list[Point]]:
    """Return the runs of the short-term curve, parted where there is silence.

    Values are drawn in the middle of the three seconds that they cover.
    """
    if length_s <= 0.0:
        return []
    room = max(2, round(MAX_POINTS * 2 * _shown_s(picture) / length_s))
    n_each = max(1, ceil(len(picture.short_term_lufs) / min(room, MAX_POINTS)))
    hop_s = picture.short_term_hop_s * n_each
    first_s = start_s + WINDOW_S / 2 + (hop_s - picture.short_term_hop_s) / 2
    kept = _thinned(list(picture.short_term_lufs), _highest, n_each=n_each)
    points = [
        (first_s + i * hop_s, level)
        for i, level in enumerate(kept)
        if behind_s is None or first_s + i * hop_s <= behind_s
    ]
    return [
        [
            (time_s / length_s * WIDTH, lane.y_units(scale.fraction_of(level)))
            for time_s, level in run
            if level is not None
        ]
        for is_heard, run in groupby(points, key=lambda point: point[1] is not None)
        if is_heard
    ]


def _aims(tracks: Iterable[TrackReport], length_s: float, scale: Scale) -> Iterable[str]:
    for track in tracks:
        if track.level and track.level.aim_lufs is not None:
            y = CONTOUR.y_units(scale.fraction_of(track.level.aim_lufs))
            start = track.start_s / length_s * WIDTH
            yield _line([(start, y), (start + track.length_s / length_s * WIDTH, y)])


def _stretch(track: TrackReport, length_s: float) -> Stretch:
    start, width = track.start_s / length_s, track.length_s / length_s
    return Stretch(
        track.number,
        round(100 * start, 2),
        round(100 * (start + width / 2), 2),
        round(start * WIDTH, 1),
        round(width * WIDTH, 1),
    )


def _shown_s(picture: PictureReport) -> float:
    """Return the time that the short-term curve covers for certain."""
    n_values = len(picture.short_term_lufs)
    return (n_values - 1) * picture.short_term_hop_s + WINDOW_S if n_values else 0.0


def _thinned(
    values: list[T], pick: Callable[[list[T]], T], *, n_each: int | None = None
) -> list[T]:
    """Return at most `MAX_POINTS` values, each picked from a group of equal size."""
    n_each = n_each or max(1, ceil(len(values) / MAX_POINTS))
    return [pick(values[i : i + n_each]) for i in range(0, len(values), n_each)]


def _highest(levels: Iterable[float | None]) -> float | None:
    return max(_finite(levels), default=None)


def _finite(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and isfinite(value)]


def _area(run: Sequence[Point], floor: float) -> str:
    return _line([(run[0][0], floor), *run, (run[-1][0], floor)]) + "z"


def _line(points: Sequence[Point]) -> str:
    """Return path data in whole units, each point counted from the one before: the shortest."""
    whole = [(round(x), round(y)) for x, y in points]
    steps = [
        _number_pair(x - before_x, y - before_y)
        for (before_x, before_y), (x, y) in pairwise(whole)
    ]
    (x, y), *_ = whole
    start = f"M{x} {y}"
    return start + "l" + " ".join(steps).replace(" -", "-") if steps else start + "h1"


def _number_pair(x: int, y: int) -> str:
    return f"{x}{y}" if y < 0 else f"{x} {y}"
