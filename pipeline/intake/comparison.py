"""The mixes of an album side by side, and which of them stand apart.

What is compared is data: each column names figures of a listener. A column without figures is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log10
from statistics import median
from typing import Any

from pipeline.intake.listening import SILENCE_DB
from pipeline.intake.survey import Survey

Ears = Mapping[str, Mapping[str, Any]]

LEAST_TRACKS = 4
"""Of fewer, none can stand apart."""
# Three standard deviations, estimated from the median absolute deviation (Leys et al. 2013,
# "Detecting outliers: do not use standard deviation around the mean").
DEVIATIONS = 3.0
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of every mix.

    Parameters
    ----------
    name : str
        Key in JSON, with its unit.
    title, unit : str
        For people.
    places : int
        Decimals.
    apart : float
        How far from the middle a mix must be, at least, to stand apart: what is well heard.
    read : callable
        Takes the figures of all listeners and returns this one, or None.
    """

    name: str
    title: str
    unit: str
    places: int
    apart: float
    read: Callable[[Ears], float | None]


@dataclass(frozen=True, slots=True)
class Compared:
    """A column with the values of an album.

    Parameters
    ----------
    name, title, unit, places
        As `Column` has them.
    middle : float
        Median of the values.
    values : mapping of str to float or None
        By id of the track, in the order of the album.
    apart : tuple of str
        The tracks that stand apart.
    """

    name: str
    title: str
    unit: str
    places: int
    middle: float
    values: Mapping[str, float | None]
    apart: tuple[str, ...]


def compare(surveys: Mapping[str, Survey]) -> tuple[Compared, ...]:
    """Return every column that has a value, in order."""
    found = []
    for column in COLUMNS:
        values = {track: column.read(each.figures) for track, each in surveys.items()}
        if any(value is not None for value in values.values()):
            found.append(_compared(column, values))
    return tuple(found)


def _compared(column: Column, values: Mapping[str, float | None]) -> Compared:
    rounded = {
        track: None if value is None else round(value, column.places)
        for track, value in values.items()
    }
    known = {track: value for track, value in rounded.items() if value is not None}
    middle = median(known.values())
    spread = _MAD_TO_SIGMA * median(abs(value - middle) for value in known.values())
    limit = max(column.apart, DEVIATIONS * spread)
    apart = [track for track, value in known.items() if abs(value - middle) > limit]
    return Compared(
        column.name,
        column.title,
        column.unit,
        column.places,
        round(middle, column.places),
        rounded,
        tuple(apart) if len(known) >= LEAST_TRACKS else (),
    )


# --- columns --------------------------------------------------------------------------------


def _figure(ear: str, name: str) -> Callable[[Ears], float | None]:
    def read(ears: Ears) -> float | None:
        value = ears.get(ear, {}).get(name)
        return None if value is None or value <= SILENCE_DB else float(value)

    return read


def _balance(ears: Ears) -> float | None:
    left, right = _figure("stereo", "left_lufs")(ears), _figure("stereo", "right_lufs")(ears)
    return None if left is None or right is None else right - left


def _share(low_hz: float, high_hz: float) -> Callable[[Ears], float | None]:
    def read(ears: Ears) -> float | None:
        tone = ears.get("tone", {})
        if not tone.get("heard_s"):
            return None
        bands = zip(tone["centres_hz"], tone["levels_db"], strict=True)
        powers = [(hz, 10.0 ** (level / 10.0)) for hz, level in bands]
        inside = sum(power for hz, power in powers if low_hz <= hz < high_hz)
        whole = sum(power for _, power in powers)
        return 10.0 * log10(inside / whole) if inside else None

    return read


_LUFS = _figure("loudness", "integrated_lufs")
_SHORT_TERM = _figure("loudness", "max_short_term_lufs")
_RANGE = _figure("loudness", "loudness_range_lu")
_TRUE_PEAK = _figure("loudness", "true_peak_dbtp")
_PLR = _figure("loudness", "plr_db")
_CORRELATION = _figure("stereo", "correlation")
_MONO_LOSS = _figure("stereo", "mono_loss_lu")

COLUMNS = (
    Column("integrated_lufs", "Loudness", "LUFS", 1, 4.0, _LUFS),
    Column("max_short_term_lufs", "Loudest 3 s", "LUFS", 1, 4.0, _SHORT_TERM),
    Column("loudness_range_lu", "Range", "LU", 1, 6.0, _RANGE),
    Column("true_peak_dbtp", "True peak", "dBTP", 1, 3.0, _TRUE_PEAK),
    Column("plr_db", "PLR", "dB", 1, 4.0, _PLR),
    Column("balance_lu", "Right over left", "LU", 1, 1.5, _balance),
    Column("correlation", "Correlation", "", 2, 0.4, _CORRELATION),
    Column("mono_loss_lu", "Loss in mono", "LU", 1, 2.0, _MONO_LOSS),
    Column("low_share_db", "Below 120 Hz", "dB", 1, 5.0, _share(0.0, 120.0)),
    Column("middle_share_db", "400 Hz to 2 kHz", "dB", 1, 5.0, _share(400.0, 2_000.0)),
    Column("high_share_db", "Above 6 kHz", "dB", 1, 6.0, _share(6_000.0, 30_000.0)),
)
"""Loudness and peaks; the sides; which part of the power of the loud passages a region has."""
