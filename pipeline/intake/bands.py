"""Power in bands of frequency, from the spectra that all listeners share."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline.intake.listening import SILENCE_DB, Frames

Row = npt.NDArray[np.float64]
Table = npt.NDArray[np.float64]

_SINE_POWER_PER_BINS = 1.0 / 3.0
"""A sine of amplitude 1 has power 1/2; its three bins behind a Hann window add up to 3/2."""


def bin_powers(frames: Frames) -> Table:
    """Return the mean-square power in each bin, of the mean channel: (n_frames, n_bins)."""
    spectra = frames.spectra
    powers = (spectra.real**2 + spectra.imag**2).mean(axis=1)
    return np.asarray(powers * _SINE_POWER_PER_BINS)


def band_powers(powers: Table, edges_hz: Row, *, bin_hz: float) -> Table:
    """Return the power between neighbouring edges.

    Parameters
    ----------
    powers : ndarray of float64, shape (n_frames, n_bins)
        Power in each bin; a bin reaches half its width to either side of its frequency.
    edges_hz : ndarray of float64, shape (n_bands + 1,)
        Ascending. A band that is narrower than a bin takes its share of it; what lies above
        half the sample rate is empty.
    bin_hz : float
        Width of a bin.

    Returns
    -------
    ndarray of float64, shape (n_frames, n_bands)
    """
    n_bins = powers.shape[1]
    below = np.zeros((len(powers), n_bins + 1))
    np.cumsum(powers, axis=1, out=below[:, 1:])
    places = np.clip(edges_hz / bin_hz + 0.5, 0.0, n_bins)
    whole = np.minimum(places.astype(np.int64), n_bins - 1)
    share = places - whole
    at_edges = below[:, whole] + share * powers[:, whole]
    # Rounding may leave less than nothing in an empty band above a loud one.
    return np.asarray(np.maximum(np.diff(at_edges, axis=1), 0.0))


def to_db(powers: npt.ArrayLike) -> Row:
    """Return levels in dB of mean-square powers, full scale 1.0; silence is `SILENCE_DB`."""
    floor = 10.0 ** (SILENCE_DB / 10.0)
    return np.asarray(10.0 * np.log10(np.maximum(powers, floor)))


@cache
def k_weights(centres_hz: tuple[float, ...]) -> Row:
    """Return the power gain of the K-weighting (BS.1770-5 Annex 1) at some frequencies."""
    from pipeline.dsp.loudness import k_weighting

    rate_hz = 384_000  # far above all bands: the analogue curve
    turns = np.exp(-2j * np.pi * np.asarray(centres_hz) / rate_hz)
    gain = np.ones(len(centres_hz))
    for b0, b1, b2, a1, a2 in k_weighting(rate_hz):
        above, below = np.polyval((b2, b1, b0), turns), np.polyval((a2, a1, 1.0), turns)
        gain *= np.abs(above / below) ** 2
    return gain
