"""Filters that follow analogue curves and turn no phase: they sound as much ahead as after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.dsp import Processor
from pipeline.dsp.biquad import Cascade
from pipeline.dsp.convolution import Convolver
from pipeline.dsp.equaliser import TOP_HZ, TOP_OF_RATE, Curve, Row, analogue_power

_BOTTOM_HZ = 30.0
_ALLOWED_DB = 0.03
_LEAST_POWER = 1e-2  # -20 dB: further down a curve is followed roughly
_REACHES_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)  # as far as it takes
# Responses die away exponentially: a window that leaves the inner half alone follows a curve
# with a quarter of the taps that a Kaiser window needs.
_LEFT_ALONE = 0.5
_GRID_REACHES = 4
_FLAT = 1e-12


class TooNarrowError(ValueError):
    """A curve turns too sharply for a filter of linear phase."""


def linear_phase(curves: Sequence[Curve], sample_rate_hz: int) -> Processor:
    """Return a filter without phase, within 0.06 dB of the sum of some curves above 30 Hz.

    Parameters
    ----------
    curves : sequence of Curve
        The bands; their order makes no difference but to rounding.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Raises
    ------
    TooNarrowError
        If it would have to sound more than 3.2 s ahead.

    Notes
    -----
    Curves are followed up to 20 kHz (or to 45 % of the rate) where they are above -20 dB. The
    filter is as long as that takes: 0.1 s for tone, some seconds for a needle at 30 Hz. Curves
    that change nothing keep every bit.
    """
    for reach_s in _REACHES_S:
        reach = round(reach_s * sample_rate_hz)
        frequency_hz = grid_hz(reach, sample_rate_hz)
        wanted = analogue_power(curves, frequency_hz)
        if np.abs(wanted - 1.0).max() < _FLAT:
            return Cascade([])
        half = zero_phase(np.sqrt(wanted), reach)
        top_hz = min(TOP_HZ, TOP_OF_RATE * sample_rate_hz)
        is_followed = (frequency_hz >= _BOTTOM_HZ) & (frequency_hz <= top_hz)
        is_followed &= wanted > _LEAST_POWER
        got = _power(half, len(frequency_hz))[is_followed]
        missed_db = np.abs(10.0 * np.log10(np.maximum(got, 1e-30) / wanted[is_followed]))
        if missed_db.max(initial=0.0) <= _ALLOWED_DB:
            return Convolver(half)
    raise TooNarrowError("a band is so narrow that it would sound seconds ahead of itself")


def grid_hz(reach: int, sample_rate_hz: int) -> Row:
    """Return the frequencies in Hz that a filter of so many taps is designed on."""
    size = 1 << (_GRID_REACHES * reach - 1).bit_length()
    return np.asarray(np.fft.rfftfreq(size, 1.0 / sample_rate_hz), dtype=np.float64)


def zero_phase(gain: Row, reach: int) -> Row:
    """Return the middle tap of a symmetric filter, and the `reach` taps after it.

    Parameters
    ----------
    gain : ndarray
        The wanted gain on `grid_hz`, as a ratio.
    reach : int
        How many taps come after the middle one.
    """
    return np.asarray(np.fft.irfft(gain)[: reach + 1] * _window(reach))


def _window(reach: int) -> Row:
    """Return the half of a window from its middle on: flat, then a cosine down to zero."""
    place = np.arange(reach + 1) / (reach + 1)
    sloping = np.maximum(place - _LEFT_ALONE, 0.0) / (1.0 - _LEFT_ALONE)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * sloping))


def _power(half: Row, n_frequencies: int) -> Row:
    """Return the squared magnitude of a symmetric filter on a grid of frequencies."""
    size = 2 * (n_frequencies - 1)
    around_zero = np.zeros(size)
    around_zero[: len(half)] = half
    around_zero[size - len(half) + 1 :] = half[:0:-1]
    return np.asarray(np.fft.rfft(around_zero).real ** 2)
