"""Tone: third-octave spectra of the loud passages, and of the loudest of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.intake.bands import Table, band_powers, bin_powers, k_weights, to_db
from pipeline.intake.listening import SILENCE_DB, Figures, Format, Frames, Heard

# IEC 61260-1, base ten: the mid-band frequencies are 10^(n/10), 20 Hz to 20 kHz.
_NUMBERS = range(13, 44)
CENTRES_HZ = tuple(round(float(10.0 ** (number / 10.0)), 2) for number in _NUMBERS)
EDGES_HZ = np.array([10.0 ** ((number - 0.5) / 10.0) for number in (*_NUMBERS, 44)])

# Classes of loudness, 1 dB each, from the absolute gate of BS.1770-5 up to beyond full scale.
_LOWEST_LUFS, _HIGHEST_LUFS = -70, 10
_OFFSET_DB = -0.691  # BS.1770-5 Annex 1
_RELATIVE_GATE_LU = -10.0  # BS.1770-5 Annex 1
LOUDEST_SHARE = 0.25
"""Which part of the loud passages counts as the loudest."""


@dataclass(frozen=True, slots=True)
class ToneFigures(Figures):
    """Third-octave levels in dB (mean square, full scale 1.0), one per frequency.

    Parameters
    ----------
    centres_hz : tuple of float
        The bands that the sample rate has room for, 20 Hz to 20 kHz.
    levels_db : tuple of float
        Mean over the loud passages: windows that pass the gates of integrated loudness.
    loudest_db, softer_db : tuple of float
        The same over the loudest quarter of these windows, and over the rest of them.
    loudness_lufs : float
        K-weighted level of the loud passages, of the mean channel: for matching levels.
    heard_s : float
        How long the loud passages last together; 0 for silence, and every level is then
        `SILENCE_DB`.
    """

    name: ClassVar[str] = "tone"

    centres_hz: tuple[float, ...]
    levels_db: tuple[float, ...]
    loudest_db: tuple[float, ...]
    softer_db: tuple[float, ...]
    loudness_lufs: float
    heard_s: float

    def between(self, low_hz: float, high_hz: float, *, of: str = "levels_db") -> float:
        """Return the level in dB of all bands centred from `low_hz` to below `high_hz`."""
        centres, levels = np.array(self.centres_hz), np.array(getattr(self, of))
        inside = levels[(centres >= low_hz) & (centres < high_hz)]
        return float(to_db((10.0 ** (inside / 10.0)).sum()))


class ToneListener:
    """Adds up the bands of long windows, sorted by their loudness; gates come afterwards."""

    def __init__(self, wanted: Format) -> None:
        has_room = EDGES_HZ[1:] <= wanted.sample_rate_hz / 2
        self._centres = tuple(np.array(CENTRES_HZ)[has_room].tolist())
        self._edges = EDGES_HZ[: len(self._centres) + 1]
        self._weights = k_weights(self._centres)
        self._sums = np.zeros((_HIGHEST_LUFS - _LOWEST_LUFS, len(self._centres)))
        self._counts = np.zeros(len(self._sums))
        self._hop_s = 0.0

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        frames = heard.long
        self._hop_s = frames.hop_samples / frames.sample_rate_hz
        powers = _in_bands(frames, self._edges)
        lufs = _lufs(powers @ self._weights)
        is_heard = lufs >= _LOWEST_LUFS
        classes = (lufs[is_heard] - _LOWEST_LUFS).astype(np.int64)
        classes = np.minimum(classes, len(self._sums) - 1)
        np.add.at(self._sums, classes, powers[is_heard])
        np.add.at(self._counts, classes, 1.0)

    def figures(self) -> ToneFigures:
        """Return the spectra of what passes the gates."""
        loud = self._loud_classes()
        loudest = _share_from_above(loud * self._counts, LOUDEST_SHARE)
        mean = self._mean(loud)
        return ToneFigures(
            self._centres,
            _levels(mean),
            _levels(self._mean(loudest)),
            _levels(self._mean(loud - loudest)),
            round(max(float(_lufs(mean @ self._weights)), SILENCE_DB), 2),
            round(float(loud @ self._counts) * self._hop_s, 2),
        )

    def _loud_classes(self) -> npt.NDArray[np.float64]:
        """Return 1 for each class of loudness that passes the gates, else 0."""
        gate = _lufs(self._mean(np.ones(len(self._sums))) @ self._weights) + _RELATIVE_GATE_LU
        lows = np.arange(_LOWEST_LUFS, _HIGHEST_LUFS)
        return np.asarray(np.where(lows + 0.5 >= gate, 1.0, 0.0))

    def _mean(self, shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        total = max(float(shares @ self._counts), 1e-9)
        return np.asarray(shares @ self._sums / total)


def _in_bands(frames: Frames, edges_hz: npt.NDArray[np.float64]) -> Table:
    bin_hz = frames.sample_rate_hz / frames.window_samples
    return band_powers(bin_powers(frames), edges_hz, bin_hz=bin_hz)


def _lufs(weighted: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return to_db(weighted) + _OFFSET_DB


def _levels(powers: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.round(to_db(powers), 2).tolist())


def _share_from_above(counts: npt.NDArray[np.float64], share: float) -> npt.NDArray[np.float64]:
    """Return which part of each class belongs to the given share of all, the highest first."""
    above = counts[::-1].cumsum()[::-1] - counts
    wanted = share * counts.sum() - above
    return np.asarray(np.clip(wanted / np.maximum(counts, 1.0), 0.0, 1.0))
