"""True peak: ITU-R BS.1770-5 Annex 2, and what other meters make of the same samples.

Two meters seldom agree. The literal filter of the standard misses the samples themselves and
reads up to 0.22 dB too much at a tenth of the sample rate; a short filter reads too little near
the top of the band. So the limiter looks at the largest of all readings, and the meter reports
an accurate value beside the literal one.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp import _truepeak_banks as banks
from pipeline.dsp.kernel import kernel

CELL_SAMPLES = 32
CHUNK_SAMPLES = 32_768  # near the second-level cache; long enough to hide the calls
HISTORY_SAMPLES = 192  # what the longest filter looks back at
DELAY_SAMPLES = 96  # and what it looks ahead to

Row = npt.NDArray[np.float32]
Bits = npt.NDArray[np.int32]
Cells = npt.NDArray[np.intp]  # numbers of cells, in order

# The most that a bank can make of samples of magnitude 1, rounded up.
_ITU_BOUND = 2.03
_COARSE_BOUND = 2.31  # also of both Hann banks
# Where the coarse bank stays this much below a level, a long filter does not exceed it; with
# much near half the sample rate it needs more room.
_COARSE_MARGIN = 1.12
_BRIGHT_MARGIN = 1.5
# With less than this part of a level above 0.46 of the rate, all long filters agree to 0.1 dB.
_EDGE_SHARE = 0.01
_HOPS_PER_S = 10  # the grid of loudness over time


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
    from zero has a peak outside itself. An 8-fold bank finds where the peak may be; there the
    rate is doubled by a filter of 128 taps, and the bank applied once more reads 16 values per
    sample. Cells of 32 samples too quiet to matter are skipped.

    References
    ----------
    ITU-R BS.1770-5 Annex 2; EBU Tech 3341 (2023), Table 1, cases 15 to 23 (+0.2, -0.4 dB).
    """

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        if sample_rate_hz <= 0:
            raise ValueError(f"sample_rate_hz must be positive, got {sample_rate_hz}")
        self._reblocker = Reblocker(n_channels)
        self._x = np.zeros((n_channels, HISTORY_SAMPLES + CHUNK_SAMPLES), np.float32)
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
        x = np.pad(self._x, ((0, 0), (0, DELAY_SAMPLES)))  # a rest may nearly fill a chunk
        return self._peaks(x[:, : _load(x, padded(self._reblocker.rest(), DELAY_SAMPLES))])

    def _peaks(self, x: Row) -> tuple[float, float]:
        itu, accurate = self._itu, max(self._accurate, self._sample)
        for row in x:
            short = _short_view(row)
            local = _local_peaks(short)
            highest = float(local.max())
            if highest * _ITU_BOUND > itu:
                envelope = np.zeros(len(row) - HISTORY_SAMPLES, np.float32)
                banks.itu_peaks(short, envelope, np.flatnonzero(local * _ITU_BOUND > itu))
                itu = max(itu, float(envelope.max()))
            if highest * _COARSE_BOUND > accurate:
                envelope = np.zeros(len(row) - HISTORY_SAMPLES, np.float32)
                cells = np.flatnonzero(local * _COARSE_BOUND > accurate)
                banks.coarse_peaks(short, envelope, cells)
                accurate = max(accurate, float(envelope.max()))
                _raise_where_loud(row, envelope, cells, accurate)
                accurate = max(accurate, float(envelope.max()))
        return itu, accurate


