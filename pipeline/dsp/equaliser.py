"""Filters that follow their analogue curves up to 20 kHz, at every sample rate.

Sections alone (`pipeline.dsp.biquad`) miss the analogue curve by up to 2 dB in the top octave
at 44.1 kHz. What they miss of the sum of all bands is smooth, so a few taps of one
minimum-phase FIR filter put it right; far below half the sample rate nothing is missed, and
there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pi, sin
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.dsp import biquad
from pipeline.dsp.biquad import Biquad, Cascade

Row: TypeAlias = npt.NDArray[np.float64]

TOP_HZ = 20_000.0
TOP_OF_RATE = TOP_HZ / 44_100.0  # lower rates are followed as far up as 44.1 kHz
_ALLOWED_DB = 0.03  # less is not corrected
_LEAST_POWER = 1e-7  # -70 dB: further down a curve is followed roughly
_TAPS = (8, 16, 32, 64)  # as many as it takes; the cascade runs four at a time
_GRID = 512
_MOST_LACKING = 16.0  # 12 dB, in power: what is followed roughly shall not bend the rest
_ROUGHLY = 0.02  # weight of what is followed roughly
_LEAST_CORRECTION = 1e-6  # in power; less, or below zero, is no filter
_CEPSTRUM = 4096


@dataclass(frozen=True, slots=True)
class Prototype:
    """An analogue section ``(n0 + n1 s + n2 s²) / (d0 + d1 s + d2 s²)``, `s` in corners.

    Parameters
    ----------
    corner_hz : float
        Where ``s = j``, in Hz.
    above, below : tuple of float
        The factors of 1, s and s².
    """

    corner_hz: float
    above: tuple[float, float, float]
    below: tuple[float, float, float]

    def power(self, frequency_hz: Row) -> Row:
        """Return the squared magnitude at some frequencies."""
        s = 1j * frequency_hz / self.corner_hz
        (n0, n1, n2), (d0, d1, d2) = self.above, self.below
        return np.asarray(np.abs((n0 + s * (n1 + s * n2)) / (d0 + s * (d1 + s * d2))) ** 2)


@dataclass(frozen=True, slots=True)
class Curve:
    """What one band shall do, and the sections that nearly do it.

    Parameters
    ----------
    prototypes : tuple of Prototype
        The analogue band is all of them, one after the other.
    design : callable
        Takes a sample rate in Hz and returns sections; raises `ValueError` if the rate cannot
        carry the band.
    """

    prototypes: tuple[Prototype, ...]
    design: Callable[[int], list[Biquad]]


def bell(at_hz: float, gain_db: float, q: float) -> Curve:
    """Return a bell: its centre in Hz, the gain there in dB, and its quality."""
    root = 10.0 ** (gain_db / 40.0)
    analogue = Prototype(at_hz, (1.0, root / q, 1.0), (1.0, 1.0 / (root * q), 1.0))
    return Curve(
        (analogue,), lambda rate: [biquad.bell(at_hz, gain_db, q, sample_rate_hz=rate)]
    )


def high_shelf(at_hz: float, gain_db: float, q: float) -> Curve:
    """Return a shelf that lifts what lies above `at_hz`, where it has half its gain in dB."""
    root = 10.0 ** (gain_db / 40.0)
    slope = root**0.5 / q
    analogue = Prototype(at_hz, (root, root * slope, root**2), (root, slope, 1.0))
    return Curve(
        (analogue,), lambda rate: [biquad.high_shelf(at_hz, gain_db, q, sample_rate_hz=rate)]
    )


def low_shelf(at_hz: float, gain_db: float, q: float) -> Curve:
    """Return a shelf that lifts what lies below `at_hz`, where it has half its gain in dB."""
    root = 10.0 ** (gain_db / 40.0)
    slope = root**0.5 / q
    analogue = Prototype(at_hz, (root**2, root * slope, root), (1.0, slope, root))
    return Curve(
        (analogue,), lambda rate: [biquad.low_shelf(at_hz, gain_db, q, sample_rate_hz=rate)]
    )


def tilt(at_hz: float, gain_db: float) -> Curve:
    """Return a slope that lifts the highs by `gain_db` and lowers the lows by as much."""
    gain = 10.0 ** (gain_db / 20.0)
    analogue = Prototype(at_hz, (1.0, gain, 0.0), (gain, 1.0, 0.0))
    return Curve((analogue,), lambda rate: [biquad.tilt(at_hz, gain_db, sample_rate_hz=rate)])


def notch(at_hz: float, q: float) -> Curve:
    """Return a notch that takes `at_hz` away and is `at_hz` / `q` wide at -3 dB."""
    analogue = Prototype(at_hz, (1.0, 0.0, 1.0), (1.0, 1.0 / q, 1.0))
    return Curve((analogue,), lambda rate: [biquad.notch(at_hz, q, sample_rate_hz=rate)])


def high_pass(at_hz: float, order: int) -> Curve:
    """Return a Butterworth high-pass, -3 dB at `at_hz`, 6 dB/oct per order."""
    return Curve(
        tuple(
            Prototype(at_hz, (0.0, 1.0 - below[2], below[2]), below)
            for below in _butterworth(order)
        ),
        lambda rate: biquad.butterworth_high_pass(at_hz, order, sample_rate_hz=rate),
    )


def low_pass(at_hz: float, order: int) -> Curve:
    """Return a Butterworth low-pass, -3 dB at `at_hz`, 6 dB/oct per order."""
    return Curve(
        tuple(Prototype(at_hz, (1.0, 0.0, 0.0), below) for below in _butterworth(order)),
        lambda rate: biquad.butterworth_low_pass(at_hz, order, sample_rate_hz=rate),
    )


def _butterworth(order: int) -> list[tuple[float, float, float]]:
    """Return the denominators of a Butterworth filter; an odd order ends in ``1 + s``."""
    angles = (pi * (2 * number + 1) / (2 * order) for number in range(order // 2))
    pairs = [(1.0, 2.0 * sin(angle), 1.0) for angle in angles]
    return pairs + [(1.0, 1.0, 0.0)] * (order % 2)


def analogue_power(curves: Sequence[Curve], frequency_hz: Row) -> Row:
    """Return the squared magnitude of several analogue bands one after another."""
    total = np.ones(len(frequency_hz))
    for curve in curves:
        for prototype in curve.prototypes:
            total *= prototype.power(frequency_hz)
    return total


def equaliser(curves: Sequence[Curve], sample_rate_hz: int) -> Cascade:
    """Return a minimum-phase filter within 0.1 dB of the sum of some curves up to 20 kHz.

    Parameters
    ----------
    curves : sequence of Curve
        The bands; their order makes no difference but to rounding.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Raises
    ------
    ValueError
        If the sample rate cannot carry a band.
    """
    sections = [section for curve in curves for section in curve.design(sample_rate_hz)]
    return Cascade(sections, correction(curves, sections, sample_rate_hz))


def correction(
    curves: Sequence[Curve], sections: Sequence[Biquad], sample_rate_hz: int
) -> tuple[float, ...]:
    """Return the taps of the minimum-phase filter that sections lack to follow the curves.

    There are none where sections follow within 0.03 dB, and no more than are needed for that.
    Curves are followed up to 20 kHz (or to 45 % of the rate) where they are above -70 dB.

    Notes
    -----
    The wanted squared magnitude is a smooth function of the frequency's cosine, so its best
    polynomial in it, by relative least squares, converges fast; a polynomial that is positive
    everywhere is the squared magnitude of just one minimum-phase filter of as many taps, which
    the cepstrum finds.
    """
    turn = pi * (np.arange(_GRID) + 0.5) / _GRID
    frequency_hz = turn * sample_rate_hz / (2.0 * pi)
    wanted = analogue_power(curves, frequency_hz)
    done = np.ones(_GRID)
    for section in sections:
        done *= section.response(frequency_hz, sample_rate_hz) ** 2
    lacking = np.clip(wanted / np.maximum(done, 1e-300), 1.0 / _MOST_LACKING, _MOST_LACKING)
    top_hz = min(TOP_HZ, TOP_OF_RATE * sample_rate_hz)
    is_followed = (frequency_hz <= top_hz) & (wanted > _LEAST_POWER)

    def missed_db(correction: Row) -> float:
        if correction.min() < _LEAST_CORRECTION:
            return np.inf
        ratio = correction[is_followed] / lacking[is_followed]
        return float(np.abs(10.0 * np.log10(ratio)).max(initial=0.0))

    if missed_db(np.ones(_GRID)) <= _ALLOWED_DB:
        return ()
    weight = np.where(is_followed, 1.0, _ROUGHLY) / lacking
    series = np.ones(1)
    for n_taps in _TAPS:
        basis = np.cos(np.outer(turn, np.arange(n_taps)))
        series, *_ = np.linalg.lstsq(basis * weight[:, None], lacking * weight, rcond=None)
        if missed_db(basis @ series) <= _ALLOWED_DB:
            break
    return tuple(map(float, _minimum_phase(series)))


def _minimum_phase(series: Row) -> Row:
    """Return the minimum-phase filter whose squared magnitude is a series of cosines."""
    correction = np.maximum(np.fft.fft(series, _CEPSTRUM).real, _LEAST_CORRECTION)
    cepstrum = np.fft.ifft(0.5 * np.log(correction)).real
    # What lies before time 0 is folded to after it: the same magnitude, and causal.
    half = _CEPSTRUM // 2
    cepstrum[1:half] *= 2.0
    cepstrum[half + 1 :] = 0.0
    return np.fft.ifft(np.exp(np.fft.fft(cepstrum))).real[: len(series)]
