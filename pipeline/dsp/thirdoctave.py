"""Third-octave bands: long-term average spectrum, and how two channels belong together in each.

The bands are those of IEC 61260-1 (2014), base ten, 20 Hz to 20 kHz; they are cut out of
spectra of long windows, so that their edges are those of the standard but their flanks steeper.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from math import ceil, log2

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel
from pipeline.dsp.overtime import Sums, SumsOverTime
from pipeline.dsp.stereo import Curve, correlation_of, side_to_mid_db_of
from pipeline.dsp.truepeak import Reblocker

_FIRST_BAND, _LAST_BAND = -17, 13  # 10 to the power of tenths, times 1 kHz
_NAMES_HZ = (10.0, 12.5, 16.0, 20.0, 25.0, 31.5, 40.0, 50.0, 63.0, 80.0)
_WINDOW_S = 0.6  # or longer: the lowest band is then three bins wide
_MOST_STRETCHES = 2048  # twelve minutes, then they become longer; 1.5 MB

Spectra = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Band:
    """A third-octave band: its name in Hz, as everyone writes it, and its exact edges."""

    name_hz: float
    low_hz: float
    high_hz: float


@dataclass(frozen=True, slots=True, eq=False)
class ThirdOctaves:
    """What a programme has in each band.

    Parameters
    ----------
    bands : tuple of Band
        From 20 Hz up to 20 kHz, or as far as the sample rate goes.
    levels_dbfs : ndarray of float64
        Mean power of all channels in each band; a sine at full scale reads -3.01 dBFS.
    stretch_s : float
        Time between the values of the curves.
    correlations, sides_to_mids_db : ndarray of float64
        As in `Stereo`, for each band; NaN unless there are two channels.
    correlation_curves, side_to_mid_curves_db : ndarray of float64
        The same for each stretch of time, shape ``(n_stretches, n_bands)``; without stretches
        unless there are two channels.
    """

    bands: tuple[Band, ...]
    levels_dbfs: Curve
    stretch_s: float
    correlations: Curve
    sides_to_mids_db: Curve
    correlation_curves: Curve
    side_to_mid_curves_db: Curve


def bands_of(sample_rate_hz: int) -> tuple[Band, ...]:
    """Return the bands whose middle a sample rate can carry (IEC 61260-1, clause 5)."""
    found = []
    for number in range(_FIRST_BAND, _LAST_BAND + 1):
        middle_hz = 1000.0 * 10.0 ** (number / 10)
        if middle_hz < sample_rate_hz / 2:
            low_hz, high_hz = middle_hz * 10**-0.05, middle_hz * 10**0.05
            name_hz = _NAMES_HZ[number % 10] * 10.0 ** (number // 10 + 2)
            found.append(Band(name_hz, low_hz, min(high_hz, sample_rate_hz / 2)))
    return tuple(found)


class ThirdOctaveMeter:
    """Measures third-octave bands while audio streams through it.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz, at least 8000.
    n_channels : int
        Channels per block.

    Notes
    -----
    Windows of 0.6 s or more, each half a period of a sine, overlap by half and reach half a
    window over both ends: their squares add up to one, so every sample counts the same and the
    bands together have the power of the programme. They are transformed in float32: a band
    more than 140 dB below the loudest reads too much. A tone reads 35 dB lower in the bands
    beside it at 31.5 Hz, 50 dB at 100 Hz, 80 dB at 1 kHz.
    """

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        self._bands = bands_of(sample_rate_hz)
        self._rate = sample_rate_hz
        self._size = 1 << ceil(log2(_WINDOW_S * sample_rate_hz))
        middles = (np.arange(self._size) + 0.5) / self._size
        self._window = np.sin(np.pi * middles).astype(np.float32)
        self._edges = _edges_in_bins(self._bands, sample_rate_hz / self._size)
        self._reblocker = Reblocker(n_channels, self._size)
        # Half a window of what came before, then a chunk: two windows.
        self._x = np.zeros((n_channels, self._size // 2 + self._size), np.float32)
        self._n_samples = 0
        self._powers = np.zeros(len(self._bands))
        self._over_time = SumsOverTime(3 * len(self._bands), most=_MOST_STRETCHES)

    def update(self, block: Audio) -> None:
        """Take one block of shape ``(n_samples, n_channels)``."""
        for chunk in self._reblocker.chunks(block):
            self._take(chunk)
        self._n_samples += len(block)

    def result(self) -> ThirdOctaves:
        """Return the figures of everything heard so far."""
        heard = deepcopy(self)
        heard._end()
        return heard._figures()

    def _take(self, chunk: Audio, *, n_windows: int = 2) -> None:
        half, n_channels = self._size // 2, len(self._x)
        self._x[:, half:] = chunk.T
        for spectra in self._spectra()[:n_windows]:
            for left in range(0, n_channels, 2):  # what has no partner is taken twice
                right = min(left + 1, n_channels - 1)
                sums = np.zeros((len(self._bands), 3))
                sum_bands(spectra[left], spectra[right], self._edges, sums)
                self._powers += sums[:, 0] + (sums[:, 1] if right > left else 0.0)
                if n_channels == 2:
                    self._over_time.add(sums.reshape(1, -1))
        self._x[:, :half] = self._x[:, -half:].copy()

    def _spectra(self) -> Spectra:
        """Return real and imaginary parts, shape ``(2, n_channels, n_bins, 2)``."""
        from scipy.fft import rfft

        # Always two windows at once: how many are transformed together may change a last bit.
        windows = np.stack((self._x[:, : self._size], self._x[:, -self._size :])) * self._window
        spectra = rfft(windows, axis=-1, overwrite_x=True)
        parts: Spectra = spectra.view(np.float32).reshape(*spectra.shape, 2)
        return parts

    def _end(self) -> None:
        """Take what is left, and silence behind it: every sample lies in two windows."""
        rest = self._reblocker.rest()
        n_windows = 1 + -(-len(rest) // (self._size // 2))
        padded = np.pad(rest, ((0, 2 * self._size - len(rest)), (0, 0)))
        self._take(padded[: self._size], n_windows=min(n_windows, 2))
        if n_windows > 2:
            self._take(padded[self._size :], n_windows=1)

    def _figures(self) -> ThirdOctaves:
        n_values = max(self._n_samples, 1) * len(self._x)
        # Each bin but those at the ends stands for two of the full transform (Parseval).
        powers = self._powers * (2.0 / (self._size * n_values))
        levels_dbfs = np.full(len(powers), -np.inf)
        np.log10(powers, out=levels_dbfs, where=powers > 0)
        curves = self._over_time.stretches.reshape(-1, len(self._bands), 3)
        total = curves.sum(axis=0)
        return ThirdOctaves(
            bands=self._bands,
            levels_dbfs=10.0 * levels_dbfs,
            stretch_s=self._over_time.rows_per_stretch * self._size / (2 * self._rate),
            correlations=correlation_of(total),
            sides_to_mids_db=side_to_mid_db_of(total),
            correlation_curves=correlation_of(curves),
            side_to_mid_curves_db=side_to_mid_db_of(curves),
        )


def _edges_in_bins(bands: tuple[Band, ...], bin_hz: float) -> npt.NDArray[np.float64]:
    """Return where bands begin, and the last one ends, if bin `k` reaches from `k` to `k + 1`.

    The last bin, half the sample rate, then counts half, as it must.
    """
    edges_hz = np.array([*(band.low_hz for band in bands), bands[-1].high_hz])
    return edges_hz / bin_hz + 0.5


@kernel
def sum_bands(
    left: Spectra, right: Spectra, edges: npt.NDArray[np.float64], sums: Sums
) -> None:
    """Add up power of the left channel, of the right one and their product in each band.

    Spectra have the shape ``(n_bins, 2)``; a bin that an edge parts counts for both bands.
    """
    for band in range(len(sums)):
        low, high = edges[band], edges[band + 1]
        left_power = right_power = product = 0.0
        for k in range(int(low), min(int(high) + 1, len(left))):
            share = min(high, k + 1.0) - max(low, float(k))
            a, b, c, d = left[k, 0], left[k, 1], right[k, 0], right[k, 1]
            left_power += share * (a * a + b * b)
            right_power += share * (c * c + d * d)
            product += share * (a * c + b * d)
        sums[band, 0], sums[band, 1], sums[band, 2] = left_power, right_power, product
