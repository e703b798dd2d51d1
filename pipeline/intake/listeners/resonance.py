"""Narrow resonances: what rings at one pitch whatever is played.

The mean of the *level* of each bin tells notes from resonances: a note stands out while it
sounds, a resonance lifts everything near its frequency all the time, the noise between the
notes as well. What is narrower than a vibrato is a note and is taken off by a morphological
opening; what is not there in each quarter of the mix belongs to a passage and not to the mix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.intake.bands import Row, Table, bin_powers, to_db
from pipeline.intake.listening import Figures, Format, Frames, Heard

LOWEST_HZ, HIGHEST_HZ = 500.0, 10_000.0
"""Below 500 Hz the line of a note is as wide as a resonance of Q 12."""

_PARTS = 4
_STEPS_PER_OCTAVE = 48
_MARGIN = 1.4  # so that every place has neighbours on both sides
_AUDIBLE = 1e-7  # windows above -70 dB
_LINE_HZ = 38.0  # seven bins: a steady tone behind a Hann window is four wide
_VIBRATO_STEPS = 4  # a twelfth of an octave: half a semitone up and down
_SURROUNDINGS_STEPS = 33  # two thirds of an octave
_LEAST_DB = 3.0
_KEPT = 5


@dataclass(frozen=True, slots=True)
class Resonance:
    """A narrow peak that is always there."""

    frequency_hz: float
    q: float
    gain_db: float
    excess_db: float


@dataclass(frozen=True, slots=True)
class ResonanceFigures(Figures):
    """The strongest resonances and the curve they stand in.

    Parameters
    ----------
    frequencies_hz, qs, gains_db : tuple of float
        Each peak: where, its quality (from the width at half its gain in dB), its height over
        its surroundings; at most 5, the strongest first.
    excesses_db : tuple of float
        How much of that height no note explains: it is there in each quarter of the mix, and
        wider than a vibrato.
    curve_hz, curve_db : tuple of float
        That excess over the frequency, 24 points per octave.
    """

    name: ClassVar[str] = "resonance"

    frequencies_hz: tuple[float, ...]
    qs: tuple[float, ...]
    gains_db: tuple[float, ...]
    excesses_db: tuple[float, ...]
    curve_hz: tuple[float, ...]
    curve_db: tuple[float, ...]

    @property
    def resonances(self) -> tuple[Resonance, ...]:
        """Each peak, the strongest first."""
        rows = zip(self.frequencies_hz, self.qs, self.gains_db, self.excesses_db, strict=True)
        return tuple(Resonance(*row) for row in rows)


class ResonanceListener:
    """Adds up the level of each bin, for each quarter of the mix."""

    def __init__(self, wanted: Format) -> None:
        self._n_samples = wanted.n_samples
        self._top_hz = min(HIGHEST_HZ * _MARGIN, 0.45 * wanted.sample_rate_hz)
        self._bin_hz = 0.0
        self._sums: Table | None = None
        self._counts = np.zeros(_PARTS)

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        frames = heard.long
        n_bins = self._bins_of(frames)
        if self._sums is None:
            self._sums = np.zeros((_PARTS, n_bins))
        powers = bin_powers(frames)
        starts = (frames.first + np.arange(len(powers))) * frames.hop_samples
        parts = np.minimum(starts * _PARTS // max(self._n_samples, 1), _PARTS - 1)
        audible = powers.sum(axis=1) > _AUDIBLE
        np.add.at(self._sums, parts[audible], to_db(powers[audible, :n_bins]))
        np.add.at(self._counts, parts[audible], 1.0)

    def figures(self) -> ResonanceFigures:
        """Return the peaks that are there in each quarter."""
        heard = self._counts > self._counts.max() / _PARTS
        if self._sums is None or self._top_hz < LOWEST_HZ * _MARGIN or not heard.any():
            return ResonanceFigures((), (), (), (), (), ())
        levels = self._sums[heard] / self._counts[heard, None]
        return _found(levels, self._bin_hz, self._top_hz)

    def _bins_of(self, frames: Frames) -> int:
        self._bin_hz = frames.sample_rate_hz / frames.window_samples
        return int(self._top_hz / self._bin_hz) + 2


def _found(levels: Table, bin_hz: float, top_hz: float) -> ResonanceFigures:
    from scipy.ndimage import grey_opening, median_filter

    bottom_hz = LOWEST_HZ / _MARGIN
    n_steps = int(_STEPS_PER_OCTAVE * np.log2(top_hz / bottom_hz))
    places_hz = bottom_hz * 2.0 ** (np.arange(n_steps) / _STEPS_PER_OCTAVE)
    line_bins = round(_LINE_HZ / bin_hz)
    without_lines = grey_opening(levels, size=(1, line_bins))
    opened = grey_opening(_at(places_hz, without_lines, bin_hz), size=(1, _VIBRATO_STEPS))
    surroundings = median_filter(opened, size=(1, _SURROUNDINGS_STEPS), mode="nearest")
    excess = (opened - surroundings).min(axis=0)
    height = (_at(places_hz, levels, bin_hz) - surroundings).mean(axis=0)
    peaks = [
        _resonance(places_hz, height, excess, place) for place in _peaks(places_hz, excess)
    ]
    kept = sorted(peaks, key=lambda each: -each.excess_db)[:_KEPT]
    return ResonanceFigures(
        tuple(each.frequency_hz for each in kept),
        tuple(each.q for each in kept),
        tuple(each.gain_db for each in kept),
        tuple(each.excess_db for each in kept),
        tuple(np.round(places_hz[::2], 1).tolist()),
        tuple(np.round(excess[::2], 1).tolist()),
    )


def _at(places_hz: Row, levels: Table, bin_hz: float) -> Table:
    bins_hz = np.arange(levels.shape[1]) * bin_hz
    return np.stack([np.interp(places_hz, bins_hz, row) for row in levels])


def _peaks(places_hz: Row, excess: Row) -> list[int]:
    """Return the places that no neighbour within a quarter of an octave is above."""
    from scipy.ndimage import maximum_filter1d

    is_highest = excess >= maximum_filter1d(excess, _STEPS_PER_OCTAVE // 2 + 1)
    inside = (places_hz >= LOWEST_HZ) & (places_hz <= HIGHEST_HZ)
    flat: npt.NDArray[np.int64] = np.flatnonzero(is_highest & inside & (excess >= _LEAST_DB))
    # An opening leaves plateaus: their first place stands for all.
    return [int(each) for each in flat if each - 1 not in flat]


def _resonance(places_hz: Row, height: Row, excess: Row, place: int) -> Resonance:
    near = slice(max(0, place - 2), place + _VIBRATO_STEPS + 2)
    top = near.start + int(height[near].argmax())
    half = height < height[top] / 2.0
    low = top - int(half[top::-1].argmax())
    high = top + int(half[top:].argmax())
    ratio = places_hz[high] / places_hz[low] if high > low else 2.0 ** (1 / _STEPS_PER_OCTAVE)
    return Resonance(
        round(float(places_hz[top]), 0),
        round(float(np.sqrt(ratio) / (ratio - 1.0)), 1),
        round(float(height[top]), 1),
        round(float(excess[place]), 1),
    )
