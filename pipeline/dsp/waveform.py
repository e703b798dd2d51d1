"""The outline of a programme, for pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel


class Waveform:
    """The largest magnitude of any channel in equal stretches of a programme.

    Parameters
    ----------
    n_samples : int
        Length of the programme; what comes after it is not counted.
    n_columns : int
        How many stretches at most, 1 or more.
    """

    def __init__(self, n_samples: int, *, n_columns: int) -> None:
        self._width = max(1, -(-n_samples // n_columns))
        self._columns = np.zeros(-(-n_samples // self._width))
        self._n_seen = 0

    def update(self, block: Audio) -> None:
        """Take the next block of shape ``(n_samples, n_channels)``."""
        bits = np.ascontiguousarray(block, dtype=np.float64).view(np.int64)
        note_peaks(bits, self._n_seen, self._width, self._columns.view(np.int64))
        self._n_seen += len(block)

    @property
    def columns(self) -> npt.NDArray[np.float64]:
        """The magnitudes so far, linear, one for each stretch."""
        return self._columns


@kernel
def note_peaks(
    bits: npt.NDArray[np.int64], position: int, width: int, columns: npt.NDArray[np.int64]
) -> None:
    """Raise each column to the largest magnitude of its stretch; all are bits of floats."""
    # Magnitudes of floats are in the order of their bits, and a maximum of integers can be
    # taken in any order, so the compiler uses vectors; it may not for floats.
    n_samples, n_channels = bits.shape
    flat = bits.reshape(-1)
    start = 0
    while start < n_samples:
        column = (position + start) // width
        if column >= len(columns):
            return
        stop = min((column + 1) * width - position, n_samples)
        top = columns[column]
        for i in range(start * n_channels, stop * n_channels):
            top = max(top, flat[i] & np.int64(0x7FFFFFFFFFFFFFFF))
        columns[column] = top
        start = stop
