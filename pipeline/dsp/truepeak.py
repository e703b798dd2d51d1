"""True peak: ITU-R BS.1770-5 Annex 2, and what other meters make of the same samples.

Two meters seldom agree. The literal filter of the standard misses the samples themselves and
reads up to 0.22 dB too much at a tenth of the sample rate; a short filter reads too little near
the top of the band. So the limiter looks at the largest of all readings, and the meter reports
an accurate value beside the literal one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp import _truepeak_banks as banks
from pipeline.dsp.kernel import kernel

CELL_SAMPLES = 32
CHUNK_SAMPLES = 8192  # fits the first-level cache together with its envelope
REACH_SAMPLES = 32  # what the longest bank needs on either side

Row = npt.NDArray[np.float32]
Bits = npt.NDArray[np.int32]

# The most that a bank can make of samples of magnitude 1, rounded up.
_ITU_BOUND = 2.03
_COARSE_BOUND = 2.31  # also of both Hann banks
# Where the coarse bank reads less than this part of the highest peak, the fine one finds no
# higher one: of a steady tone at 0.45 of the sample rate the coarse bank misses 0.14 to 1 dB.
_FINE_MARGIN = 1.12


class Reblocker:
    """Cuts a stream into chunks of one size, counted from its start.

    So whatever is computed chunk by chunk does not depend on how the input was cut.

    Parameters
    ----------
    n_channels : int
        Number of channels of the blocks.
    chunk_samples : int, optional
        Length of a chunk; a multiple of 32.
    """

    def __init__(self, n_channels: int, chunk_samples: int = CHUNK_SAMPLES) -> None:
        self._kept = np.zeros((chunk_samples, n_channels))
        self._n_kept = 0

    def chunks(self, block: Audio) -> Iterator[Audio]:
        """Take a block and yield every chunk that is now complete; use each before the next."""
        size, start = len(self._kept), 0
        while start < len(block):
            if not self._n_kept and len(block) - start >= size:
                start += size
                yield block[start - size : start]
                continue
            taken = min(size - self._n_kept, len(block) - start)
            self._kept[self._n_kept : self._n_kept + taken] = block[start : start + taken]
            self._n_kept, start = self._n_kept + taken, start + taken
            if self._n_kept == size:
                self._n_kept = 0
                yield self._kept

    def rest(self) -> Audio:
        """Return a copy of what no chunk has carried yet, shape ``(n_samples, n_channels)``."""
        return self._kept[: self._n_kept].copy()


class TruePeakMeter:
    """Measures the highest true peak of all channels.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    n_channels : int
        Number of channels.

    Notes
    -----
    Before and after the programme there is silence, so a programme that begins or ends away
    from zero has a peak outside itself. An 8-fold bank finds where the peak may be and a
    12-fold one of 48 taps measures it: within 0.06 dB of a long 32-fold interpolation of what
    lies below 0.46 of the sample rate. Cells of 32 samples too quiet to matter are skipped.

    References
    ----------
    ITU-R BS.1770-5 Annex 2; EBU Tech 3341 (2023), Table 1, cases 15 to 23 (+0.2, -0.4 dB).
    """

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        if sample_rate_hz <= 0:
            raise ValueError(f"sample_rate_hz must be positive, got {sample_rate_hz}")
        self._reblocker = Reblocker(n_channels)
        self._x = np.zeros((n_channels, 2 * REACH_SAMPLES + CHUNK_SAMPLES), np.float32)
        self._accurate = self._itu = self._sample = 0.0

    def update(self, block: Audio) -> None:
        """Take the next block, shape ``(n_samples, n_channels)``."""
        for chunk in self._reblocker.chunks(block):
            self._sample = max(self._sample, _magnitude(chunk))
            length = _load(self._x, chunk)
            self._itu, self._accurate = self._peaks(self._x[:, :length])
            _shift(self._x, len(chunk))

    @property
    def true_peak_dbtp(self) -> float:
        """Highest accurate peak so far, in dBTP; never below the sample peak."""
        return _db(max(self._with_tail()[1], self._sample_peak()))

    @property
    def itu_true_peak_dbtp(self) -> float:
        """What the literal filter of BS.1770 and the samples themselves read, in dBTP."""
        return _db(max(self._with_tail()[0], self._sample_peak()))

    @property
    def sample_peak_dbfs(self) -> float:
        """Highest magnitude of a sample so far, in dBFS."""
        return _db(self._sample_peak())

    def _sample_peak(self) -> float:
        return max(self._sample, _magnitude(self._reblocker.rest()))

    def _with_tail(self) -> tuple[float, float]:
        # A reading must not disturb the measurement: more blocks may follow.
        x = self._x.copy()
        return self._peaks(x[:, : _load(x, _padded(self._reblocker.rest(), REACH_SAMPLES))])

    def _peaks(self, x: Row) -> tuple[float, float]:
        itu, accurate = self._itu, max(self._accurate, self._sample)
        for row in x:
            local = _local_peaks(row)
            envelope = np.zeros(len(row) - 2 * REACH_SAMPLES, np.float32)
            banks.itu_peaks(row, envelope, np.flatnonzero(local * _ITU_BOUND > itu))
            itu = max(itu, float(envelope.max()))
            envelope[:] = 0.0
            banks.coarse_peaks(
                row, envelope, np.flatnonzero(local * _COARSE_BOUND * _FINE_MARGIN > accurate)
            )
            accurate = max(accurate, float(envelope.max()))
            coarse = envelope.reshape(-1, CELL_SAMPLES).max(axis=1)
            banks.fine_peaks(row, envelope, np.flatnonzero(coarse * _FINE_MARGIN > accurate))
            accurate = max(accurate, float(envelope.max()))
        return itu, accurate


class PeakEnvelope:
    """Gives for every sample the highest reading that any meter may show there.

    Entry n is the largest magnitude, over all channels and interpolators, from sample n - 1
    (exclusive) to sample n: of the samples, the literal filter of BS.1770, the 49 taps of
    libebur128 (4-fold, from 96 kHz on 2-fold) and an accurate 8-fold bank.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    n_channels : int
        Number of channels; they share one envelope.
    floor : float, optional
        Entries that cannot exceed this linear level may be any value up to it; finding them
        costs nearly nothing.

    Notes
    -----
    Returns float32 arrays of shape ``(n,)``; all of `process` and `flush` together are as long
    as the input plus `latency_samples`.
    """

    latency_samples = REACH_SAMPLES

    def __init__(self, sample_rate_hz: int, n_channels: int, *, floor: float = 0.0) -> None:
        self._detector = Detector(sample_rate_hz, n_channels, floor=floor)
        self._reblocker = Reblocker(n_channels)
        self._no_envelope = np.empty(0, np.float32)

    def process(self, block: Audio) -> Row:
        """Take one block of shape ``(n_samples, n_channels)`` and return what is ready."""
        found = [self._detector.next(chunk) for chunk in self._reblocker.chunks(block)]
        return np.concatenate(found) if found else self._no_envelope

    def flush(self) -> Row:
        """Return what is still held back; silence follows the programme."""
        rest = self._reblocker.rest()
        wanted = len(rest) + self.latency_samples
        return self._detector.next(_padded(rest, self.latency_samples))[:wanted]


class Detector:
    """The envelope of `PeakEnvelope`, for blocks of whole cells of 32 samples.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    n_channels : int
        Number of channels.
    floor : float, optional
        See `PeakEnvelope`.
    """

    def __init__(self, sample_rate_hz: int, n_channels: int, *, floor: float = 0.0) -> None:
        self._hann_peaks: Any = (
            banks.hann_4x_peaks if sample_rate_hz < 96_000 else banks.hann_2x_peaks
        )
        self._floor = floor
        self._x = np.zeros((n_channels, 2 * REACH_SAMPLES + CHUNK_SAMPLES), np.float32)

    def next(self, chunk: Audio) -> Row:
        """Return the envelope of the `REACH_SAMPLES` before the end of the last chunk and on.

        Parameters
        ----------
        chunk : ndarray
            Shape ``(n_samples, n_channels)``; n_samples a multiple of 32, at most 8224.
        """
        self._make_room(len(chunk))
        length = _load(self._x, chunk)
        envelope = np.zeros(len(chunk), np.float32)
        for row in self._x[:, :length]:
            self._raise(envelope, row)
        _shift(self._x, len(chunk))
        return envelope

    def _raise(self, envelope: Row, row: Row) -> None:
        cells = np.arange(len(envelope) // CELL_SAMPLES)
        if self._floor:
            cells = cells[_local_peaks(row) * _COARSE_BOUND > self._floor]
        banks.itu_peaks(row, envelope, cells)
        self._hann_peaks(row, envelope, cells)
        banks.coarse_peaks(row, envelope, cells)

    def _make_room(self, n_samples: int) -> None:
        missing = 2 * REACH_SAMPLES + n_samples - self._x.shape[1]
        if missing > 0:
            self._x = np.pad(self._x, ((0, 0), (0, missing)))


def _load(x: Row, chunk: Audio) -> int:
    """Put a chunk behind the history in `x` and return how much of `x` is now filled."""
    end = 2 * REACH_SAMPLES + len(chunk)
    x[:, 2 * REACH_SAMPLES : end] = chunk.T
    return end


def _shift(x: Row, n_samples: int) -> None:
    """Keep the last samples of a chunk as the history of the next."""
    history = 2 * REACH_SAMPLES
    x[:, :history] = x[:, n_samples : n_samples + history].copy()


def _padded(rest: Audio, tail_samples: int) -> Audio:
    """Append silence: `tail_samples`, and what is missing to a whole cell."""
    return np.pad(rest, ((0, tail_samples + -len(rest) % CELL_SAMPLES), (0, 0)))


def _local_peaks(row: Row) -> Row:
    """Return per cell the largest magnitude of the samples that any bank may look at."""
    bits = np.empty(len(row) // CELL_SAMPLES, np.int32)
    _cell_peaks(row.view(np.int32), bits)
    peaks = bits.view(np.float32)
    return np.maximum(np.maximum(peaks[:-2], peaks[1:-1]), peaks[2:])


@kernel
def _cell_peaks(bits: Bits, peaks: Bits) -> None:
    # Magnitudes of floats are in the order of their bits, and a maximum of integers can be
    # taken in any order, so the compiler uses vectors; it may not for floats.
    for cell in range(len(peaks)):
        w = bits[32 * cell : 32 * cell + 32]
        top = np.int32(0)
        for i in range(32):
            top = max(top, w[i] & np.int32(0x7FFFFFFF))
        peaks[cell] = top


def _magnitude(block: Audio) -> float:
    return max(float(block.max(initial=0.0)), -float(block.min(initial=0.0)))


def _db(level: float) -> float:
    return 20.0 * math.log10(level) if level > 0.0 else -math.inf
