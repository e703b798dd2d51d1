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
        note_peaks(np.ascontiguousarray(block), self._n_seen, self._width, self._columns)
        self._n_seen += len(block)

    @property
    def columns(self) -> npt.NDArray[np.float64]:
        """The magnitudes so far, linear, one for each stretch."""
        return self._columns


@kernel
def note_peaks(
    block: Audio, position: int, width: int, columns: npt.NDArray[np.float64]
) -> None:
    """Raise each column to the largest magnitude of its stretch."""
    for i in range(block.shape[0]):
        column = (position + i) // width
        if column >= len(columns):
            return
        for channel in range(block.shape[1]):
            magnitude = abs(block[i, channel])
            columns[column] = max(columns[column], magnitude)
