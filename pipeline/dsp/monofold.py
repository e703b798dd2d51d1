"""What is left of a stereo image when it is folded to mono."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.dsp import Audio
from pipeline.dsp.biquad import Cascade, butterworth_high_pass, butterworth_low_pass
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

    Raises
    ------
    ValueError
        If the sample rate cannot carry a frequency.

    Notes
    -----
    Windows of 400 ms, counted from the start; a band of one that is below -60 dBFS is left out.
    A fold keeps the middle and loses the sides: at 0 dB it loses half of the power.
    """

    def __init__(self, at_hz: Sequence[float], *, sample_rate_hz: int) -> None:
        above = [butterworth_high_pass(at, 2, sample_rate_hz=sample_rate_hz) for at in at_hz]
        below = [butterworth_low_pass(at, 2, sample_rate_hz=sample_rate_hz) for at in at_hz]
        self._bands = [
            Cascade([*high, *low]) for high, low in zip([[], *above], [*below, []], strict=True)
        ]
        self._window = round(_WINDOW_S * sample_rate_hz)
        self._reblocker = Reblocker(2, self._window)
        self._counts = np.zeros((len(self._bands), 2 * _WIDEST_DB * _PER_DB + 1), dtype=int)

    def update(self, block: Audio) -> None:
        """Take one stereo block of shape ``(n_samples, 2)``."""
        for chunk in self._reblocker.chunks(np.ascontiguousarray(block, dtype=np.float64)):
            left, right = chunk[:, 0], chunk[:, 1]
            mid_and_side = np.column_stack((left + right, left - right)) * 0.5
            for band, counts in zip(self._bands, self._counts, strict=True):
                mid, side = np.square(band.process(mid_and_side)).sum(axis=0)
                if mid + side > _GATE_POWER * self._window:
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
