"""Bands of a stereo signal that add up to the whole again.

Both kinds have the slopes of Linkwitz and Riley, 24 dB/oct and -6 dB where two bands meet.

References
----------
S. P. Lipshitz, J. Vanderkooy, "A Family of Linear-Phase Crossover Networks of High Slope
Derived by Time Delay", JAES 31(1/2), 1983: what is left when a band is taken from the whole.
S. H. Linkwitz, "Active Crossover Networks for Noncoincident Drivers", JAES 24(1), 1976.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.biquad import Biquad, Cascade, prewarped

# The response of a linear-phase slope falls by e in 1 / (√2 π f); after this many periods of f
# it is 155 dB down.
_PERIODS = 4.0
# A transform is at least so many times as long as the filter; longer ones leave the cache.
_TRANSFORM_FILTERS = 4
_LEAST_TRANSFORM = 4096


class Crossover(Protocol):
    """Splits a stereo signal into bands, from low to high."""

    latency_samples: int
    chunk_samples: int
    """How much it is given at a time; only the last may be less, if there is no latency."""

    def split(self, chunk: Audio) -> tuple[Audio, list[Audio]]:
        """Return the whole, delayed by the latency, and the bands that add up to it."""
        ...


class MinimumPhase:
    """Bands without delay; what they add up to has passed an all-pass for each crossover.

    Parameters
    ----------
    at_hz : sequence of float
        Where bands meet, in Hz, ascending.
    sample_rate_hz : int
        Sample rate of the signal, in Hz.

    Raises
    ------
    ValueError
        If the sample rate cannot carry a frequency.

    Notes
    -----
    A low-pass of fourth order, taken from the all-pass with its poles, leaves the high-pass of
    fourth order. A band passes the all-passes of the crossovers above it too, so that all bands
    turn alike.
    """

    latency_samples = 0
    chunk_samples = 4096

    def __init__(self, at_hz: Sequence[float], *, sample_rate_hz: int) -> None:
        sections = [_butterworth(each, sample_rate_hz) for each in at_hz]
        self._lows = [Cascade([low, low]) for low, _ in sections]
        turns = [turn for _, turn in sections]
        self._turns = [Cascade([turn]) for turn in turns]
        self._turns_above = [Cascade(turns[number + 1 :]) for number in range(len(turns))]

    def split(self, chunk: Audio) -> tuple[Audio, list[Audio]]:
        """Return the whole and its bands; a chunk may have any length."""
        rest, bands = np.array(chunk, dtype=np.float64, order="C"), []
        for low, turn, turns_above in zip(
            self._lows, self._turns, self._turns_above, strict=True
        ):
            band = rest.copy()
            low.filter_in_place(band)
            turn.filter_in_place(rest)
            rest -= band
            turns_above.filter_in_place(band)
            bands.append(band)
        whole = rest.copy()
        for band in bands:
            whole += band
        return whole, [*bands, rest]


class LinearPhase:
    """Bands that turn nothing: the whole is the signal itself, bit for bit, only later.

    Parameters and errors are those of `MinimumPhase`.

    Notes
    -----
    Convolution by transforms of one size, counted from the start of the signal. The responses
    are those of Linkwitz-Riley slopes without their phase, ``1 / (1 + (f / at)⁴)``; they are
    short, and so is what sounds ahead of a beat in a band: at 120 Hz it rises by 8.7 dB in
    every 1.9 ms.
    """

    def __init__(self, at_hz: Sequence[float], *, sample_rate_hz: int) -> None:
        for each in at_hz:
            prewarped(each, sample_rate_hz)
        reach = round(_PERIODS * sample_rate_hz / min(at_hz))
        longest = max(_TRANSFORM_FILTERS * 2 * reach, _LEAST_TRANSFORM)
        self._size = 1 << (longest - 1).bit_length()
        self.latency_samples, self.chunk_samples = reach, self._size - 2 * reach
        self._lows = [
            _zero_phase_low(each, reach, self._size, sample_rate_hz) for each in at_hz
        ]
        self._known = np.zeros((self._size, 2))

    def split(self, chunk: Audio) -> tuple[Audio, list[Audio]]:
        """Return the whole and its bands; a chunk is `chunk_samples` long."""
        self._known[: -len(chunk)] = self._known[len(chunk) :]
        self._known[-len(chunk) :] = chunk
        inside = slice(self.latency_samples, self._size - self.latency_samples)
        whole = self._known[inside].copy()
        spectrum = np.fft.rfft(self._known.T)
        below, bands = np.zeros_like(whole), []
        for low in self._lows:
            up_to = np.ascontiguousarray(np.fft.irfft(spectrum * low, self._size)[:, inside].T)
            bands.append(up_to - below)
            below = up_to
        return whole, [*bands, whole - below]


def _butterworth(at_hz: float, sample_rate_hz: int) -> tuple[Biquad, Biquad]:
    """Return a low-pass of second order and the all-pass with the same poles."""
    slope = prewarped(at_hz, sample_rate_hz)
    scale = 1.0 / (1.0 + sqrt(2.0) * slope + slope**2)
    a1 = 2.0 * (slope**2 - 1.0) * scale
    a2 = (1.0 - sqrt(2.0) * slope + slope**2) * scale
    gain = slope**2 * scale
    return Biquad(gain, 2.0 * gain, gain, a1, a2), Biquad(a2, a1, 1.0, a1, a2)


def _zero_phase_low(
    at_hz: float, reach: int, size: int, sample_rate_hz: int
) -> npt.NDArray[np.float64]:
    """Return the spectrum of a low-pass that reaches `reach` samples to both sides."""
    frequency_hz = np.fft.rfftfreq(size, 1.0 / sample_rate_hz)
    taps = np.fft.irfft(1.0 / (1.0 + (frequency_hz / at_hz) ** 4), size)
    taps[reach + 1 : size - reach] = 0.0
    spectrum = np.fft.rfft(taps / taps.sum()).real
    return np.asarray(spectrum)
