"""Dynamics: level, crest and offset of each channel, DR ("Measuring DR" v1.3) and PSR.

``-inf`` is silence, `None` undefined: the programme is too short, or silent.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from math import floor, inf, isfinite, log10, sqrt

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel
from pipeline.dsp.loudness import (
    SHORT_TERM_HOPS,
    Energies,
    counts_for_range,
    short_term_lufs,
    short_term_powers,
)

Values = npt.NDArray[np.float64]

_DR_BLOCK_SAMPLES_AT_44100 = 132_480  # as printed: 3.004 s
_DR_BLOCK_S = 3
_DR_LOUDEST_SHARE = 0.2
_LEAST_DR_BLOCKS = 2  # of the peaks the second highest is taken
_SUM, _POWER, _PEAK = range(3)


@dataclass(frozen=True, slots=True)
class ChannelDynamics:
    """The dynamics of one channel.

    Parameters
    ----------
    sample_peak_dbfs : float
        Largest sample.
    rms_dbfs : float
        Mean power of the whole; a sine at full scale reads -3.01 dBFS.
    dc_offset : float
        Mean of the whole, full scale 1.0.
    dr_db : float or None
        DR before it is averaged and rounded; `None` under six seconds, and for silence.
    """

    sample_peak_dbfs: float
    rms_dbfs: float
    dc_offset: float
    dr_db: float | None


@dataclass(frozen=True, slots=True)
class Dynamics:
    """The dynamics of a programme.

    Parameters
    ----------
    rms_dbfs : float
        Mean power of all channels.
    crest_db : float or None
        Largest sample over the mean power of the channel it is in; `None` for silence.
    dc_offset_dbfs : float
        Largest offset of a channel.
    dr : int or None
        Mean of the channels' DR, rounded; silent channels take no part.
    channels : tuple of ChannelDynamics
        In the order of the file.
    """

    rms_dbfs: float
    crest_db: float | None
    dc_offset_dbfs: float
    dr: int | None
    channels: tuple[ChannelDynamics, ...]


class DynamicsMeter:
    """Measures level, crest, offset and DR while audio streams through it.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    n_channels : int
        Channels per block.

    Notes
    -----
    DR looks at whole blocks of three seconds: a rest of some milliseconds would count as much.
    The histogram that the paper sorts its levels with, in steps of 0.01 dB, is left out: levels
    are taken as they are. It keeps 8 bytes per second and channel.

    References
    ----------
    "Measuring DR", version 1.3, Algorithmix, 21 July 2009.
    """

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        is_cd = sample_rate_hz == 44_100
        self._size = _DR_BLOCK_SAMPLES_AT_44100 if is_cd else _DR_BLOCK_S * sample_rate_hz
        self._n_samples = self._n_blocks = 0
        self._so_far = np.zeros((n_channels, 3))
        self._blocks = array("d")

    def update(self, block: Audio) -> None:
        """Take one block of shape ``(n_samples, n_channels)``."""
        block = np.ascontiguousarray(block, dtype=np.float64)
        end = self._n_samples + len(block)
        done = np.empty((end // self._size - self._n_blocks, *self._so_far.shape))
        sum_up(block, self._size - self._n_samples % self._size, self._size, self._so_far, done)
        self._blocks.frombytes(done.tobytes())
        self._n_blocks += len(done)
        self._n_samples = end

    def result(self) -> Dynamics:
        """Return the figures of everything heard so far."""
        blocks = np.array(self._blocks).reshape(-1, *self._so_far.shape)
        channels = tuple(
            self._channel(blocks[:, channel], self._so_far[channel])
            for channel in range(len(self._so_far))
        )
        loudest = max(channels, key=lambda each: each.sample_peak_dbfs)
        powers = [10 ** (each.rms_dbfs / 10) for each in channels]
        drs = [each.dr_db for each in channels if each.dr_db is not None]
        return Dynamics(
            rms_dbfs=_power_db(sum(powers) / len(powers)),
            crest_db=difference_db(loudest.sample_peak_dbfs, loudest.rms_dbfs),
            dc_offset_dbfs=_level_db(max(abs(each.dc_offset) for each in channels)),
            dr=floor(sum(drs) / len(drs) + 0.5) if drs else None,
            channels=channels,
        )

    def _channel(self, blocks: Values, rest: Values) -> ChannelDynamics:
        everything = np.vstack((blocks, rest))
        n_samples = max(self._n_samples, 1)
        return ChannelDynamics(
            sample_peak_dbfs=_level_db(float(everything[:, _PEAK].max())),
            rms_dbfs=_power_db(float(everything[:, _POWER].sum()) / n_samples),
            dc_offset=float(everything[:, _SUM].sum()) / n_samples,
            dr_db=dr_db(blocks[:, _POWER] / self._size, blocks[:, _PEAK]),
        )


def dr_db(powers: Values, peaks: Values) -> float | None:
    """Return the DR of one channel from the power and the peak of each of its blocks.

    `None` under two blocks, and for silence.

    References
    ----------
    "Measuring DR", version 1.3, equations 1 to 4.
    """
    if len(powers) < _LEAST_DR_BLOCKS:
        return None
    n_loudest = max(1, int(_DR_LOUDEST_SHARE * len(powers)))
    loudest = 2.0 * float(np.sort(powers)[-n_loudest:].mean())  # a sine's RMS is its peak
    second_peak = float(np.sort(peaks)[-2])
    return difference_db(_level_db(second_peak), _power_db(loudest))


def psr_db(energies: Energies, peaks: npt.NDArray[np.float32]) -> Values:
    """Return the peak-to-short-term-loudness ratio in dB, one value per 100 ms.

    Parameters
    ----------
    energies : ndarray
        K-weighted power per 100 ms.
    peaks : ndarray
        Linear true peak per 100 ms.

    Returns
    -------
    ndarray of float64
        Value `i` is the true peak of the three seconds from ``0.1 · i`` s on less their
        loudness; NaN where the loudness range does not count them either. There, in a fade or
        a pause, a hum or a breath says nothing of how far a song was compressed.
    """
    powers = short_term_powers(energies)
    ratios = np.full(len(powers), np.nan)
    heard = counts_for_range(powers)
    if heard.any():
        highest = _sliding_max(peaks[: len(energies)].astype(np.float64), SHORT_TERM_HOPS)
        peaks_dbtp = 20 * np.log10(highest[heard])
        ratios[heard] = peaks_dbtp - short_term_lufs(energies)[heard]
    return ratios


def difference_db(above_db: float | None, below_db: float | None) -> float | None:
    """Return how far one level lies over another; `None` if there is no sound in one."""
    if above_db is None or below_db is None or not isfinite(above_db) or not isfinite(below_db):
        return None
    return above_db - below_db


def _sliding_max(values: Values, width: int) -> Values:
    from numpy.lib.stride_tricks import sliding_window_view

    highest: Values = sliding_window_view(values, width).max(axis=1)
    return highest


def _level_db(level: float) -> float:
    return 20 * log10(level) if level > 0 else -inf


def _power_db(power: float) -> float:
    return _level_db(sqrt(power))


@kernel
def sum_up(
    block: Audio,
    left_samples: int,
    size_samples: int,
    so_far: npt.NDArray[np.float64],
    done: npt.NDArray[np.float64],
) -> None:
    """Fill `done` with sum, power and peak of every stretch of `size_samples` that is complete.

    `left_samples` are missing to the end of the first one; `so_far` carries what is not
    complete, a row for each channel.
    """
    for channel in range(block.shape[1]):
        total, power, peak = so_far[channel, 0], so_far[channel, 1], so_far[channel, 2]
        start, stop = 0, left_samples
        for k in range(len(done) + 1):
            for i in range(start, min(stop, block.shape[0])):
                x = block[i, channel]
                total += x
                power += x * x
                peak = max(peak, abs(x))
            start, stop = stop, stop + size_samples
            if k < len(done):
                done[k, channel, 0], done[k, channel, 1], done[k, channel, 2] = (
                    total, power, peak,
                )  # fmt: skip
                total = power = peak = 0.0
        so_far[channel, 0], so_far[channel, 1], so_far[channel, 2] = total, power, peak
