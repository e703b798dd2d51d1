"""What lies under the music: its noise floor, mains hum, and what is too low to be heard."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.intake.listening import SILENCE_DB, Figures, Format, Frames, Heard

Row = npt.NDArray[np.float64]

LOW_SAMPLES = 256
"""A long window, resampled to about 1.4 kHz."""
TONE_SAMPLES = 2048
"""A window for tones at that rate, about 1.4 s: bins of 0.7 Hz part 49 from 50 Hz."""
MOST_QUIET = 24
QUIET_PART = 0.1
"""The quietest tenth of these windows is kept: 6 of them at least, 24 at most."""
LEAST_WINDOWS = 6
"""In less, 5 s, a note cannot be told from hum."""
QUIET_PERCENTILE = 25.0
"""What sounds in three of four quiet windows stays; a note that comes and goes does not."""
HIGHEST_HZ = 400.0
SILENT_DBFS = -110.0
"""Windows below are digital silence, or the last bits of a fade."""

SUBSONIC_HZ = (2.0, 18.0)

NOISE_BAND_HZ = (1_000.0, 8_000.0)
NOISE_PARTS = 8
LEAST_FLATNESS = 0.45
"""Geometric by arithmetic mean of the power: 0.56 for noise, below 0.3 for most music."""
LEVEL_STEP_DB = 0.5
LOWEST_DBFS = -150.0
FLOOR_BELOW_DB = 12.0
FLOOR_S = 1.0
FLOOR_WIDTH_DB = 1.5
FLOOR_SKIRT_DB = 6.0
MOST_BELOW = 0.33
"""Noise is at least 12 dB under the loud windows, heard for 1 s, 1.5 dB wide; the 6 dB below
hold at most a third as many windows."""


@dataclass(frozen=True, slots=True)
class BackgroundFigures(Figures):
    """Levels and spectra of what lies under the music.

    A level is that of the mean power of the channels.

    Parameters
    ----------
    loud_dbfs, quiet_dbfs : float or None
        Level that 5 % of the windows of 0.18 s are over, and 1 % are under, not counting
        silence; None if there is nothing else.
    noise_dbfs, noise_s : float or None, float
        Level at which windows that are noise gather, at least `FLOOR_BELOW_DB` below the loud
        ones, and for how long; None if there are less than `FLOOR_S` of them.
    tone_bin_hz : float
        Distance of the values of `quiet_spectrum_db`, the first of which is at 0 Hz.
    quiet_spectrum_db : tuple of float
        Level of a sine at each frequency up to `HIGHEST_HZ`, in the quietest windows; empty if
        there are less than `LEAST_WINDOWS` that are not silent.
    subsonic_dbfs, all_dbfs : float
        Level of the whole mix in `SUBSONIC_HZ`, and altogether.
    """

    name: ClassVar[str] = "background"

    loud_dbfs: float | None
    quiet_dbfs: float | None
    noise_dbfs: float | None
    noise_s: float
    tone_bin_hz: float
    quiet_spectrum_db: tuple[float, ...]
    subsonic_dbfs: float
    all_dbfs: float


class BackgroundListener:
    """Sorts windows by level, and keeps low spectra of the quietest."""

    def __init__(self, wanted: Format) -> None:
        self._n_channels = wanted.n_channels
        self._levels = _Levels()
        self._noise = _Levels()
        self._hop_s = 0.0
        self._low = _LowRate(wanted.n_channels)
        self._tones = _Tones(wanted.n_channels)

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        frames = heard.long
        if not len(frames.spectra):
            return
        self._hop_s = frames.hop_samples / frames.sample_rate_hz
        powers = _powers(frames)
        self._levels.add(powers)
        self._noise.add(powers[_is_noise(frames)])
        rate_hz = frames.sample_rate_hz * LOW_SAMPLES / frames.window_samples
        self._tones.add(self._low.resampled(frames), powers, rate_hz=rate_hz)

    def figures(self) -> BackgroundFigures:
        """Return what lies under the music."""
        loud_dbfs = self._levels.percentile_dbfs(95.0)
        noise_dbfs, n_noise = _floor(self._levels.counts, self._noise.counts, loud_dbfs)
        is_long = n_noise * self._hop_s >= FLOOR_S
        return BackgroundFigures(
            loud_dbfs=loud_dbfs,
            quiet_dbfs=self._levels.percentile_dbfs(1.0),
            noise_dbfs=noise_dbfs if is_long else None,
            noise_s=round(n_noise * self._hop_s, 2) if is_long else 0.0,
            tone_bin_hz=self._tones.bin_hz,
            quiet_spectrum_db=self._tones.quiet_spectrum_db(),
            subsonic_dbfs=self._tones.level_dbfs(SUBSONIC_HZ),
            all_dbfs=self._levels.mean_dbfs(),
        )


class _Levels:
    """A histogram of levels in steps of half a decibel, without silence."""

    def __init__(self) -> None:
        self._counts = np.zeros(round(-LOWEST_DBFS / LEVEL_STEP_DB) + 40, np.int64)
        self._power = 0.0
        self._n_all = 0

    def add(self, powers: Row) -> None:
        self._power += float(powers.sum())
        self._n_all += len(powers)
        levels = _decibels(powers)
        steps = np.rint((levels[levels > SILENT_DBFS] - LOWEST_DBFS) / LEVEL_STEP_DB)
        np.add.at(self._counts, np.minimum(steps.astype(int), len(self._counts) - 1), 1)

    def mean_dbfs(self) -> float:
        return float(_decibels(np.array(self._power / max(1, self._n_all))))

    def percentile_dbfs(self, percent: float) -> float | None:
        reached = np.cumsum(self._counts)
        if not reached[-1]:
            return None
        step = int(np.searchsorted(reached, percent / 100.0 * reached[-1]))
        return LOWEST_DBFS + LEVEL_STEP_DB * step

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        return self._counts


class _LowRate:
    """Resamples a stream to `LOW_SAMPLES` for each long window.

    The lowest bins of windows that overlap by half, transformed back and added, are the stream
    behind an ideal low-pass filter.
    """

    def __init__(self, n_channels: int) -> None:
        self._half = np.zeros((n_channels, LOW_SAMPLES // 2))

    def resampled(self, frames: Frames) -> Row:
        """Return the next ``(n_channels, n_frames · LOW_SAMPLES / 2)`` samples."""
        from scipy.fft import irfft

        lowest = frames.spectra[:, :, : LOW_SAMPLES // 2 + 1].copy()
        lowest[:, :, -1] = 0.0
        # Hann windows scaled for sines, back to samples that add up: half of 256 / 2.
        parts = irfft(lowest, n=LOW_SAMPLES, axis=-1) * (LOW_SAMPLES / 4.0)
        first, second = np.split(parts, 2, axis=-1)
        before = np.concatenate((self._half[np.newaxis], second[:-1]))
        self._half = second[-1].copy()
        whole: Row = (first + before).transpose(1, 0, 2).reshape(parts.shape[1], -1)
        return whole


class _Tones:
    """Spectra of 1.4 s: their mean, and those of the quietest."""

    def __init__(self, n_channels: int) -> None:
        self._kept = np.empty((n_channels, 0))
        self._powers = np.empty(0)
        self._quietest: list[tuple[float, int, Row]] = []
        self._sum = np.zeros(TONE_SAMPLES // 2 + 1)
        self._n_windows = 0
        self._n_quiet = 0
        self.bin_hz = 0.0
        window = np.hanning(TONE_SAMPLES + 1)[:-1]
        self._window = window * (2.0 / window.sum())

    def add(self, low: Row, powers: Row, *, rate_hz: float) -> None:
        """Take the next samples, and the power of each long window."""
        self.bin_hz = rate_hz / TONE_SAMPLES
        known = np.concatenate((self._kept, low), axis=1)
        levels = np.concatenate((self._powers, powers))
        hop, n_levels = TONE_SAMPLES // 2, 2 * TONE_SAMPLES // LOW_SAMPLES
        while known.shape[1] >= TONE_SAMPLES:
            self._take(known[:, :TONE_SAMPLES], float(levels[:n_levels].mean()))
            known, levels = known[:, hop:], levels[n_levels // 2 :]
        self._kept, self._powers = known.copy(), levels.copy()

    def _take(self, samples: Row, power: float) -> None:
        from scipy.fft import rfft

        spectrum: Row = np.mean(np.abs(rfft(samples * self._window, axis=-1)) ** 2, axis=0)
        self._sum += spectrum
        self._n_windows += 1
        if power <= 10.0 ** (SILENT_DBFS / 10.0):
            return
        self._n_quiet += 1
        entry = (-power, self._n_quiet, spectrum[: int(HIGHEST_HZ / self.bin_hz)])
        if len(self._quietest) < MOST_QUIET:
            heappush(self._quietest, entry)
        else:
            heappushpop(self._quietest, entry)

    def quiet_spectrum_db(self) -> tuple[float, ...]:
        """Return the level of a sine at each frequency, in most of the quietest windows."""
        if self._n_quiet < LEAST_WINDOWS:
            return ()
        wanted = max(LEAST_WINDOWS, round(QUIET_PART * self._n_quiet))
        quietest = [row for _, _, row in sorted(self._quietest, reverse=True)[:wanted]]
        powers = np.percentile(quietest, QUIET_PERCENTILE, axis=0)
        return tuple(round(float(each), 1) for each in _decibels(powers / 2.0))

    def level_dbfs(self, band_hz: tuple[float, float]) -> float:
        """Return the level in a band, of the whole mix."""
        if not self._n_windows:
            return SILENCE_DB
        bins = slice(*(round(edge / self.bin_hz) for edge in band_hz))
        # A Hann window hears noise 1.5 bins wide; the power of a sine is half its square.
        power = self._sum[bins].sum() / self._n_windows / 2.0 / 1.5
        return float(_decibels(np.array(power)))


def _floor(
    levels: npt.NDArray[np.int64], noise: npt.NDArray[np.int64], loud_dbfs: float | None
) -> tuple[float, int]:
    """Return the level that windows of noise gather at, and how many do.

    Noise stands at one level, within a decibel, and next to nothing lies just below. The hush
    of a passage of music has many levels.
    """
    width, skirt = (round(each / LEVEL_STEP_DB) for each in (FLOOR_WIDTH_DB, FLOOR_SKIRT_DB))
    highest = round(((loud_dbfs or 0.0) - FLOOR_BELOW_DB - LOWEST_DBFS) / LEVEL_STEP_DB)
    noise_sums = np.convolve(noise[:highest], np.ones(width, np.int64), mode="valid")[skirt:]
    below = np.convolve(levels[:highest], np.ones(skirt, np.int64), mode="valid")
    below = below[: len(noise_sums)]
    noise_sums[below > MOST_BELOW * noise_sums] = 0
    best = int(noise_sums.argmax())
    level_dbfs = LOWEST_DBFS + LEVEL_STEP_DB * (skirt + best + (width - 1) / 2.0)
    return level_dbfs, int(noise_sums[best])


def _powers(frames: Frames) -> Row:
    """Return the mean square of each window."""
    parts = frames.spectra.view(np.float64)
    squares = np.einsum("fcb,fcb->f", parts, parts)
    powers: Row = squares / parts.shape[1] / 2.0 / 1.5
    return powers


def _is_noise(frames: Frames) -> npt.NDArray[np.bool_]:
    """Return which windows have no tones between 1 and 8 kHz."""
    step_hz = frames.sample_rate_hz / frames.window_samples
    first, end = (int(edge / step_hz) for edge in NOISE_BAND_HZ)
    end = min(end, frames.spectra.shape[2] - 1)
    n_part = max(1, (end - first) // NOISE_PARTS)
    band = frames.spectra[:, :, first : first + n_part * NOISE_PARTS]
    squares = band.real**2 + band.imag**2
    powers = squares.sum(axis=1).reshape(len(band), -1, n_part) + 1e-30
    flatness = np.exp(np.log(powers).mean(axis=-1)) / powers.mean(axis=-1)
    tonal: npt.NDArray[np.bool_] = np.median(flatness, axis=-1) > LEAST_FLATNESS
    return tonal


def _decibels(powers: Row) -> Row:
    levels: Row = 10.0 * np.log10(np.maximum(powers, 10.0 ** (SILENCE_DB / 10.0)))
    return levels
