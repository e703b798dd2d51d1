"""Second-order sections that follow their analogue curves, and a cascade of them.

References
----------
M. Vicanek, "Matched Second Order Digital Filters", 2016: poles by impulse invariance, zeros
from the magnitude at three frequencies, so that a bell at 10 kHz keeps its shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, cosh, exp, pi, sin, sqrt, tan

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel

HIGHEST_OF_RATE = 0.49  # a corner nearer to half the sample rate leaves no room for a curve
# Where a shelf is matched besides 0 Hz: at its corner, or here if that is lower, and up here.
# Found by search: within 0.05 dB to 10 kHz and 0.5 dB to 20 kHz for all shelves up to 12 dB.
_SHELF_LOWER_OF_RATE, _SHELF_UPPER_OF_RATE = 0.2, 0.35
_CHUNK_SAMPLES = 2048
_SILENT = 1e-30  # far below any word length, far above the numbers a processor slows down at


@dataclass(frozen=True, slots=True)
class Biquad:
    """Coefficients of ``(b0 + b1/z + b2/z²) / (1 + a1/z + a2/z²)``; at rest it is a wire."""

    b0: float = 1.0
    b1: float = 0.0
    b2: float = 0.0
    a1: float = 0.0
    a2: float = 0.0

    @property
    def is_wire(self) -> bool:
        """Whether it passes everything unchanged."""
        return self == Biquad()

    def inverse(self) -> Biquad:
        """Return the section that undoes this one; it must be minimum phase."""
        return Biquad(
            1.0 / self.b0,
            self.a1 / self.b0,
            self.a2 / self.b0,
            self.b1 / self.b0,
            self.b2 / self.b0,
        )

    def response(
        self, frequency_hz: npt.ArrayLike, sample_rate_hz: int
    ) -> npt.NDArray[np.float64]:
        """Return the magnitude at some frequencies, as a ratio."""
        turn = np.exp(-2j * pi * np.asarray(frequency_hz) / sample_rate_hz)
        above = self.b0 + turn * (self.b1 + turn * self.b2)
        below = 1.0 + turn * (self.a1 + turn * self.a2)
        return np.abs(above / below)


def bell(at_hz: float, gain_db: float, q: float, *, sample_rate_hz: int) -> Biquad:
    """Return a bell that follows the analogue one up to half the sample rate.

    Parameters
    ----------
    at_hz, gain_db, q : float
        Centre in Hz, gain there in dB, and its quality; a cut mirrors the boost.
    sample_rate_hz : int
        Sample rate in Hz.

    Raises
    ------
    ValueError
        If the sample rate cannot carry the centre.
    """
    if gain_db == 0.0:
        return Biquad()
    if gain_db < 0.0:
        return bell(at_hz, -gain_db, q, sample_rate_hz=sample_rate_hz).inverse()
    gain = 10.0 ** (gain_db / 20.0)
    w0 = _turn(at_hz, sample_rate_hz)
    damping = 1.0 / (2.0 * q * sqrt(gain))
    poles = _Poles.matched(w0, damping)
    # The level at the centre, and that it is the top: the curve's slope there is zero.
    at_top = poles.power(w0) * gain**2
    slope = (poles.at_nyquist - poles.at_dc + 4.0 * cos(w0) * poles.skew) * gain**2
    p1 = sin(w0 / 2.0) ** 2
    b_skew = (at_top - slope * p1 - poles.at_dc) / (4.0 * p1**2)
    b_nyquist = slope + poles.at_dc - 4.0 * cos(w0) * b_skew
    return poles.with_zeros(poles.at_dc, b_nyquist, b_skew)


def high_shelf(at_hz: float, gain_db: float, q: float, *, sample_rate_hz: int) -> Biquad:
    """Return a shelf that lifts what lies above `at_hz`, where it has half its gain in dB.

    Parameters and errors are those of `bell`.
    """
    return _shelf(at_hz, gain_db, q, sample_rate_hz=sample_rate_hz, is_high=True)


def low_shelf(at_hz: float, gain_db: float, q: float, *, sample_rate_hz: int) -> Biquad:
    """Return a shelf that lifts what lies below `at_hz`, where it has half its gain in dB.

    Parameters and errors are those of `bell`.
    """
    return _shelf(at_hz, gain_db, q, sample_rate_hz=sample_rate_hz, is_high=False)


def tilt(at_hz: float, gain_db: float, *, sample_rate_hz: int) -> Biquad:
    """Return a slope of first order: the highs rise by `gain_db`, the lows fall by it.

    It leaves `at_hz` as it is. Parameters and errors are those of `bell`.
    """
    if gain_db == 0.0:
        return Biquad()
    gain = 10.0 ** (gain_db / 20.0)
    w0 = _turn(at_hz, sample_rate_hz)
    ratio = pi / w0
    at_nyquist = sqrt(((gain * ratio) ** 2 + 1.0) / (ratio**2 + gain**2))
    return _first_order(w0 * gain, at_dc=1.0 / gain, at_nyquist=at_nyquist)


def notch(at_hz: float, q: float, *, sample_rate_hz: int) -> Biquad:
    """Return a notch that takes `at_hz` away altogether and is `at_hz` / `q` wide at -3 dB.

    Parameters and errors are those of `bell`.
    """
    w0 = _turn(at_hz, sample_rate_hz)
    poles = _Poles.matched(w0, 1.0 / (2.0 * q))
    scale = (1.0 + poles.a1 + poles.a2) / (2.0 - 2.0 * cos(w0))
    return Biquad(scale, -2.0 * cos(w0) * scale, scale, poles.a1, poles.a2)


def butterworth_low_pass(at_hz: float, order: int, *, sample_rate_hz: int) -> list[Biquad]:
    """Return the sections of a Butterworth low-pass, -3 dB at `at_hz`, 6 dB/oct per order.

    Raises
    ------
    ValueError
        If the sample rate cannot carry the corner.

    Notes
    -----
    Each section has the poles of the analogue one, and its level at 0 Hz, at half the sample
    rate and at a frequency in between.
    """
    w0 = _turn(at_hz, sample_rate_hz)
    ratio = pi / w0
    between = min(w0, 2.0 * pi * _SHELF_UPPER_OF_RATE)
    sections = []
    for number in range(order // 2):
        damping = sin(pi * (2 * number + 1) / (2 * order))

        def power(ratio: float, damping: float = damping) -> float:
            return 1.0 / ((1.0 - ratio**2) ** 2 + (2.0 * damping * ratio) ** 2)

        poles = _Poles.matched(w0, damping)
        at_nyquist = poles.at_nyquist * power(ratio)
        p1 = sin(between / 2.0) ** 2
        p0 = 1.0 - p1
        wanted = poles.power(between) * power(between / w0)
        skew = (wanted - poles.at_dc * p0 - at_nyquist * p1) / (4.0 * p0 * p1)
        sections.append(poles.with_zeros(poles.at_dc, at_nyquist, skew))
    if order % 2:
        at_nyquist = 1.0 / sqrt(1.0 + ratio**2)
        sections.append(_first_order(w0, at_dc=1.0, at_nyquist=at_nyquist))
    return sections


def butterworth_high_pass(at_hz: float, order: int, *, sample_rate_hz: int) -> list[Biquad]:
    """Return the sections of a Butterworth high-pass, -3 dB at `at_hz`, 6 dB/oct per order.

    Raises
    ------
    ValueError
        If the sample rate cannot carry the corner.

    Notes
    -----
    Bilinear: far below half the sample rate, where high-passes lie, nothing is cramped, and
    the zeros are exactly at 0 Hz.
    """
    slope = tan(_turn(at_hz, sample_rate_hz) / 2.0)
    sections = []
    for number in range(order // 2):
        width = 2.0 * sin(pi * (2 * number + 1) / (2 * order)) * slope
        scale = 1.0 / (1.0 + width + slope**2)
        a1, a2 = 2.0 * (slope**2 - 1.0) * scale, (1.0 - width + slope**2) * scale
        sections.append(Biquad(scale, -2.0 * scale, scale, a1, a2))
    if order % 2:
        scale = 1.0 / (1.0 + slope)
        sections.append(Biquad(scale, -scale, 0.0, (slope - 1.0) * scale))
    return sections


class Cascade:
    """Sections one after another over stereo audio; wires are left out.

    Parameters
    ----------
    sections : sequence of Biquad
        In the order of the signal.
    taps : sequence of float
        A short FIR filter that runs before the sections, in the same pass; a multiple of four.

    Notes
    -----
    Sections are transposed direct form II in float64. Latency 0. With no sections and no taps,
    blocks pass untouched.
    """

    latency_samples = 0

    def __init__(self, sections: Sequence[Biquad], taps: Sequence[float] = ()) -> None:
        working = [each for each in sections if not each.is_wire]
        rows = [(each.b0, each.b1, each.b2, each.a1, each.a2) for each in working]
        self._sections = np.array(rows, dtype=np.float64).reshape(-1, 5)
        self._state = np.zeros((len(rows), 4))
        self._taps = np.array(taps, dtype=np.float64)
        self._line = np.zeros((len(self._taps) + _CHUNK_SAMPLES, 2))
        self._position = 0

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        if not (len(self._sections) or len(self._taps)) or not len(block):
            return block
        out = np.array(block, dtype=np.float64, order="C")
        self.filter_in_place(out)
        return out

    def filter_in_place(self, samples: Audio) -> None:
        """Filter a block of float64, C-contiguous, that is the caller's own."""
        fir = self._taps, self._line
        run_cascade(samples, fir, self._sections, self._state, self._position)
        self._position += len(samples)

    def flush(self) -> Audio:
        """Return an empty block: nothing is held back."""
        return np.empty((0, 2))


