"""Which files hold the same recording, by their fingerprints."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from pipeline.intake.listeners.fingerprint import CELL_S, N_BITS, FingerprintFigures

Floats = npt.NDArray[np.float64]

LEAST_CELLS = 20  # five seconds; less is too little to be sure
LEAST_SHARE = 0.5  # of the shorter file that must lie beside the other
# Own measurements, 100 pieces of game music, 4,900 pairs: unrelated ones agree by 0.61 at most,
# half of them by 0.53; copies with gain, noise at -20 dB, folded to mono, limited by 6 dB and
# more, resampled, or moved by half a cell agree by 0.69 at least, most by 0.8 to 1.
SAME_RECORDING = 0.65
_AS_GOOD = 0.02


@dataclass(frozen=True, slots=True)
class Match:
    """Two files that hold the same recording, or nearly.

    Parameters
    ----------
    first, second : str
        Names of the files.
    agreement : float
        Share of the bits of both prints that are equal, 0 to 1; unrelated music has 0.5.
    offset_s : float
        How much later the second has what the first has, to a quarter of a second.
    is_exact : bool
        Whether all samples are equal.
    """

    first: str
    second: str
    agreement: float
    offset_s: float
    is_exact: bool


class _Print:
    """A fingerprint as signs, and their transform over time."""

    def __init__(self, figures: FingerprintFigures) -> None:
        cells = [figures.cells[at : at + 4] for at in range(0, len(figures.cells), 4)]
        words = np.array([int(each, 16) if each[0] != "." else 0 for each in cells], dtype=int)
        known = np.array([each[0] != "." for each in cells], dtype=np.float64)
        bits = (words[:, None] >> np.arange(N_BITS)) & 1
        self.checksum = figures.checksum
        self.n_cells = len(cells)
        self.n_known = float(known.sum())
        self._columns = np.column_stack(((2.0 * bits - 1.0) * known[:, None], known))
        self._spectra: dict[int, npt.NDArray[np.complex128]] = {}

    def spectrum(self, size: int) -> npt.NDArray[np.complex128]:
        """Return the transforms of all bits and of what is known, to `size` cells."""
        if size not in self._spectra:
            self._spectra[size] = np.fft.rfft(self._columns, size, axis=0)
        return self._spectra[size]


def matches(
    prints: Mapping[str, FingerprintFigures],
    *,
    firsts: Container[str],
    least_agreement: float = SAME_RECORDING,
) -> Iterator[Match]:
    """Yield every pair of files whose prints agree, in the order of the files.

    Parameters
    ----------
    prints : mapping of str to FingerprintFigures
        By name of the file.
    firsts : container of str
        Names of the files that others are compared with; pairs of others are left out.
    least_agreement : float
        Share of equal bits from which a pair is told, 0.5 to 1.
    """
    taken_apart = {name: _Print(figures) for name, figures in prints.items() if figures.cells}
    ordered = sorted(taken_apart, key=lambda name: name not in firsts)
    for first, second in combinations(ordered, 2):
        a, b = taken_apart[first], taken_apart[second]
        if first not in firsts or min(a.n_known, b.n_known) < LEAST_CELLS:
            continue
        agreement, offset_cells = _best(a, b)
        if agreement >= least_agreement:
            is_exact = a.checksum == b.checksum and a.n_cells == b.n_cells
            yield Match(first, second, agreement, offset_cells * CELL_S, is_exact)


def _best(a: _Print, b: _Print) -> tuple[float, int]:
    """Return the best agreement at any offset, and how many cells later `b` has it."""
    size = 1 << int(a.n_cells + b.n_cells - 1).bit_length()
    together = a.spectrum(size).conj() * b.spectrum(size)
    equal, known = np.fft.irfft(
        np.column_stack((together[:, :-1].sum(axis=1), together[:, -1])), size, axis=0
    ).T
    least = max(LEAST_CELLS, LEAST_SHARE * min(a.n_known, b.n_known))
    agreements = np.where(
        known > least - 0.5, 0.5 + 0.5 * equal / (N_BITS * np.maximum(known, 1.0)), 0.0
    )
    offsets = np.arange(size)
    offsets[offsets > size // 2] -= size
    # What repeats agrees with itself bars later too: among equals the nearest start is meant.
    equals = np.flatnonzero(agreements > agreements.max() - _AS_GOOD)
    best = int(equals[np.abs(offsets[equals]).argmin()])
    return float(agreements[best]), int(offsets[best])
