"""Traces of a lossy coder: whether sound falls into the blocks of one, and into which.

Cut as the coder cut it, and transformed as the coder did, decoded sound shows numbers that were
rounded, many of them to zero; cut one sample beside, it shows none. So the level of a coder's
lines, averaged by their logarithm over all blocks, is the same wherever the blocks begin, but
for one sharp dip at the place where they began for the coder.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.lapped import TRANSFORMS, LappedTransform
from pipeline.intake.listening import Figures, Format, Heard

N_PLACES = 6
PLACE_SAMPLES = 8_192  # six blocks of AAC and the length of a response
_LONGEST_RESPONSE_SAMPLES = 2_048
_N_LINES, _N_TOP_LINES = 32, 8
_LOWEST_HZ, _HIGHEST_HZ = 3_000.0, 15_000.0  # below, coders round finely; above, sounds end
_FLOOR = 1e-3  # of a line's mean level: zeros are only as deep as what was added later
_QUIET = 1e-4  # -80 dBFS: nothing to be learned
_REACH = 16
_MOST_OF_A_PLACE = 6.0
_PLOT_REACH = 64

Curve = npt.NDArray[np.float64]
Levels = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class CodingFigures(Figures):
    """How well the blocks of each coder fit the sound.

    Parameters
    ----------
    n_places : int
        How many short places were loud enough to be looked at; with none, all else is empty.
    coders : tuple of str
        The coders tried, each transform of its own; those that serve the sample rate.
    dips : tuple of float
        How far the deepest dip stands out, in robust standard deviations of its curve.
    starts_samples : tuple of int
        Where the blocks begin there, counted from the start of the mix, less than a hop.
    curve_db : tuple of float
        Level of the lines around the deepest dip of all, from 64 samples before it to 64 after.
    """

    name: ClassVar[str] = "coding"

    n_places: int
    coders: tuple[str, ...]
    dips: tuple[float, ...]
    starts_samples: tuple[int, ...]
    curve_db: tuple[float, ...]


class CodingListener:
    """Keeps a few short places of the mix and, at the end, tries every coder on them.

    Notes
    -----
    The places lie evenly over the mix. What was resampled, stretched or limited after decoding
    is not recognised, nor what is shorter than a place.
    """

    def __init__(self, wanted: Format) -> None:
        self._rate_hz = wanted.sample_rate_hz
        n_places = min(N_PLACES, -(-(wanted.n_samples // PLACE_SAMPLES) // 8))
        spare = wanted.n_samples - n_places * PLACE_SAMPLES
        step = PLACE_SAMPLES + spare // (n_places + 1)
        first = spare // (n_places + 1)
        self._starts = [first + number * step for number in range(n_places)]
        self._places = np.zeros((n_places, PLACE_SAMPLES, wanted.n_channels))

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        begin, end = heard.start_samples, heard.start_samples + len(heard.audio)
        for place, start in zip(self._places, self._starts, strict=True):
            low, high = max(begin, start), min(end, start + PLACE_SAMPLES)
            if low < high:
                place[low - start : high - start] = heard.audio[low - begin : high - begin]

    def figures(self) -> CodingFigures:
        """Return how well each coder fits."""
        loud = [
            (start, place)
            for start, place in zip(self._starts, self._places, strict=True)
            if np.sqrt(np.mean(place**2)) > _QUIET
        ]
        lines = _all_lines(self._rate_hz) if loud else ()
        fits = [_fit(each, loud) for each in lines]
        best = max(fits, key=lambda fit: fit.dip, default=None)
        return CodingFigures(
            n_places=len(loud),
            coders=tuple(each.transform.coder for each in lines),
            dips=tuple(round(fit.dip, 2) for fit in fits),
            starts_samples=tuple(fit.start_samples for fit in fits),
            curve_db=() if best is None else _around(best.curve, best.start_samples),
        )


@dataclass(frozen=True, slots=True)
class _Lines:
    """Some lines of a transform, as filters for a whole place at once."""

    transform: LappedTransform
    filters: Spectrum


@dataclass(frozen=True, slots=True)
class _Fit:
    dip: float
    start_samples: int
    curve: Curve


@cache
def _all_lines(sample_rate_hz: int) -> tuple[_Lines, ...]:
    return tuple(
        _lines(each, sample_rate_hz)
        for each in TRANSFORMS
        if each.rates_hz[0] <= sample_rate_hz <= each.rates_hz[1]
    )


def _lines(transform: LappedTransform, sample_rate_hz: int) -> _Lines:
    from scipy.fft import rfft

    per_hz = 2 * transform.hop_samples / sample_rate_hz
    numbers = np.linspace(_LOWEST_HZ * per_hz, _HIGHEST_HZ * per_hz, _N_LINES)
    if transform.top_line is not None:
        top = np.linspace(transform.top_line + 2, 0.92 * transform.hop_samples, _N_TOP_LINES)
        numbers = np.concatenate((numbers, top))
    responses = [transform.response(int(number)) for number in numbers]
    spectra = np.array([rfft(each, PLACE_SAMPLES) for each in responses])
    return _Lines(transform, np.conj(spectra).astype(np.complex64))


def _fit(lines: _Lines, places: list[tuple[int, Audio]]) -> _Fit:
    """Return how far the dip stands out, by the place where blocks begin.

    No place counts for more than `_MOST_OF_A_PLACE`: one accident makes no coder.
    """
    hop = lines.transform.hop_samples
    curves = [np.roll(_curve(lines, place), start % hop) for start, place in places]
    depths = sum(np.minimum(_depths(curve), _MOST_OF_A_PLACE) for curve in curves)
    dips = depths / np.sqrt(len(places))
    start = int(np.argmax(dips))
    return _Fit(float(dips[start]), start, sum(curves) / len(curves))


def _curve(lines: _Lines, place: Audio) -> Curve:
    """Return the mean logarithm of the level of the lines, by the place where blocks begin."""
    hop = lines.transform.hop_samples
    total, n_taken = np.zeros(hop), 0
    for levels in _views(_through(lines, place)):
        summed, n_lines = _summed_logs(levels, hop)
        total += summed
        n_taken += n_lines
    return total / max(1, n_taken)


def _through(lines: _Lines, place: Audio) -> Levels:
    """Return the number that each line would have, wherever a block began, per channel."""
    from scipy.fft import irfft, rfft

    hop = lines.transform.hop_samples
    n_starts = (PLACE_SAMPLES - _LONGEST_RESPONSE_SAMPLES) // hop * hop
    heard = place.T.astype(np.float32)
    heard[:, 1:] -= np.float32(lines.transform.emphasis) * heard[:, :-1]
    numbers: Levels = irfft(rfft(heard)[:, None] * lines.filters, PLACE_SAMPLES)
    return numbers[:, :, :n_starts]


def _views(channels: Levels) -> tuple[Levels, ...]:
    """Return the channels and, of stereo, their sum and difference: coders choose by block."""
    if len(channels) == 1:
        return (channels[0],)
    left, right = channels
    return (left, right, left + right, left - right)


def _summed_logs(levels: Levels, hop: int) -> tuple[Curve, int]:
    """Return the sum over all lines and blocks, each line measured by its own mean level."""
    means = np.sqrt(np.mean(levels * levels, axis=1, dtype=np.float64))
    sounding = means > _QUIET * _FLOOR
    scaled = np.abs(levels[sounding]) / means[sounding, None].astype(np.float32)
    np.maximum(scaled, np.float32(_FLOOR), out=scaled)
    blocks = np.log(scaled, out=scaled).reshape(-1, hop)
    return blocks.sum(axis=0, dtype=np.float64), len(blocks)


def _depths(curve: Curve) -> Curve:
    """Return how far each value lies below both sides, in robust standard deviations."""
    sums = np.cumsum(np.concatenate(([0.0], curve[-_REACH - 1 :], curve, curve[: _REACH + 1])))
    means = (sums[_REACH - 1 :] - sums[: 1 - _REACH]) / (_REACH - 1)
    left, right = means[1 : 1 + len(curve)], means[-len(curve) - 1 : -1]
    depths: Curve = np.minimum(left, right) - curve
    depths -= np.median(depths)
    spread = 1.4826 * float(np.median(np.abs(depths)))
    return depths / spread if spread > 0.0 else np.zeros_like(depths)


def _around(curve: Curve, place: int) -> tuple[float, ...]:
    reach = np.arange(place - _PLOT_REACH, place + _PLOT_REACH + 1) % len(curve)
    return tuple(np.round(curve[reach] * (20.0 / np.log(10.0)), 3).tolist())
