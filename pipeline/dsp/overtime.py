"""Sums over time in bounded memory, however long the programme is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST_STRETCHES = 4096

Sums = npt.NDArray[np.float64]


class SumsOverTime:
    """Adds rows up in stretches of time; when there are too many, neighbours are merged.

    Parameters
    ----------
    width : int
        Numbers in a row.
    most : int, optional
        Stretches to keep at most; an even number.

    Notes
    -----
    Rows are added one after another, so the sums do not depend on how many come at a time.
    """

    def __init__(self, width: int, *, most: int = MOST_STRETCHES) -> None:
        self._sums = np.zeros((most, width))
        self._n_rows = 0
        self.rows_per_stretch = 1

    def add(self, rows: Sums) -> None:
        """Take the next rows, shape ``(n, width)``."""
        for row in rows:
            place = self._n_rows // self.rows_per_stretch
            if place == len(self._sums):
                self._merge()
                place //= 2
            self._sums[place] += row
            self._n_rows += 1

    @property
    def stretches(self) -> Sums:
        """The sums so far, shape ``(n_stretches, width)``; the last may be of fewer rows."""
        n_stretches = -(-self._n_rows // self.rows_per_stretch)
        return self._sums[:n_stretches].copy()

    def _merge(self) -> None:
        half = len(self._sums) // 2
        self._sums[:half] = self._sums[::2] + self._sums[1::2]
        self._sums[half:] = 0.0
        self.rows_per_stretch *= 2