class TruePeakTrace:
    """Follows the true peak of all channels over time; it keeps 40 bytes per second.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    n_channels : int
        Number of channels.

    Notes
    -----
    Read 8 times per sample: at most 0.17 dB too little at the top of the band (BS.1770-5
    Annex 2, attachment 1). Times are exact to a cell of 32 samples.
    """

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        self._rate = sample_rate_hz
        self._reblocker = Reblocker(n_channels)
        self._x = np.zeros((n_channels, HISTORY_SAMPLES + CHUNK_SAMPLES), np.float32)
        self._position = -DELAY_SAMPLES
        self._peaks = array("f")

    def update(self, block: Audio) -> None:
        """Take the next block, shape ``(n_samples, n_channels)``."""
        for chunk in self._reblocker.chunks(block):
            length = _load(self._x, chunk)
            self._note(self._peaks, _cell_readings(self._x[:, :length]))
            _shift(self._x, len(chunk))
            self._position += len(chunk)

    def peaks(self) -> Row:
        """Return the highest linear reading in each 100 ms so far, a part at the end too."""
        # A reading must not disturb the measurement: more blocks may follow.
        x = np.pad(self._x, ((0, 0), (0, DELAY_SAMPLES)))
        length = _load(x, padded(self._reblocker.rest(), DELAY_SAMPLES))
        found = self._peaks[:]
        self._note(found, _cell_readings(x[:, :length]))
        return np.array(found)

    def _note(self, peaks: array[float], readings: Row) -> None:
        places = self._position + CELL_SAMPLES // 2 + CELL_SAMPLES * np.arange(len(readings))
        hops = np.maximum(places * _HOPS_PER_S // self._rate, 0)
        starts = np.flatnonzero(np.diff(hops, prepend=-1))
        highest = np.maximum.reduceat(readings, starts)
        if len(peaks) > hops[0]:  # the hop that the last chunk ended in
            peaks[-1] = max(peaks[-1], float(highest[0]))
            highest = highest[1:]
        peaks.frombytes(highest.tobytes())


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

    latency_samples = DELAY_SAMPLES

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
        return self._detector.next(padded(rest, self.latency_samples))[:wanted]


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
    is_fine : bool, optional
        Whether to read again with the longest filters, where the envelope comes near the
        floor or, without a floor, where they may read more than the short ones.
    """

    delay_cells = (
        4  # of `next_cells`: three of the filters, one for the interval that leads out
    )

    def __init__(
        self, sample_rate_hz: int, n_channels: int, *, floor: float = 0.0, is_fine: bool = False
    ) -> None:
        self._hann_peaks: Any = (
            banks.hann_4x_peaks if sample_rate_hz < 96_000 else banks.hann_2x_peaks
        )
        self._floor = floor
        self._is_fine = is_fine
        self._last_peak = np.zeros(1, np.float32)
        self._x = np.zeros((n_channels, HISTORY_SAMPLES + CHUNK_SAMPLES), np.float32)

    def next(self, chunk: Audio) -> Row:
        """Return the envelope of the `DELAY_SAMPLES` before the end of the last chunk and on.

        Parameters
        ----------
        chunk : ndarray
            Shape ``(n_samples, n_channels)``; n_samples a multiple of 32.
        """
        self._make_room(len(chunk))
        length = _load(self._x, chunk)
        envelope = np.zeros(len(chunk), np.float32)
        for row in self._x[:, :length]:
            self._raise(envelope, row)
        _shift(self._x, len(chunk))
        return envelope

    def next_cells(self, chunk: Audio) -> Row:
        """Return the highest reading of each cell, the intervals into and out of it included.

        They are `delay_cells` late: the first speak of the cells before `chunk`.
        """
        readings = self.next(chunk)
        peaks = np.concatenate((self._last_peak, cell_peaks(readings, _all_cells(readings))))
        self._last_peak = peaks[-1:].copy()
        both: Row = np.maximum(peaks[:-1], readings[::CELL_SAMPLES])
        return both

    def _raise(self, envelope: Row, row: Row) -> None:
        short = _short_view(row)
        cells = _all_cells(envelope)
        if self._floor:
            cells = np.flatnonzero(_local_peaks(short) * _COARSE_BOUND > self._floor)
        banks.coarse_peaks(short, envelope, cells)
        if self._is_fine:
            cells = self._raise_finely(envelope, row, cells)
        banks.itu_peaks(short, envelope, cells)
        self._hann_peaks(short, envelope, cells)

    def _raise_finely(self, envelope: Row, row: Row, cells: Cells) -> Cells:
        """Raise by the long filters, and return the cells that any may read above the floor."""
        peaks = cell_peaks(envelope, cells)
        loud = cells[peaks * _COARSE_MARGIN > self._floor]
        if self._floor and len(loud):
            _raise_from_doubled(banks.double_rate, row, envelope, loud)
        # What was raised is loud, and so among these already.
        if not _raise_where_bright(row, envelope, cells[peaks * _BRIGHT_MARGIN > self._floor]):
            return loud
        return _near(envelope, cells, _COARSE_MARGIN, self._floor)

    def _make_room(self, n_samples: int) -> None:
        missing = HISTORY_SAMPLES + n_samples - self._x.shape[1]
        if missing > 0:
            self._x = np.pad(self._x, ((0, 0), (0, missing)))


def _load(x: Row, chunk: Audio) -> int:
    """Put a chunk behind the history in `x` and return how much of `x` is now filled."""
    end = HISTORY_SAMPLES + len(chunk)
    x[:, HISTORY_SAMPLES:end] = chunk.T
    return end


def _cell_readings(x: Row) -> Row:
    """Return the highest reading of the 8-fold bank in each cell, of all rows together."""
    envelope = np.zeros(x.shape[1] - HISTORY_SAMPLES, np.float32)
    cells = _all_cells(envelope)
    for row in x:
        banks.coarse_peaks(_short_view(row), envelope, cells)
    return cell_peaks(envelope, cells)


def _shift(x: Row, n_samples: int) -> None:
    """Keep the last samples of a chunk as the history of the next."""
    x[:, :HISTORY_SAMPLES] = x[:, n_samples : n_samples + HISTORY_SAMPLES].copy()


def _short_view(row: Row) -> Row:
    """Return the part of a row that the short banks look at."""
    return row[64:-64]


def _raise_where_loud(row: Row, envelope: Row, cells: Cells, level: float) -> None:
    """Raise the envelope by readings at 16 times the rate, where they may exceed `level`."""
    near = _near(envelope, cells, _COARSE_MARGIN, level)
    if len(near):
        _raise_from_doubled(banks.double_rate, row, envelope, near)


def _raise_where_bright(row: Row, envelope: Row, cells: Cells) -> bool:
    """Raise the envelope where so much lies near half the sample rate that meters disagree.

    There an endless sinc and a steep edge are read. Returns whether any of the cells is bright.
    """
    if not len(cells):
        return False
    edge = np.zeros_like(envelope)
    banks.edge_peaks(_short_view(row), edge, cells)
    bright = cells[cell_peaks(edge, cells) > _EDGE_SHARE * cell_peaks(envelope, cells)]
    for double in (banks.double_rate, banks.double_rate_steeply):
        if len(bright):
            _raise_from_doubled(double, row, envelope, bright)
    return bool(len(bright))


def _raise_from_doubled(double: Any, row: Row, envelope: Row, cells: Cells) -> None:
    """Raise the envelope in these cells, by the short bank at twice the rate."""
    halves = np.zeros(2 * len(envelope) // CELL_SAMPLES, np.bool_)
    halves[2 * cells] = halves[2 * cells + 1] = True
    needed = np.zeros(len(halves) + 2, np.bool_)  # a half is read from its two neighbours too
    for neighbour in range(3):
        needed[neighbour : neighbour + len(halves)] |= halves
    doubled = np.empty(2 * len(envelope) + 2 * CELL_SAMPLES, np.float32)
    double(row, doubled, np.flatnonzero(needed[::2] | needed[1::2]))
    readings = np.zeros(2 * len(envelope), np.float32)
    banks.coarse_peaks(doubled, readings, np.flatnonzero(halves))
    there = readings.reshape(-1, 2 * CELL_SAMPLES)[cells]
    raised = envelope.reshape(-1, CELL_SAMPLES)
    raised[cells] = np.maximum(raised[cells], np.maximum(there[:, ::2], there[:, 1::2]))


def _near(envelope: Row, cells: Cells, margin: float, level: float) -> Cells:
    """Return those of the cells in which the envelope, times a margin, exceeds a level."""
    return cells[cell_peaks(envelope, cells) * margin > level]


def _all_cells(row: Row) -> Cells:
    return np.arange(len(row) // CELL_SAMPLES)


def padded(rest: Audio, tail_samples: int) -> Audio:
    """Return `rest` and silence: `tail_samples`, and what is missing to a whole cell."""
    return np.pad(rest, ((0, tail_samples + -len(rest) % CELL_SAMPLES), (0, 0)))


def cell_peaks(row: Row, cells: Cells) -> Row:
    """Return the largest magnitude in each of these cells of 32, shape ``(len(cells),)``."""
    bits = np.empty(len(cells), np.int32)
    _cell_peaks(row.view(np.int32), cells, bits)
    return bits.view(np.float32)


def _local_peaks(row: Row) -> Row:
    """Return per cell the largest magnitude of the samples that any bank may look at."""
    peaks = cell_peaks(row, _all_cells(row))
    return np.maximum(np.maximum(peaks[:-2], peaks[1:-1]), peaks[2:])


@kernel
def _cell_peaks(bits: Bits, cells: Cells, peaks: Bits) -> None:
    # Magnitudes of floats are in the order of their bits, and a maximum of integers can be
    # taken in any order, so the compiler uses vectors; it may not for floats.
    for k in range(len(cells)):
        w = bits[32 * cells[k] : 32 * cells[k] + 32]
        top = np.int32(0)
        for i in range(32):
            top = max(top, w[i] & np.int32(0x7FFFFFFF))
        peaks[k] = top


def _magnitude(block: Audio) -> float:
    return max(float(block.max(initial=0.0)), -float(block.min(initial=0.0)))


def _db(level: float) -> float:
    return 20.0 * math.log10(level) if level > 0.0 else -math.inf
