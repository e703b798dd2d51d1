"""The two channels against each other: levels, correlation per band and over time, delay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp.alignment import Lag, lag_between
from pipeline.dsp.loudness import LOUDNESS_OFFSET_DB, k_weighting
from pipeline.intake.listening import SILENCE_DB, Figures, Format, Frames, Heard

Floats = npt.NDArray[np.float64]

LONGEST_LAG_S = 0.050
MOST_LOSS_LU = 60.0
_LOWEST_BAND_HZ, _HIGHEST_BAND_HZ = 31.5, 16_000.0
_LOW_HZ = 150.0  # below, a mix holds its bass in the middle
_SHORTEST_PASSAGE_FRAMES = 12  # about a second
_MOST_PASSAGES = 200
_QUIET_DB = -30.0  # passages so far below the mean are not judged: rooms and fades
_HANN_POWER = 1.0 / 3.0  # mean square of a signal per sum of squared bins, as `Frames` scales
_TINY = 1e-20  # -200 dBFS


@dataclass(frozen=True, slots=True)
class StereoFigures(Figures):
    """How left and right go together; a mono mix leaves the lists empty.

    Parameters
    ----------
    left_lufs, right_lufs : float
        K-weighted level of each channel alone, not gated.
    correlation, low_correlation : float
        Of the whole, K-weighted, -1 to 1, and of what lies below 150 Hz; 0 if a channel is
        silent.
    mono_loss_lu : float
        What the sum of both channels has lost against the two, 0 to 60; unrelated channels
        lose 3.0.
    bands_hz, band_levels_lufs, band_correlations, band_losses_lu : tuple of float
        Per third-octave: centre, K-weighted level, correlation, loss.
    passage_s : float
        Length of a passage.
    passages_s, passage_correlations : tuple of float
        Start and correlation of each passage; quiet ones are left out.
    lag_ms : float
        How much later the left is than the right.
    lag_likeness, lag_coherence, likeness_at_zero : float
        How sure that is; see `pipeline.dsp.alignment.Lag`.
    side_rms_dbfs, side_peak_dbfs : float
        Of left minus right.
    """

    name: ClassVar[str] = "stereo"

    left_lufs: float = SILENCE_DB
    right_lufs: float = SILENCE_DB
    correlation: float = 0.0
    low_correlation: float = 0.0
    mono_loss_lu: float = 0.0
    bands_hz: tuple[float, ...] = ()
    band_levels_lufs: tuple[float, ...] = ()
    band_correlations: tuple[float, ...] = ()
    band_losses_lu: tuple[float, ...] = ()
    passage_s: float = 0.0
    passages_s: tuple[float, ...] = ()
    passage_correlations: tuple[float, ...] = ()
    lag_ms: float = 0.0
    lag_likeness: float = 0.0
    lag_coherence: float = 0.0
    likeness_at_zero: float = 0.0
    side_rms_dbfs: float = SILENCE_DB
    side_peak_dbfs: float = SILENCE_DB

    @property
    def has_both(self) -> bool:
        """Whether there are two channels with something in them."""
        return min(self.left_lufs, self.right_lufs) > SILENCE_DB


class StereoListener:
    """Adds up the powers and the cross-spectrum of both channels, over all and per passage."""

    def __init__(self, wanted: Format) -> None:
        self._format = wanted
        self._side_power, self._side_peak = 0.0, 0.0
        self._sums: _Sums | None = None

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        if self._format.n_channels != 2:
            return
        if len(heard.audio):
            side = heard.audio[:, 0] - heard.audio[:, 1]
            self._side_power += float(np.square(side).sum())  # a BLAS would start threads
            self._side_peak = max(self._side_peak, float(side.max()), -float(side.min()))
        if len(heard.long.spectra):
            self._sums = self._sums or _Sums(heard.long, self._format.n_samples)
            self._sums.add(heard.long)

    def figures(self) -> StereoFigures:
        """Return what was found."""
        rms_dbfs = _level_db(self._side_power / self._format.n_samples)
        peak_dbfs = _level_db(self._side_peak**2)
        if self._sums is None:
            return StereoFigures(side_rms_dbfs=rms_dbfs, side_peak_dbfs=peak_dbfs)
        return self._sums.figures(side_rms_dbfs=rms_dbfs, side_peak_dbfs=peak_dbfs)


class _Sums:
    """Powers of left and right and what they share, per bin, and per passage and band."""

    def __init__(self, frames: Frames, n_samples: int) -> None:
        self._rate_hz = frames.sample_rate_hz
        n_frames = (n_samples - frames.window_samples) // frames.hop_samples + 1
        self._length = max(_SHORTEST_PASSAGE_FRAMES, -(-n_frames // _MOST_PASSAGES))
        self._passage_s = self._length * frames.hop_samples / self._rate_hz
        self._edges, self._bands_hz = _bands(frames.frequencies_hz)
        n_passages = -(-n_frames // self._length)
        self._passages = np.zeros((n_passages, 3, len(self._bands_hz)))
        n_bins = frames.spectra.shape[2]
        self._powers = np.zeros((2, n_bins))
        self._cross = np.zeros(n_bins, dtype=np.complex128)

    def add(self, frames: Frames) -> None:
        """Take the next windows."""
        left, right = frames.spectra[:, 0], frames.spectra[:, 1]
        cross = left * right.conj()
        powers = frames.spectra.real**2 + frames.spectra.imag**2
        self._powers += powers.sum(axis=0)
        self._cross += cross.sum(axis=0)
        of_bands = [
            np.add.reduceat(each, self._edges, axis=1)
            for each in (powers[:, 0], powers[:, 1], cross.real)
        ]
        passages = (frames.first + np.arange(len(left))) // self._length
        np.add.at(self._passages, passages, np.stack(of_bands, axis=1))

    def figures(self, *, side_rms_dbfs: float, side_peak_dbfs: float) -> StereoFigures:
        """Return all that follows from the sums, and take the figures of the side over."""
        weights = _HANN_POWER * _k_powers(self._bands_hz, self._rate_hz)
        passages = (self._passages * weights).sum(axis=2)
        bands = self._passages.sum(axis=0) * weights
        whole = bands.sum(axis=1)
        is_loud = passages[:, :2].sum(axis=1) > 10.0 ** (_QUIET_DB / 10.0) * np.mean(
            passages[:, :2].sum(axis=1)
        )
        n_frames = max(1, len(self._passages) * self._length)
        low = bands[:, self._bands_hz < _LOW_HZ].sum(axis=1)
        lag = self._lag()
        return StereoFigures(
            left_lufs=float(_levels_lufs(whole[:1] / n_frames)[0]),
            right_lufs=float(_levels_lufs(whole[1:2] / n_frames)[0]),
            correlation=float(_correlations(whole[:, None])[0]),
            low_correlation=float(_correlations(low[:, None])[0]),
            mono_loss_lu=float(_losses_lu(whole[:, None])[0]),
            bands_hz=_rounded(self._bands_hz, 1),
            band_levels_lufs=_rounded(_levels_lufs(bands[:2].sum(axis=0) / n_frames), 2),
            band_correlations=_rounded(_correlations(bands), 3),
            band_losses_lu=_rounded(_losses_lu(bands), 2),
            passage_s=self._passage_s,
            passages_s=_rounded(
                self._passage_s * np.flatnonzero(is_loud).astype(np.float64), 2
            ),
            passage_correlations=_rounded(_correlations(passages[is_loud].T), 3),
            lag_ms=lag.samples / self._rate_hz * 1000.0,
            lag_likeness=lag.likeness,
            lag_coherence=lag.coherence,
            likeness_at_zero=lag.likeness_at_zero,
            side_rms_dbfs=side_rms_dbfs,
            side_peak_dbfs=side_peak_dbfs,
        )

    def _lag(self) -> Lag:
        return lag_between(
            self._cross,
            *self._powers,
            most_samples=round(LONGEST_LAG_S * self._rate_hz),
            sample_rate_hz=self._rate_hz,
        )


def _bands(frequencies_hz: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the first bin of each third-octave and its centre; the last one has the rest."""
    highest_hz = min(_HIGHEST_BAND_HZ, frequencies_hz[-1] / 2.0 ** (1 / 3))
    numbers = np.arange(np.floor(3.0 * np.log2(highest_hz / _LOWEST_BAND_HZ) + 0.1) + 1.0)
    centres_hz = _LOWEST_BAND_HZ * 2.0 ** (numbers / 3.0)
    edges = np.searchsorted(frequencies_hz, centres_hz * 2.0 ** (-1 / 6))
    starts, kept = np.unique(edges, return_index=True)
    return starts, centres_hz[kept]


