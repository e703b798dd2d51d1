"""Stereo width by mid and side: ``width: {amount: 110 %}``."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import BaseModel, Field

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel
from pipeline.master.processors import SETTINGS, Parameters
from pipeline.units import PERCENT


class Width(BaseModel, Parameters):
    """Scales what differs between left and right, and leaves what they share."""

    model_config = SETTINGS
    version: ClassVar[int] = 1
    needs_stereo: ClassVar[bool] = True

    amount: Annotated[float, PERCENT.within(0.0, 200.0, example="110 %")] = Field(
        description="0 % is mono, 100 % changes nothing"
    )

    def make(self, sample_rate_hz: int) -> MidSide:
        """Return a fresh stereo processor."""
        return MidSide(self.amount / 100.0)


class MidSide:
    """Side times a factor; the mid, and so the mono sum, stays as it is.

    Parameters
    ----------
    width : float
        What the side is multiplied by; 1 passes blocks untouched.
    """

    latency_samples = 0

    def __init__(self, width: float) -> None:
        self._width = width

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        if self._width == 1.0:
            return block
        return widen(np.ascontiguousarray(block, dtype=np.float64), self._width)

    def flush(self) -> Audio:
        """Return an empty block: nothing is held back."""
        return np.empty((0, 2))


@kernel
def widen(block: Audio, width: float) -> Audio:
    """Return mid + `width` × side and mid - `width` × side."""
    out = np.empty_like(block)
    for i in range(len(block)):
        left, right = block[i, 0], block[i, 1]
        mid = 0.5 * (left + right)
        side = 0.5 * (left - right) * width
        out[i, 0], out[i, 1] = mid + side, mid - side
    return out
