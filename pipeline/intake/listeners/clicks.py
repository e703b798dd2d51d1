"""Clicks: samples that what stands around them does not lead to expect."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.intake.listening import Figures, Format, Heard

CELL_S = 0.01
AROUND_S = 0.02
"""Music on either side of a suspect that predicts it."""
BEND_RATIO = 9.0
"""How much the waveform must bend at a suspect, against the mean of its neighbours; noise
reaches 5."""
MOST_UNREST = 2.0
QUIETEST_BEND = 2.0**-18
ORDER = 20
GAP_SAMPLES = 8
LEAST_STRENGTH = 15.0
MOST_CLICKS = 400
"""More of them are counted no longer: then they are the music."""

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClickFigures(Figures):
    """Samples far from what a linear prediction from their neighbourhood expects.

    Parameters
    ----------
    times_s : tuple of float
        Where they are, at most `MOST_CLICKS`; a click in both channels counts once.
    strengths : tuple of float
        Error of the prediction there, in robust standard deviations of the error around it.
    widths_ms : tuple of float
        For how long the error stays above a fifth of its peak.
    swells : tuple of float
        Size of the error in the 5 ms behind it, relative to that before it: large where a note
        begins.
    """

    name: ClassVar[str] = "clicks"

    times_s: tuple[float, ...]
    strengths: tuple[float, ...]
    widths_ms: tuple[float, ...]
    swells: tuple[float, ...]


class ClickListener:
    """Looks for sharp bends in the waveform, and examines only those by linear prediction.

    The second difference of a cell of 10 ms tells in one pass where a click may be. Only there
    the residual of an autoregressive model is worth its cost (Godsill and Rayner, Digital Audio
    Restoration, 1998, chapter 5).
    """

    def __init__(self, wanted: Format) -> None:
        self._rate_hz = wanted.sample_rate_hz
        self._n_cell = max(8, round(CELL_S * self._rate_hz))
        self._n_around = max(64, round(AROUND_S * self._rate_hz))
        self._n_margin = -(-(self._n_around + self._n_cell) // self._n_cell) * self._n_cell
        self._kept = np.empty((0, wanted.n_channels))
        self._start = 0
        self._found: list[tuple[float, float, float, float]] = []

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        known = np.concatenate((self._kept, heard.audio))
        n_cells = len(known) // self._n_cell - 2 * (self._n_margin // self._n_cell)
        if n_cells > 0:
            for channel in np.ascontiguousarray(known.T):
                self._search(channel, n_cells)
            known = known[n_cells * self._n_cell :]
            self._start += n_cells * self._n_cell
        self._kept = known.copy()

    def _search(self, samples: Samples, n_cells: int) -> None:
        n, first = self._n_cell, self._n_margin
        stretch = samples[first - n - 1 : first + (n_cells + 1) * n + 1]
        bends = np.abs(stretch[2:] - 2.0 * stretch[1:-1] + stretch[:-2])
        bends = bends.reshape(n_cells + 2, n)
        means = bends.mean(axis=1)
        around = np.maximum(np.maximum(means[:-2], means[2:]), QUIETEST_BEND)
        peaks = bends[1:-1].max(axis=1)
        for cell in np.flatnonzero(peaks > BEND_RATIO * around):
            bend = bends[cell + 1]
            place = int(bend.argmax())
            if self._is_lonely(bend, place, around[cell]) and len(self._found) < MOST_CLICKS:
                self._examine(samples, first + int(cell) * n + place)

    def _is_lonely(self, bend: Samples, place: int, around: float) -> bool:
        """Whether the cell is as calm as its neighbours but for one millisecond."""
        reach = max(2, self._rate_hz // 2000)
        rest = np.concatenate((bend[: max(0, place - reach)], bend[place + reach + 1 :]))
        return float(rest.mean()) < MOST_UNREST * around

    def _examine(self, samples: Samples, place: int) -> None:
        music = samples[place - self._n_around : place + self._n_around + 1]
        error = prediction_error(music)
        centre, ms = self._n_around, self._rate_hz / 1000.0
        spread = max(_spread(error[: centre - round(ms)]), _spread(error[centre + round(ms) :]))
        near = np.abs(error[centre - round(3.0 * ms) : centre + round(3.0 * ms)])
        peak = float(near.max())
        if peak < LEAST_STRENGTH * spread:
            return
        loud = np.flatnonzero(near > 0.2 * peak)
        before = _spread(error[centre - round(6.5 * ms) : centre - round(1.5 * ms)])
        behind = _spread(error[centre + round(1.5 * ms) : centre + round(6.5 * ms)])
        self._found.append(
            (
                (self._start + place) / self._rate_hz,
                peak / spread,
                float(loud[-1] - loud[0] + 1) / ms,
                behind / before,
            )
        )

    def figures(self) -> ClickFigures:
        """Return what stands out, in order of time."""
        found = sorted(self._found)
        return (
            ClickFigures(*zip(*found, strict=True)) if found else ClickFigures((), (), (), ())
        )


def prediction_error(music: Samples) -> Samples:
    """Return how far each sample of an odd number is from what the `ORDER` before it predict.

    The prediction is made without the middle, where a click is suspected.
    """
    from scipy.linalg import solve_toeplitz

    clean = music.copy()
    centre = len(music) // 2
    gap = slice(centre - GAP_SAMPLES, centre + GAP_SAMPLES + 1)
    clean[gap] = np.linspace(music[gap.start], music[gap.stop - 1], 2 * GAP_SAMPLES + 1)
    clean *= _window(len(clean))
    lags = np.array([clean[: len(clean) - lag] @ clean[lag:] for lag in range(ORDER + 1)])
    lags[0] = lags[0] * (1.0 + 1e-9) + 1e-18
    weights = solve_toeplitz(lags[:-1], lags[1:])
    predictor = np.concatenate(([1.0], -weights))
    error = np.convolve(music, predictor)[: len(music)]
    error[:ORDER] = 0.0
    return error


@lru_cache(maxsize=4)
def _window(n_samples: int) -> Samples:
    return np.hanning(n_samples)


def _spread(error: Samples) -> float:
    """Return the standard deviation, not counting what sticks out; a 24-bit step at least."""
    return max(float(np.median(np.abs(error))) / 0.6745, 2.0**-23)
