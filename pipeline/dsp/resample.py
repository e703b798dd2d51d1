"""Sample-rate conversion through soxr at its best, in blocks."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from pipeline.dsp import Audio


class Resampler:
    """Bring a stream from one sample rate to another.

    Parameters
    ----------
    in_hz, out_hz : int
        Sample rates in Hz; with equal ones blocks pass untouched.
    n_channels : int
        Channels of the blocks.

    Notes
    -----
    soxr VHQ in float64: linear phase, -0.002 dB at 0.91 of the lower Nyquist, nothing folded
    back. Its own latency is taken out, so `latency_samples` is 0, and all blocks together with
    `flush` are ``round(n_samples * out_hz / in_hz)`` long, a half rounded to even. Blocks come
    back in lengths of their own.
    """

    latency_samples = 0

    def __init__(self, in_hz: int, out_hz: int, n_channels: int) -> None:
        self._ratio = Fraction(out_hz, in_hz)
        self._n_channels = n_channels
        self._n_in = self._n_out = 0
        self._soxr: Any = None
        if in_hz != out_hz:
            import soxr  # it takes its time, and a build with nothing to do needs it not

            self._soxr = soxr.ResampleStream(
                in_hz, out_hz, n_channels, dtype="float64", quality="VHQ"
            )

    def process(self, block: Audio) -> Audio:
        """Take one block and return what is ready, which may be nothing."""
        if self._soxr is None or not len(block):
            return block
        out: Audio = self._soxr.resample_chunk(np.ascontiguousarray(block, dtype=np.float64))
        self._n_in += len(block)
        self._n_out += len(out)
        return out

    def flush(self) -> Audio:
        """Return the rest, so that the whole has its exact length."""
        nothing = np.empty((0, self._n_channels))
        if self._soxr is None:
            return nothing
        rest: Audio = self._soxr.resample_chunk(nothing, last=True)
        n_missing = round(self._n_in * self._ratio) - self._n_out - len(rest)
        # Where the length falls on a half, soxr rounds now this way, now that.
        assert abs(n_missing) <= 1, f"soxr's length is wrong by {n_missing} samples"
        if n_missing < 0:
            return rest[:n_missing]
        return np.concatenate((rest, np.zeros((n_missing, self._n_channels))))