def _k_powers(frequencies_hz: Floats, sample_rate_hz: int) -> Floats:
    """Return the squared magnitude of the K-weighting."""
    turn = np.exp(-2j * np.pi * frequencies_hz / sample_rate_hz)
    power = np.ones(len(frequencies_hz))
    for b0, b1, b2, a1, a2 in k_weighting(sample_rate_hz):
        above, below = b0 + turn * (b1 + turn * b2), 1.0 + turn * (a1 + turn * a2)
        power *= np.abs(above / below) ** 2
    return power


def _correlations(sums: Floats) -> Floats:
    """Return the correlation of each column of left, right and shared power; 0 of silence."""
    left, right, shared = sums
    correlations: Floats = shared / np.sqrt(np.maximum(left, _TINY) * np.maximum(right, _TINY))
    return correlations.clip(-1.0, 1.0)


def _losses_lu(sums: Floats) -> Floats:
    """Return how much quieter half the sum is on both speakers than left and right are."""
    left, right, shared = sums
    stereo = np.maximum(left + right, _TINY)
    mono = np.maximum(
        (left + right + 2.0 * shared) / 2.0, stereo * 10.0 ** (-MOST_LOSS_LU / 10)
    )
    losses: Floats = 10.0 * np.log10(stereo / mono)
    return losses.clip(0.0)


def _levels_lufs(powers: Floats) -> Floats:
    levels: Floats = LOUDNESS_OFFSET_DB + 10.0 * np.log10(np.maximum(powers, _TINY))
    return levels.clip(SILENCE_DB)


def _level_db(power: float) -> float:
    return float(10.0 * np.log10(max(power, _TINY)))


def _rounded(values: Floats, digits: int) -> tuple[float, ...]:
    return tuple(round(float(each), digits) for each in values)
