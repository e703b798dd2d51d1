"""What a mix sounds like, small enough to compare every file with every other.

References
----------
J. Haitsma and T. Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002: the signs
of differences of band energies, along frequency and time. Here with four cells a second.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.intake.listening import Figures, Format, Frames, Heard

Floats = npt.NDArray[np.float64]

CELL_S = 0.25
N_BITS = 16
SILENT_CELL = "...."
_MOST_CELLS = 2_400  # ten minutes tell a recording from every other
_LOWEST_HZ, _HIGHEST_HZ = 100.0, 3_400.0  # what survives an encoder and a rate of 8 kHz
_SILENT_DB = -60.0  # below the loudest cell: noise has a print of its own


@dataclass(frozen=True, slots=True)
class FingerprintFigures(Figures):
    """The print of a mix.

    Parameters
    ----------
    checksum : int
        CRC-32 of the samples, as 32-bit floats: equal for the same audio in any lossless file.
    cells : str
        Four hexadecimal digits per quarter of a second, bit by bit whether an energy grew
        against that of the next band; four dots where nothing is heard.
    """

    name: ClassVar[str] = "fingerprint"

    checksum: int
    cells: str


class FingerprintListener:
    """Lays the energies of bands on a grid of time that all sample rates share."""

    def __init__(self, wanted: Format) -> None:
        n_cells = int(wanted.n_samples / wanted.sample_rate_hz / CELL_S) + 1
        self._energies = np.zeros((min(n_cells, _MOST_CELLS) + 1, N_BITS + 1))
        self._weights = np.zeros(len(self._energies))
        self._checksum = 0
        self._edges: npt.NDArray[np.intp] | None = None

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        self._checksum = zlib.crc32(_as_float32(heard.audio), self._checksum)
        if len(heard.long.spectra):
            self._add(heard.long)

    def figures(self) -> FingerprintFigures:
        """Return the print."""
        energies = self._energies / np.maximum(self._weights, 1e-9)[:, None]
        is_heard = (self._weights > 0.0) & _is_heard(energies)
        slopes = -np.diff(np.log10(np.maximum(energies, 1e-30)), axis=1)
        signs = np.diff(slopes, axis=0) > 0.0
        words = signs @ (1 << np.arange(N_BITS))
        both = is_heard[1:] & is_heard[:-1]
        cells = [
            f"{word:04x}" if known else SILENT_CELL
            for word, known in zip(words.tolist(), both.tolist(), strict=True)
        ]
        return FingerprintFigures(self._checksum, "".join(cells).rstrip("."))

    def _add(self, frames: Frames) -> None:
        if self._edges is None:
            corners_hz = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, N_BITS + 2)
            self._edges = np.searchsorted(frames.frequencies_hz, corners_hz)
        part = frames.spectra[:, :, self._edges[0] : self._edges[-1]]
        powers = (part.real**2 + part.imag**2).sum(axis=1)
        bands = np.add.reduceat(powers, self._edges[:-1] - self._edges[0], axis=1)
        middles = (frames.first + np.arange(len(bands))) * frames.hop_samples
        places = (middles + frames.hop_samples) / frames.sample_rate_hz / CELL_S
        # Each window counts for the two cells around it, the more the nearer it is.
        for cell, share in _shares(places):
            kept = cell < len(self._energies)
            np.add.at(self._energies, cell[kept], bands[kept] * share[kept, None])
            np.add.at(self._weights, cell[kept], share[kept])


def _shares(places: Floats) -> tuple[tuple[npt.NDArray[np.intp], Floats], ...]:
    before = places.astype(np.intp)
    share = places - before
    return (before, 1.0 - share), (before + 1, share)


def _is_heard(energies: Floats) -> npt.NDArray[np.bool_]:
    levels = energies.sum(axis=1)
    loudest = max(float(levels.max()), 1e-20)
    return np.asarray(levels > loudest * 10.0 ** (_SILENT_DB / 10.0))


def _as_float32(audio: Audio) -> memoryview:
    # Adding zero makes one zero of the two that floating point has.
    return (np.ascontiguousarray(audio, dtype=np.float32) + np.float32(0.0)).data
