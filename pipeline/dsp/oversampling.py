"""Bending a waveform at a multiple of its rate, so that its overtones do not fold back."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, pi

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio

Row = npt.NDArray[np.float64]

# What is bent: all up to here, nothing from there on. Overtones of what lies between would not
# be heard; only what they leave when they fold back.
_HEARD_HZ, _UNHEARD_HZ = 10_000.0, 20_000.0
_ALL_OF_RATE = 0.4535  # of what the bending adds: 20 kHz at 44.1 kHz
_STOP_DB = 140.0
_LEAST_INNER_RATE_HZ = 352_800
_TRANSFORM = 4096


class Oversampler:
    """Adds to a stereo signal what a bent copy of it has more than the straight one.

    Parameters
    ----------
    change : callable
        Told the signal at the higher rate, of shape ``(2, n)``, it puts in its place what is
        to be added, sample by sample.
    sample_rate_hz : int
        Sample rate of the signal, in Hz.

    Notes
    -----
    The signal itself meets no filter: only what is added does. It is bent at 352.8 kHz or more,
    by transforms of one size, counted from the start of the signal.
    """

    def __init__(self, change: Callable[[Row], None], *, sample_rate_hz: int) -> None:
        self._change = change
        half_hz = 0.5 * sample_rate_hz
        none_hz = min(_UNHEARD_HZ, half_hz)
        into, into_reach = _low_pass(min(_HEARD_HZ, 0.5 * none_hz), none_hz, sample_rate_hz)
        back, back_reach = _low_pass(_ALL_OF_RATE * sample_rate_hz, half_hz, sample_rate_hz)
        self._into, self._back = into, back
        self._factor = 1 << (ceil(_LEAST_INNER_RATE_HZ / sample_rate_hz) - 1).bit_length()
        self.latency_samples = into_reach + back_reach
        self.chunk_samples = _TRANSFORM - 2 * self.latency_samples
        self._known = np.zeros((_TRANSFORM, 2))

    def next(self, chunk: Audio) -> tuple[Audio, Audio]:
        """Return the signal, delayed by the latency, and what is to be added to it.

        A chunk is `chunk_samples` long.
        """
        self._known[: -len(chunk)] = self._known[len(chunk) :]
        self._known[-len(chunk) :] = chunk
        inside = slice(self.latency_samples, _TRANSFORM - self.latency_samples)
        inner_size = self._factor * _TRANSFORM
        heard = np.fft.rfft(self._known.T) * self._into
        bent = self._factor * np.fft.irfft(heard, inner_size)
        self._change(bent)
        added = np.fft.rfft(bent)[:, : len(self._back)] * self._back
        change = np.fft.irfft(added / self._factor, _TRANSFORM)[:, inside]
        return self._known[inside].copy(), np.ascontiguousarray(change.T)


def _low_pass(pass_hz: float, stop_hz: float, sample_rate_hz: int) -> tuple[Row, int]:
    """Return the spectrum of a Kaiser low-pass and how far it reaches to each side.

    J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", 1974.
    """
    width = 2.0 * pi * (stop_hz - pass_hz) / sample_rate_hz
    reach = ceil((_STOP_DB - 7.95) / (2.285 * width) / 2.0)
    place = np.arange(-reach, reach + 1)
    turn = (pass_hz + stop_hz) / sample_rate_hz
    taps = turn * np.sinc(turn * place) * np.kaiser(len(place), 0.1102 * (_STOP_DB - 8.7))
    around = np.zeros(_TRANSFORM)
    around[place] = taps / taps.sum()
    return np.asarray(np.fft.rfft(around).real), reach