@kernel
def run_cascade(
    samples: Audio,
    fir: tuple[npt.NDArray[np.float64], Audio],
    sections: npt.NDArray[np.float64],
    state: npt.NDArray[np.float64],
    position: int,
) -> None:
    """Filter `samples` in place; `position` is the place of the first one in the stream.

    `fir` is taps, in fours, and a line that begins with as many samples as there are taps, the
    last ones before `samples`.
    The state is cleared of what cannot be heard at fixed places of the stream, because numbers
    near the least a float64 can hold cost a hundred times as much.
    """
    taps, line = fir
    start, n_samples, n_taps = 0, len(samples), len(taps)
    flat, held = samples.reshape(2 * n_samples), line.reshape(2 * len(line))
    while start < n_samples:
        stop = min(n_samples, start + _CHUNK_SAMPLES - (position + start) % _CHUNK_SAMPLES)
        if n_taps:
            # Sample by sample the terms are added in one order, wherever the block was cut;
            # four taps at a time over many samples is what a processor is quick at.
            n = 2 * (stop - start)
            out = flat[2 * start : 2 * stop]
            held[2 * n_taps : 2 * n_taps + n] = out
            out[:] = 0.0
            for k in range(0, n_taps, 4):
                now = held[2 * (n_taps - k) : 2 * (n_taps - k) + n]
                past1 = held[2 * (n_taps - k - 1) : 2 * (n_taps - k - 1) + n]
                past2 = held[2 * (n_taps - k - 2) : 2 * (n_taps - k - 2) + n]
                past3 = held[2 * (n_taps - k - 3) : 2 * (n_taps - k - 3) + n]
                t0, t1, t2, t3 = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
                for j in range(n):
                    out[j] += (t0 * now[j] + t1 * past1[j]) + (t2 * past2[j] + t3 * past3[j])
            for j in range(2 * n_taps):
                held[j] = held[n + j]
        for k in range(len(sections)):
            b0, b1, b2, a1, a2 = sections[k]
            l1, l2, r1, r2 = state[k]
            for i in range(start, stop):
                left, right = samples[i, 0], samples[i, 1]
                out_left, out_right = b0 * left + l1, b0 * right + r1
                l1, r1 = (b1 * left + l2) - a1 * out_left, (b1 * right + r2) - a1 * out_right
                l2, r2 = b2 * left - a2 * out_left, b2 * right - a2 * out_right
                samples[i, 0], samples[i, 1] = out_left, out_right
            state[k, 0], state[k, 1], state[k, 2], state[k, 3] = l1, l2, r1, r2
        if (position + stop) % _CHUNK_SAMPLES == 0:
            for k in range(len(sections)):
                for j in range(4):
                    if abs(state[k, j]) < _SILENT:
                        state[k, j] = 0.0
        start = stop


