"""How far up the sound goes: its spectrum on a linear scale, averaged in decibels.

An average of powers would show the loudest click; one of decibels shows what is always there,
or never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pipeline.intake.listening import SILENCE_DB, Figures, Format, Heard

N_BANDS = 192
AUDIBLE_POWER = 1e-6  # -60 dBFS: what is quieter shows the noise only

# Own measurements: rounding to 16 or 24 bits leaves a floor that is flat to 1 dB. Resamplers
# and lossy coders fall from the sound to it by half and more within a fifteenth of its end; the
# tops of synthesisers and samplers by up to 0.48, and above them they go on falling.
TOP_PART, TOP_SKIPPED = 24, 4  # resamplers may leave a trace at half the rate
FLOOR_RANGE_DB = 3.0
LOWEST_PART, HIGHEST_PART = 0.2, 0.96
LEAST_DROP_DB = 12.0
MOST_SLOPE = 0.35
LEAST_STEEP = 0.55
STEEP_HZ, STEEP_PART_AT_HIGH_RATES = 1_000.0, 1 / 15
HIGH_RATE_HZ = 64_000


@dataclass(frozen=True, slots=True)
class BandwidthFigures(Figures):
    """The spectrum up to half the sample rate.

    Parameters
    ----------
    n_windows : int
        How many windows were loud enough; with none, the spectrum is empty.
    levels_db : tuple of float
        Mean level of a bin, over all channels, in each of 192 bands of equal width; full scale
        sine on a bin: 0 dB.
    """

    name: ClassVar[str] = "bandwidth"

    n_windows: int
    levels_db: tuple[float, ...]


class BandwidthListener:
    """Averages the level of each bin over the long windows."""

    def __init__(self, wanted: Format) -> None:
        del wanted
        self._sum_db = np.zeros(1)
        self._n_windows = 0

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        # Every other window: those that overlap tell little more.
        spectra = heard.long.spectra[heard.long.first % 2 :: 2]
        powers = np.square(spectra.real) + np.square(spectra.imag)
        powers = powers.mean(axis=1)
        loud = powers[powers.sum(axis=1) > AUDIBLE_POWER]
        levels = np.log10(np.maximum(loud, 10.0 ** (SILENCE_DB / 10.0)).astype(np.float32))
        self._sum_db = self._sum_db + 10.0 * levels.sum(axis=0, dtype=np.float64)
        self._n_windows += len(loud)

    def figures(self) -> BandwidthFigures:
        """Return the mean levels."""
        if not self._n_windows:
            return BandwidthFigures(0, ())
        mean_db = self._sum_db / self._n_windows
        starts = np.arange(N_BANDS) * (len(mean_db) - 1) // N_BANDS
        bands = np.add.reduceat(mean_db[:-1], starts) / np.diff([*starts, len(mean_db) - 1])
        return BandwidthFigures(self._n_windows, tuple(np.round(bands, 2).tolist()))


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Where the sound ends as if cut with a knife.

    Parameters
    ----------
    hz : float
        Half way down.
    drop_db : float
        From the level below to the floor above.
    floor_db : float
        Mean level of a bin above.
    """

    hz: float
    drop_db: float
    floor_db: float


def cutoff(levels_db: tuple[float, ...], sample_rate_hz: int) -> Cutoff | None:
    """Return the cutoff of a spectrum, if it has one that music does not have.

    Above it there is nothing but a level floor, up to half the sample rate; below it, the
    spectrum falls by little. The last twentieth below half the sample rate does not count:
    there, converters end.
    """
    levels = np.array(levels_db)[:-TOP_SKIPPED]
    floor_db = float(np.median(levels[-len(levels) // TOP_PART :]))
    above = np.flatnonzero(levels > floor_db + FLOOR_RANGE_DB)
    end = int(above[-1]) + 1 if len(above) else 0
    if not LOWEST_PART * len(levels) < end < HIGHEST_PART * len(levels):
        return None
    far, near = (levels[_part(end, start, start + 0.04)].mean() for start in (0.74, 0.84))
    drop_db = float(near) - floor_db
    if drop_db < LEAST_DROP_DB or far - near > MOST_SLOPE * drop_db:
        return None
    half = int(np.flatnonzero(levels > floor_db + drop_db / 2)[-1]) + 1
    band_hz = sample_rate_hz / 2 / len(levels_db)
    is_high = sample_rate_hz >= HIGH_RATE_HZ
    steep_hz = half * band_hz * STEEP_PART_AT_HIGH_RATES if is_high else STEEP_HZ
    reach = max(2, round(steep_hz / 2 / band_hz))
    fall_db = levels[half - reach] - levels[min(half + reach, len(levels) - 1)]
    if fall_db < LEAST_STEEP * drop_db:
        return None
    return Cutoff(half * band_hz, drop_db, floor_db)


def _part(end: int, start: float, stop: float) -> slice:
    return slice(int(start * end), int(np.ceil(stop * end)))
