"""Left for right and right for left: ``swap``."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import BaseModel

from pipeline.dsp import Audio
from pipeline.master.processors import SETTINGS, Parameters


class Swap(BaseModel, Parameters):
    """Puts what is on the left to the right, and back."""

    model_config = SETTINGS
    version: ClassVar[int] = 1
    needs_stereo: ClassVar[bool] = True

    def make(self, sample_rate_hz: int) -> Crossing:
        """Return a fresh stereo processor."""
        return Crossing()


class Crossing:
    """The two channels in the other order, bit for bit."""

    latency_samples = 0

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        return np.ascontiguousarray(block[:, ::-1])

    def flush(self) -> Audio:
        """Return an empty block: nothing is held back."""
        return np.empty((0, 2))