@dataclass(frozen=True, slots=True)
class _Poles:
    """Impulse-invariant poles, and their squared magnitude at 0 Hz, Nyquist and in between."""

    a1: float
    a2: float

    @classmethod
    def matched(cls, turn: float, damping: float) -> _Poles:
        decay = exp(-damping * turn)
        bend = sqrt(abs(1.0 - damping**2)) * turn
        return cls(-2.0 * decay * (cos(bend) if damping <= 1.0 else cosh(bend)), decay**2)

    @property
    def at_dc(self) -> float:
        return (1.0 + self.a1 + self.a2) ** 2

    @property
    def at_nyquist(self) -> float:
        return (1.0 - self.a1 + self.a2) ** 2

    @property
    def skew(self) -> float:
        return -4.0 * self.a2

    def power(self, turn: float) -> float:
        p1 = sin(turn / 2.0) ** 2
        p0 = 1.0 - p1
        return self.at_dc * p0 + self.at_nyquist * p1 + 4.0 * p0 * p1 * self.skew

    def with_zeros(self, at_dc: float, at_nyquist: float, skew: float) -> Biquad:
        """Return the section whose zeros have these squared magnitudes."""
        at_nyquist = max(at_nyquist, 0.0)
        middle = (sqrt(at_dc) + sqrt(at_nyquist)) / 2.0
        b0 = (middle + sqrt(max(middle**2 + skew, 0.0))) / 2.0
        b1 = (sqrt(at_dc) - sqrt(at_nyquist)) / 2.0
        return Biquad(b0, b1, -skew / (4.0 * b0), self.a1, self.a2)


