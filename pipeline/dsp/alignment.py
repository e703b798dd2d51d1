"""Where two signals line up: generalised cross-correlation with the phase transform.

References
----------
C. Knapp and G. Carter, "The generalized correlation method for estimation of time delay",
IEEE Trans. ASSP 24(4), 1976: the phase transform and the smoothed coherence transform.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Spectrum = npt.NDArray[np.complex128]

# Below, everything moves too slowly to tell places apart; above, encoders leave noise.
_LOWEST_HZ, _HIGHEST_HZ = 150.0, 8_000.0
_FLOOR = 1e-8  # of the strongest bin's power: nothing but rounding and dither lies below


@dataclass(frozen=True, slots=True)
class Lag:
    """How much later the first of two signals has what the second has.

    Parameters
    ----------
    samples : float
        The delay of the first signal; negative if the second is the later one.
    likeness : float
        -1 to 1: how far the phases of all frequencies agree on this delay, whatever their
        levels; negative if one signal is turned over. 0 if there is nothing to compare.
    coherence : float
        -1 to 1: the same with each frequency's share of what both signals have in common: 1 if
        one is a copy of the other, whatever its gain.
    likeness_at_zero : float
        `likeness` of no delay at all.
    """

    samples: float
    likeness: float
    coherence: float
    likeness_at_zero: float


NO_LAG = Lag(0.0, 0.0, 0.0, 0.0)


def lag_between(
    cross: Spectrum, first: Floats, second: Floats, *, most_samples: int, sample_rate_hz: int
) -> Lag:
    """Return the delay that the averaged spectra of two signals agree on most.

    Parameters
    ----------
    cross : ndarray of complex128, shape (n_bins,)
        Sum of ``first · conj(second)`` over many windows.
    first, second : ndarray of float64, shape (n_bins,)
        Sums of the squared magnitudes of each.
    most_samples : int
        Longest delay that is looked for, under half a window.
    sample_rate_hz : int
        Of both.
    """
    bins = _telling_bins(first * second, sample_rate_hz)
    if not bins.any():
        return NO_LAG
    coherences = np.zeros_like(cross)
    coherences[bins] = cross[bins] / np.sqrt(first[bins] * second[bins])
    size = 2 * (len(cross) - 1)
    phases = np.zeros_like(cross)
    phases[bins] = coherences[bins] / np.maximum(np.abs(coherences[bins]), 1e-12)
    likeness = _over_lags(phases, most_samples) / np.count_nonzero(bins)
    best = int(np.abs(likeness).argmax())
    lag = best - most_samples
    coherence = _over_lags(coherences, most_samples)[best] / np.count_nonzero(bins)
    return Lag(
        lag + _peak_offset(np.abs(likeness), best),
        float(likeness[best]),
        float(np.clip(coherence / _overlap(abs(lag) / size), -1.0, 1.0)),
        float(likeness[most_samples]),
    )


def _telling_bins(product: Floats, sample_rate_hz: int) -> npt.NDArray[np.bool_]:
    frequencies_hz = np.linspace(0.0, sample_rate_hz / 2.0, len(product))
    is_telling: npt.NDArray[np.bool_] = (
        (frequencies_hz >= _LOWEST_HZ)
        & (frequencies_hz <= _HIGHEST_HZ)
        & (product > _FLOOR**2 * product.max())
    )
    return is_telling


def _over_lags(spectrum: Spectrum, most_samples: int) -> Floats:
    """Return the sum of a one-sided spectrum turned by each lag from -most to +most."""
    from scipy.fft import irfft

    size = 2 * (len(spectrum) - 1)
    lags = irfft(spectrum) * (size / 2.0)
    return np.concatenate((lags[size - most_samples :], lags[: most_samples + 1]))


def _peak_offset(values: Floats, best: int) -> float:
    """Return where between -0.5 and 0.5 a parabola through three values has its top."""
    if not 0 < best < len(values) - 1:
        return 0.0
    before, top, behind = values[best - 1 : best + 2]
    bend = before - 2.0 * top + behind
    return float(0.5 * (before - behind) / bend) if bend else 0.0


def _overlap(delay: float) -> float:
    """Return what two Hann windows have in common that lie `delay` of their length apart."""
    turn = 2.0 * np.pi * delay
    rest = (1.0 - delay) * (2.0 + np.cos(turn)) / 3.0
    return float(rest + np.sin(turn) / (2.0 * np.pi))
