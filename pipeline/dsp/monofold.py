"""What is left of a stereo image when it is folded to mono."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.dsp import Audio
from pipeline.dsp.truepeak import Reblocker

_WINDOW_S = 0.4  # as correlation meters integrate
_GATE_POWER = 1e-6  # -60 dBFS: what fades to nothing may do so anywhere
_SHARE = 0.05  # of the time that may be worse
_PER_DB, _WIDEST_DB = 10, 60


class FoldMeter:
    """Measures how far the middle stands above the sides, band by band.

    Parameters
    ----------
    at_hz : sequence of float
        Where bands meet, in Hz, ascending.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Notes
    -----
    Windows of 400 ms, counted from the start; a band of one that is below -60 dBFS is left out.
    A fold keeps the middle and loses the sides: at 0 dB it loses half of the power.
    """

    def __init__(self, at_hz: Sequence[float], *, sample_rate_hz: int) -> None:
        self._window = round(_WINDOW_S * sample_rate_hz)
        edges = np.rint(np.array((0.0, *at_hz)) * self._window / sample_rate_hz)
        self._edges = np.minimum(edges, self._window // 2).astype(np.intp)
        # The spectra are those of twice the middle and the sides, and half of them is summed.
        self._gate = _GATE_POWER * 2.0 * self._window**2
        self._reblocker = Reblocker(2, self._window)
        self._counts = np.zeros((len(at_hz) + 1, 2 * _WIDEST_DB * _PER_DB + 1), dtype=int)

    def update(self, block: Audio) -> None:
        """Take one stereo block of shape ``(n_samples, 2)``."""
        for chunk in self._reblocker.chunks(np.ascontiguousarray(block, dtype=np.float64)):
            left, right = chunk[:, 0], chunk[:, 1]
            spectra = np.fft.rfft((left + right, left - right))
            power = np.add.reduceat(spectra.real**2 + spectra.imag**2, self._edges, axis=1)
            for mid, side, counts in zip(*power, self._counts, strict=True):
                if mid + side > self._gate:
                    ratio_db = 10.0 * np.log10(max(mid, 1e-30) / max(side, 1e-30))
                    held_db = min(max(ratio_db, -_WIDEST_DB), _WIDEST_DB)
                    counts[round((held_db + _WIDEST_DB) * _PER_DB)] += 1

    def mid_over_sides_db(self) -> list[float | None]:
        """Return for each band what 95 % of the windows reach; None for a silent band."""
        return [
            float(np.argmax(np.cumsum(counts) > _SHARE * counts.sum()) / _PER_DB - _WIDEST_DB)
            if counts.any()
            else None
            for counts in self._counts
        ]