def _shelf(
    at_hz: float, gain_db: float, q: float, *, sample_rate_hz: int, is_high: bool
) -> Biquad:
    if gain_db == 0.0:
        return Biquad()
    # The one of boost and cut whose poles lie below the corner is designed, for poles near half
    # the sample rate are folded back; the other is its inverse.
    if (gain_db > 0.0) == is_high:
        mirrored = _shelf(at_hz, -gain_db, q, sample_rate_hz=sample_rate_hz, is_high=is_high)
        return mirrored.inverse()
    root = 10.0 ** (-abs(gain_db) / 40.0)  # of the gain
    w0 = _turn(at_hz, sample_rate_hz)
    poles = _Poles.matched(w0 * sqrt(root), 1.0 / (2.0 * q))
    at_dc = poles.at_dc * (1.0 if is_high else root**-4)

    def equation(turn: float) -> tuple[float, float, float]:
        """Return the factors of `at_nyquist` and `skew` at a frequency, and what they give."""
        p1 = sin(turn / 2.0) ** 2
        p0 = 1.0 - p1
        curve = _analogue_shelf_power(turn / w0, root, q) / (1.0 if is_high else root**4)
        return p1, 4.0 * p0 * p1, poles.power(turn) * curve - at_dc * p0

    low = equation(min(w0, 2.0 * pi * _SHELF_LOWER_OF_RATE))
    high = equation(2.0 * pi * _SHELF_UPPER_OF_RATE)
    skew = (low[2] * high[0] - high[2] * low[0]) / (low[1] * high[0] - high[1] * low[0])
    return poles.with_zeros(at_dc, (high[2] - high[1] * skew) / high[0], skew)


def _analogue_shelf_power(ratio: float, root: float, q: float) -> float:
    """Return the squared magnitude of the analogue high shelf at `ratio` times its corner.

    ``H(s) = A (A s² + √A/Q s + 1) / (s² + √A/Q s + A)``; a low-shelf boost is
    the high-shelf cut raised as a whole.
    """
    slope = root * ratio**2 / q**2
    above = (1.0 - root * ratio**2) ** 2 + slope
    below = (root - ratio**2) ** 2 + slope
    return root**2 * above / below


def _first_order(pole_turn: float, *, at_dc: float, at_nyquist: float) -> Biquad:
    """Return a section of one pole with these magnitudes at 0 Hz and half the sample rate."""
    pole = exp(-pole_turn)
    low, high = at_dc * (1.0 - pole), at_nyquist * (1.0 + pole)
    return Biquad((low + high) / 2.0, (low - high) / 2.0, 0.0, -pole)


def _turn(at_hz: float, sample_rate_hz: int) -> float:
    if at_hz > HIGHEST_OF_RATE * sample_rate_hz:
        raise ValueError(
            f"{at_hz:g} Hz is too high for a mix at {sample_rate_hz} Hz, which allows up to "
            f"{HIGHEST_OF_RATE * sample_rate_hz:g} Hz"
        )
    return 2.0 * pi * at_hz / sample_rate_hz


def prewarped(at_hz: float, sample_rate_hz: int) -> float:
    """Return the analogue frequency, relative to twice the rate, that becomes `at_hz`.

    That is, by the bilinear transform.

    Raises
    ------
    ValueError
        If the sample rate cannot carry the frequency.
    """
    return tan(_turn(at_hz, sample_rate_hz) / 2.0)
