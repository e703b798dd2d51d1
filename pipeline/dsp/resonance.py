"""What sticks out of the spectrum: narrow, steady, louder than all around it."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio

Spectrum = npt.NDArray[np.float64]

_FRAME_S = 0.08
_HOPS = 4  # in a frame
_OCTAVES_OF_LINE = 1.0 / 12.0
_OCTAVES_AROUND = 1.0
_OCTAVES_OF_EDGE = 1.0 / 24.0
_MEAN_MS = 100.0  # of the power: single frames of noise are full of needles
_SILENT_POWER = 1e-20
_NO_REDUCTION_DB = 1e-6
_DB_PER_NEPER = 20.0 / np.log(10.0)


@dataclass(frozen=True, slots=True)
class Tame:
    """How far what sticks out is held back.

    Parameters
    ----------
    low_hz, high_hz : float
        Where it listens, in Hz.
    threshold_db : float
        How far above all around it a line may stick out, in dB.
    depth : float
        Share of what sticks out further that is held back, 0 to 1.
    range_db : float
        Most reduction, in dB.
    attack_ms, release_ms : float
        Times to 63 % of the reduction, and to give it back, in ms.
    """

    low_hz: float
    high_hz: float
    threshold_db: float
    depth: float
    range_db: float
    attack_ms: float
    release_ms: float


class Reducer:
    """The reduction that the spectra of one frame after another call for.

    Parameters
    ----------
    settings : Tame
        How much.
    frame_samples, hop_samples : int
        Length of a frame, and from frame to frame.
    sample_rate_hz : int
        Sample rate, in Hz.
    """

    def __init__(
        self, settings: Tame, *, frame_samples: int, hop_samples: int, sample_rate_hz: int
    ) -> None:
        self._settings = settings
        n_bins = frame_samples // 2 + 1
        self.bin_hz = sample_rate_hz / frame_samples
        self._line = _Neighbours(n_bins, _OCTAVES_OF_LINE, least_bins=1)
        self._around = _Neighbours(n_bins, _OCTAVES_AROUND, least_bins=4)
        self._edge = _Neighbours(n_bins, _OCTAVES_OF_EDGE, least_bins=0)
        frequency_hz = self.bin_hz * np.arange(n_bins)
        self._is_heard = (frequency_hz >= settings.low_hz) & (frequency_hz <= settings.high_hz)
        times_ms = np.array((_MEAN_MS, settings.attack_ms, settings.release_ms))
        hop_ms = 1000.0 * hop_samples / sample_rate_hz
        self._mean_pole, self._attack, self._release = np.exp(-hop_ms / times_ms)
        self._power = np.zeros(n_bins)
        self._reduction_db = np.zeros(n_bins)

    def reduction_db(self, power: Spectrum) -> Spectrum:
        """Return how far to turn each line of a frame down, in positive dB."""
        settings = self._settings
        self._power = power + self._mean_pole * (self._power - power)
        line_db = 10.0 * np.log10(np.maximum(self._line.mean(self._power), _SILENT_POWER))
        sticks_out_db = line_db - self._around.mean(line_db) - settings.threshold_db
        wanted_db = np.clip(settings.depth * sticks_out_db, 0.0, settings.range_db)
        wanted_db = self._edge.mean(np.where(self._is_heard, wanted_db, 0.0))
        before = self._reduction_db
        pole = np.where(wanted_db > before, self._attack, self._release)
        self._reduction_db = wanted_db + pole * (before - wanted_db)
        self._reduction_db[self._reduction_db < _NO_REDUCTION_DB] = 0.0
        return self._reduction_db


class _Neighbours:
    """The mean of each line of a spectrum and those around it, so many octaves in all."""

    def __init__(self, n_bins: int, octaves: float, *, least_bins: int) -> None:
        number = np.arange(n_bins)
        away = np.maximum(number * (2.0 ** (octaves / 2.0) - 1.0), least_bins)
        below = np.maximum(number * (1.0 - 2.0 ** (-octaves / 2.0)), least_bins)
        self._start = np.maximum(np.rint(number - below), 0).astype(np.intp)
        self._stop = np.minimum(np.rint(number + away) + 1, n_bins).astype(np.intp)
        self._share = 1.0 / (self._stop - self._start)

    def mean(self, values: Spectrum) -> Spectrum:
        summed = np.concatenate(([0.0], np.cumsum(values)))
        return np.asarray((summed[self._stop] - summed[self._start]) * self._share)


def frame_samples(sample_rate_hz: int) -> int:
    """Return the length of a frame: the power of two next to 80 ms, whatever the rate."""
    return 1 << round(log2(_FRAME_S * sample_rate_hz))


class Tamer:
    """Holds back what sticks out of the spectrum of both channels, alike in both.

    Parameters
    ----------
    settings : Tame
        How much.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Notes
    -----
    Frames of 85 ms, a quarter of that apart, counted from the start of the stream; windows are
    the root of Hann's before and behind the change. What a frame *loses* is taken from the
    signal: where nothing sticks out, every bit passes. No latency: samples come out when no
    later frame can touch them.
    """

    latency_samples = 0

    def __init__(self, settings: Tame, *, sample_rate_hz: int) -> None:
        size = frame_samples(sample_rate_hz)
        self._hop = size // _HOPS
        self._window = np.sin(np.pi * (np.arange(size) + 0.5) / size)
        self._back = self._window / (_HOPS / 2.0)
        self._reducer = Reducer(
            settings,
            frame_samples=size,
            hop_samples=self._hop,
            sample_rate_hz=sample_rate_hz,
        )
        self._line = np.zeros((2, size))
        self._change = np.zeros((2, size))
        self._waiting = np.empty((0, 2))
        self._n_in = self._n_out = 0
        self._early = size - self._hop  # of the first frames, before it all
        self._n_frames = 0
        self._sum_db, self._max_db = np.zeros((2, size // 2 + 1))

    @property
    def activity_by_line(self) -> tuple[Spectrum, Spectrum, Spectrum]:
        """Frequencies in Hz, and the mean and the largest reduction of each so far in dB."""
        frequency_hz = self._reducer.bin_hz * np.arange(len(self._sum_db), dtype=np.float64)
        return frequency_hz, self._sum_db / max(self._n_frames, 1), self._max_db

    def process(self, block: Audio) -> Audio:
        """Take one stereo block and return what is ready."""
        self._n_in += len(block)
        self._waiting = np.concatenate((self._waiting, block))
        n_hops = len(self._waiting) // self._hop
        done = [self._step(self._waiting[k * self._hop :][: self._hop]) for k in range(n_hops)]
        self._waiting = self._waiting[n_hops * self._hop :].copy()
        out = np.concatenate(done) if done else np.empty((0, 2))
        early = min(self._early, len(out))
        self._early -= early
        self._n_out += len(out) - early
        return out[early:]

    def flush(self) -> Audio:
        """Return what is still held back."""
        n_left = self._n_in - self._n_out
        return self.process(np.zeros((len(self._window), 2)))[:n_left]

    def _step(self, hop: Audio) -> Audio:
        """Take the next hop and return the first one of the frame that ends with it."""
        n_hop, line, change = self._hop, self._line, self._change
        line[:, :-n_hop] = line[:, n_hop:]
        line[:, -n_hop:] = hop.T
        change[:, :-n_hop] = change[:, n_hop:]
        change[:, -n_hop:] = 0.0
        spectra = np.fft.rfft(line * self._window)
        power = (spectra.real**2 + spectra.imag**2).sum(axis=0)
        reduction_db = self._reducer.reduction_db(power)
        if reduction_db.any():
            loss = np.expm1(reduction_db / -_DB_PER_NEPER)
            change += np.fft.irfft(spectra * loss) * self._back
            self._sum_db += reduction_db
            np.maximum(self._max_db, reduction_db, out=self._max_db)
        self._n_frames += 1
        return np.ascontiguousarray((line[:, :n_hop] + change[:, :n_hop]).T)
