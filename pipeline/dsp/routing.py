"""A processor on a part of the stereo picture, or in parallel with what goes into it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from pipeline.dsp import Audio, Processor
from pipeline.dsp.automation import Automation
from pipeline.dsp.stream import Aligned

Channels = Literal["stereo", "mid", "side", "left", "right"]

# What of (left, right) is heard, and how much of a change to it goes into (left, right).
# Mid and side are half the sum and half the difference, so they come back with factor 1.
_MATRICES: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "mid": ((0.5, 0.5), (1.0, 1.0)),
    "side": ((0.5, -0.5), (1.0, -1.0)),
    "left": ((1.0, 0.0), (1.0, 0.0)),
    "right": ((0.0, 1.0), (0.0, 1.0)),
}


class Routed:
    """A stereo processor that works on `channels` and is mixed with its input.

    Parameters
    ----------
    processor : Processor
        What to route; it must be fresh. On one channel, mid and side are channels too, it
        hears the same on its left and right.
    channels : {"stereo", "mid", "side", "left", "right"}
        What it works on; the rest of the picture passes with every bit.
    mix : float or Automation
        Share of its output, 0 to 1; the rest is its input. An automation moves it, sample by
        sample, from the start of the stream on.

    Notes
    -----
    The input waits for the processor's latency, so that the two do not comb, and only what the
    processor *changed* is added to it: where it changed nothing, or nothing of it is heard,
    every bit is kept.
    """

    latency_samples = 0

    def __init__(
        self, processor: Processor, *, channels: Channels, mix: float | Automation
    ) -> None:
        self._aligned = Aligned(processor)
        self._matrix = _MATRICES.get(channels)
        self._mix = mix
        self._waiting = np.empty((0, 2))

    def process(self, block: Audio) -> Audio:
        """Process one stereo block; early blocks come back shorter than they went in."""
        self._waiting = np.concatenate((self._waiting, block))
        return self._mixed(self._aligned.process(self._heard(block)))

    def flush(self) -> Audio:
        """Return the samples that were held back."""
        return self._mixed(self._aligned.flush())

    def _heard(self, block: Audio) -> Audio:
        if self._matrix is None:
            return block
        (left, right), _ = self._matrix
        mono = left * block[:, 0] + right * block[:, 1]
        return np.column_stack((mono, mono))

    def _mixed(self, wet: Audio) -> Audio:
        dry, self._waiting = self._waiting[: len(wet)], self._waiting[len(wet) :]
        change = self._share(len(wet)) * (wet - self._heard(dry))
        return dry + (change if self._matrix is None else change * self._matrix[1])

    def _share(self, n_samples: int) -> float | Audio:
        if isinstance(self._mix, float):
            return self._mix
        return self._mix.next(n_samples)[:, None]
