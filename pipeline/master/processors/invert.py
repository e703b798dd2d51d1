"""Polarity: ``invert``, or with ``channels: left`` beside it one side alone."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import BaseModel

from pipeline.dsp import Audio
from pipeline.master.processors import SETTINGS, Parameters


class Invert(BaseModel, Parameters):
    """Turns the waveform upside down."""

    model_config = SETTINGS
    version: ClassVar[int] = 1

    def make(self, sample_rate_hz: int) -> Inverter:
        """Return a fresh stereo processor."""
        return Inverter()


class Inverter:
    """Every sample with the other sign; twice, every bit is as it was."""

    latency_samples = 0

    def process(self, block: Audio) -> Audio:
        """Process one block."""
        return np.negative(block)

    def flush(self) -> Audio:
        """Return an empty block: nothing is held back."""
        return np.empty((0, 2))
