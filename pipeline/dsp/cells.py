"""What a limiter and a loudness meter need to know of a programme, per cell of 32 samples.

From these two numbers per cell the level of a *limited* programme can be worked out for any
gain without touching the audio again.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from formats.errors import DecodeError
from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel
from pipeline.dsp.loudness import k_weighting
from pipeline.dsp.truepeak import CELL_SAMPLES, Detector, Reblocker, padded

Row = npt.NDArray[np.float32]

_CELLS_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A programme, seen through cells; cell n holds the samples from ``32 n`` on.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate, in Hz.
    peak : ndarray
        Highest linear reading of any true-peak meter in each cell, float32, ``(n_cells,)``.
    power : ndarray
        K-weighted power of all channels, mean over the cell, same shape, float32. Silence
        completes the last cell.
    cell_samples : int
        Samples per cell.
    """

    sample_rate_hz: int
    peak: Row
    power: Row
    cell_samples: int = CELL_SAMPLES

    _HEAD: ClassVar[struct.Struct] = struct.Struct("<8sIIQ")
    _MAGIC: ClassVar[bytes] = b"GMcells1"

    def __len__(self) -> int:
        return len(self.peak)

    def parts(self) -> tuple[bytes, memoryview, memoryview]:
        """Return what `to_bytes` joins, uncopied: 57 MB of 79 minutes at 48 kHz."""
        head = self._HEAD.pack(self._MAGIC, self.sample_rate_hz, self.cell_samples, len(self))
        return (
            head,
            self.peak.astype("<f4", copy=False).data,
            self.power.astype("<f4", copy=False).data,
        )

    def to_bytes(self) -> bytes:
        """Return the bytes that `from_bytes` reads: 8 per cell, little-endian."""
        return b"".join(self.parts())

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Self:
        """Read cells; the arrays are views of `data` and cannot be written to.

        Raises
        ------
        DecodeError
            If `data` holds no cells, or not all of them.
        """
        if len(data) < cls._HEAD.size:
            raise DecodeError(0, f"{cls._HEAD.size} bytes of head", f"{len(data)} bytes")
        magic, rate_hz, cell_samples, n_cells = cls._HEAD.unpack_from(data)
        if magic != cls._MAGIC:
            raise DecodeError(0, repr(cls._MAGIC), repr(magic))
        if not rate_hz or cell_samples != CELL_SAMPLES:
            raise DecodeError(8, f"a rate and {CELL_SAMPLES}", f"{rate_hz} and {cell_samples}")
        expected = cls._HEAD.size + 8 * n_cells
        if len(data) != expected:
            raise DecodeError(16, f"{expected} bytes in all", f"{len(data)}")
        rows = np.frombuffer(data, "<f4", offset=cls._HEAD.size).reshape(2, n_cells)
        return cls(rate_hz, rows[0], rows[1], cell_samples)

    def at_rate(self, sample_rate_hz: int) -> Cells:
        """Return the programme on the grid of another sample rate.

        Peaks are those of every cell that is touched, so none is lost; power is divided by
        time, so none is lost or won.
        """
        if sample_rate_hz == self.sample_rate_hz or not len(self):
            return Cells(sample_rate_hz, self.peak, self.power, self.cell_samples)
        n_cells = -(-len(self) * sample_rate_hz // self.sample_rate_hz)
        peak, power = np.empty(n_cells, np.float32), np.empty(n_cells, np.float32)
        total = np.concatenate(([0.0], np.cumsum(self.power, dtype=np.float64)))
        for start in range(0, n_cells, _CELLS_AT_ONCE):
            here = slice(start, min(start + _CELLS_AT_ONCE, n_cells))
            # In whole numbers, so that an edge that coincides does so exactly.
            edges = np.arange(here.start, here.stop + 1) * self.sample_rate_hz
            peak[here] = self._highest_between(edges, sample_rate_hz)
            whole = np.minimum(edges // sample_rate_hz, len(self) - 1)
            up_to = total[whole] + (edges / sample_rate_hz - whole) * self.power[whole]
            per_cell = np.diff(np.minimum(up_to, total[-1]))
            power[here] = np.maximum(per_cell, 0.0) * (sample_rate_hz / self.sample_rate_hz)
        return Cells(sample_rate_hz, peak, power)

    def _highest_between(self, edges: npt.NDArray[np.int64], per_cell: int) -> Row:
        """Return the highest peak of the cells that lie, in part at least, between edges."""
        first = np.minimum(edges[:-1] // per_cell, len(self) - 1)
        stop = np.minimum(-(-edges[1:] // per_cell), len(self))
        highest = self.peak[first]
        for step in range(1, int((stop - first).max(initial=1))):
            highest = np.maximum(highest, self.peak[np.minimum(first + step, stop - 1)])
        return highest


class CellMeter:
    """Measures a programme cell by cell while it streams by; 12 kB per second at 48 kHz.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    n_channels : int
        1 or 2 channels.
    """

    def __init__(self, sample_rate_hz: int, n_channels: int) -> None:
        if n_channels not in (1, 2):
            raise ValueError(f"n_channels must be 1 or 2, got {n_channels}")
        self._rate_hz = sample_rate_hz
        self._detector = Detector(sample_rate_hz, n_channels, is_fine=True)
        self._coefficients = k_weighting(sample_rate_hz)
        self._state = np.zeros((2, 4))
        self._reblocker = Reblocker(n_channels)
        self._n_samples = 0
        self._peaks: list[Row] = []
        self._powers: list[Row] = []

    def update(self, block: Audio) -> None:
        """Take the next block, shape ``(n_samples, n_channels)``."""
        self._n_samples += len(block)
        for chunk in self._reblocker.chunks(block):
            self._measure(chunk)

    def result(self) -> Cells:
        """Return the cells, the last one completed by silence; the meter is then spent."""
        self._measure(padded(self._reblocker.rest(), Detector.delay_cells * CELL_SAMPLES))
        n_cells = -(-self._n_samples // CELL_SAMPLES)
        peak, power = np.concatenate(self._peaks), np.concatenate(self._powers)
        first = Detector.delay_cells
        return Cells(self._rate_hz, peak[first : first + n_cells], power[:n_cells])

    def _measure(self, chunk: Audio) -> None:
        self._peaks.append(self._detector.next_cells(chunk))
        power = np.empty(len(chunk) // CELL_SAMPLES, np.float32)
        _weighted_power(np.ascontiguousarray(chunk), self._coefficients, self._state, power)
        self._powers.append(power)


@kernel
def _weighted_power(
    chunk: Audio,
    coefficients: npt.NDArray[np.float64],
    state: npt.NDArray[np.float64],
    power: Row,
) -> None:
    # Both channels in one loop: a recursion waits for itself, the second one fills the gaps.
    right = chunk.shape[1] - 1
    share = 1.0 if right else 0.5  # a lone channel is taken twice
    gain = coefficients[1, 0]  # the high-pass is gain · (1, -2, 1): the shelf takes the gain
    b0, b1, b2 = coefficients[0, 0] * gain, coefficients[0, 1] * gain, coefficients[0, 2] * gain
    a1, a2 = coefficients[0, 3], coefficients[0, 4]
    c1, c2 = coefficients[1, 3], coefficients[1, 4]
    l1, l2, l3, l4 = state[0, 0], state[0, 1], state[0, 2], state[0, 3]
    r1, r2, r3, r4 = state[1, 0], state[1, 1], state[1, 2], state[1, 3]
    for cell in range(len(power)):
        total = 0.0
        for i in range(32 * cell, 32 * cell + 32):
            x, y = chunk[i, 0], chunk[i, right]
            shelf = b0 * x + l1
            l1 = (b1 * x + l2) - a1 * shelf
            l2 = b2 * x - a2 * shelf
            out = shelf + l3
            l3 = (l4 - 2.0 * shelf) - c1 * out
            l4 = shelf - c2 * out
            shelf = b0 * y + r1
            r1 = (b1 * y + r2) - a1 * shelf
            r2 = b2 * y - a2 * shelf
            other = shelf + r3
            r3 = (r4 - 2.0 * shelf) - c1 * other
            r4 = shelf - c2 * other
            total += out * out + other * other
        power[cell] = total * share / 32.0
        # In digital silence the delays sink into denormals, which cost a hundredfold.
        if abs(l1) + abs(l2) + abs(l3) + abs(l4) < 1e-30:
            l1 = l2 = l3 = l4 = 0.0
        if abs(r1) + abs(r2) + abs(r3) + abs(r4) < 1e-30:
            r1 = r2 = r3 = r4 = 0.0
    state[0, 0], state[0, 1], state[0, 2], state[0, 3] = l1, l2, l3, l4
    state[1, 0], state[1, 1], state[1, 2], state[1, 3] = r1, r2, r3, r4
