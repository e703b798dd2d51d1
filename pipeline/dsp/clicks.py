"""Repair of clicks: samples are put in that what stands around them leads to expect.

References
----------
A. J. E. M. Janssen, R. N. J. Veldhuis, L. B. Vries, "Adaptive Interpolation of Discrete-Time
Signals That Can Be Modeled as Autoregressive Processes", IEEE Trans. ASSP 34(2), 1986.
S. J. Godsill, P. J. W. Rayner, Digital Audio Restoration, 1998, chapter 5: residuals, forward
and backward in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]

ORDER = 32
_BELONGS = 5.0  # robust deviations of the residual: samples beside it so far out are part of it
_BESIDE_SAMPLES = 6
_LEAST_SPREAD = 2.0**-23  # a 24-bit step
_ROUNDS = 3
_BEND_RATIO = 6.0  # of the sharpest bend to the mean of its neighbours; noise reaches 5
_AFTERMATH_SAMPLES = 2 * ORDER  # a residual may be out so far beside what is wrong


@dataclass(frozen=True, slots=True)
class Evidence:
    """How far something must stand out to be a click.

    Parameters
    ----------
    strength : float
        In robust deviations of the residual around it; music alone reaches 5 or 6.
    loneliness : float
        Against the most that stands out anywhere else around it. What comes in rows, as the
        edges of a sawtooth do, is the music.
    most_swell : float
        Of the residual behind it against that before, or the other way round: a note that
        begins goes on.
    most_misfit : float
        Of what is put in, as `misfit` tells it: where a note is cut off, nothing fits.
    """

    strength: float
    loneliness: float = 0.0
    most_swell: float = np.inf
    most_misfit: float = np.inf


def sharp_bends(music: Samples, cells: range) -> Iterator[int]:
    """Yield where a cell begins in which the waveform bends far more than in its neighbours.

    That takes one pass, and only there prediction is worth its cost.

    Parameters
    ----------
    music : ndarray of float64, shape (n_samples,)
        With a cell and a sample before the first and behind the last.
    cells : range
        Where cells begin; its step is their length.
    """
    n = cells.step
    stretch = music[cells.start - n - 1 : cells.stop + n + 1]
    bends = np.abs(stretch[2:] - 2.0 * stretch[1:-1] + stretch[:-2]).reshape(-1, n)
    means = bends.mean(axis=1)
    around = np.maximum(np.maximum(means[:-2], means[2:]), _LEAST_SPREAD)
    for cell in np.flatnonzero(bends[1:-1].max(axis=1) > _BEND_RATIO * around):
        yield cells[int(cell)]


def find_click(
    music: Samples, search: slice, *, longest: int, evidence: Evidence
) -> slice | None:
    """Return where a click is, or None if nothing is out as far as the evidence asks for.

    Parameters
    ----------
    music : ndarray of float64, shape (n_samples,)
        With some hundreds of clean samples on both sides of the search.
    search : slice
        Where to look.
    longest : int
        The most samples that a click may have.
    evidence : Evidence
        What makes it one.
    """
    error = _error(music, _predictor(music[: search.start], music[search.stop :]))
    before, behind = error[ORDER : search.start], error[search.stop : -ORDER]
    spread = _spread(np.concatenate((before, behind)))
    inside = error[search]
    peak = int(inside.argmax())
    if inside[peak] < evidence.strength * spread:
        return None
    first = last = search.start + peak
    while (beside := _next_out(error, first, -1, spread)) is not None:
        first = beside
    while (beside := _next_out(error, last, 1, spread)) is not None:
        last = beside
    if last - first + 1 > longest:
        return None
    others = np.concatenate(
        (
            error[ORDER : max(first - _AFTERMATH_SAMPLES, ORDER)],
            error[last + _AFTERMATH_SAMPLES : -ORDER],
        )
    )
    if inside[peak] < evidence.loneliness * others.max(initial=0.0):
        return None
    swell = _spread(behind) / _spread(before)
    if max(swell, 1.0 / swell) > evidence.most_swell:
        return None
    return slice(max(first - 1, ORDER), min(last + 2, len(music) - ORDER))


def mend(music: Samples, gap: slice) -> Samples:
    """Return `music` with the samples in the gap that what is around them makes most likely.

    Parameters
    ----------
    music : ndarray of float64, shape (n_samples,)
        With some hundreds of samples on both sides of the gap.
    gap : slice
        What is put in anew.

    Notes
    -----
    In turn, the predictor that fits the samples, and the samples that leave least to surprise
    it, starting from a line.
    """
    mended = music.copy()
    n_unknown = gap.stop - gap.start
    line = np.linspace(music[gap.start - 1], music[gap.stop], n_unknown + 2)
    mended[gap] = line[1:-1]
    for _ in range(_ROUNDS):
        predictor = _predictor(mended)
        known = mended.copy()
        known[gap] = 0.0
        # The residual is linear in what is unknown; its power shall be as small as can be.
        missing = -np.convolve(known, predictor)[gap.start : gap.stop + ORDER]
        effect = np.zeros((n_unknown + ORDER, n_unknown))
        for k in range(n_unknown):
            effect[k : k + ORDER + 1, k] = predictor
        mended[gap] = np.linalg.lstsq(effect, missing, rcond=None)[0]
    return mended


def misfit(mended: Samples, gap: slice) -> float:
    """Return how much the mended samples surprise, beside what is usual around them.

    About 1 to 2 where what stands before the gap and what stands behind it are one piece of
    music. As many samples count as are free to surprise: those behind the gap that the
    predictor reaches.
    """
    before, behind = mended[: gap.start], mended[gap.stop :]
    predictor = _predictor(before, behind)
    error = _error(mended, predictor)
    usual = _spread(
        np.concatenate((error[ORDER : gap.start], error[gap.stop + ORDER : -ORDER]))
    )
    surprise = np.convolve(mended, predictor)[gap.start : gap.stop + ORDER]
    return float(np.sqrt((surprise @ surprise) / ORDER)) / usual


def _error(music: Samples, predictor: Samples) -> Samples:
    """Return how far each sample is from what comes before it and behind it lead to expect.

    What is wrong spoils the prediction of what comes behind it in one direction, and before it
    in the other: only the wrong samples themselves are out in both.
    """
    forward = np.convolve(music, predictor)[: len(music)]
    backward = np.convolve(music[::-1], predictor)[: len(music)][::-1]
    return np.minimum(np.abs(forward), np.abs(backward))


def _spread(error: Samples) -> float:
    """Return the standard deviation, not counting what sticks out; a 24-bit step at least."""
    return max(float(np.median(error)) / 0.6745, _LEAST_SPREAD)


def _next_out(error: Samples, place: int, step: int, spread: float) -> int | None:
    """Return the farthest place near another that belongs to the same click."""
    for away in range(_BESIDE_SAMPLES, 0, -1):
        beside = place + step * away
        if 0 <= beside < len(error) and error[beside] > _BELONGS * spread:
            return beside
    return None


def _predictor(*pieces: Samples) -> Samples:
    """Return the filter that leaves of music only what its past does not lead to expect."""
    from scipy.linalg import solve_toeplitz

    lags = np.zeros(ORDER + 1)
    for piece in pieces:
        if len(piece) > 2 * ORDER:
            windowed = piece * np.hanning(len(piece))
            lags += [
                windowed[: len(windowed) - lag] @ windowed[lag:] for lag in range(ORDER + 1)
            ]
    lags[0] = lags[0] * (1.0 + 1e-9) + 1e-18
    return np.concatenate(([1.0], -solve_toeplitz(lags[:-1], lags[1:])))
