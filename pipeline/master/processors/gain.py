"""Gain: ``gain: -2 dB``."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import RootModel

from pipeline.dsp import Audio
from pipeline.master.processors import SCALAR_SETTINGS, Parameters
from pipeline.units import DB


class Gain(RootModel[Annotated[float, DB.within(-60.0, 24.0, example="-2 dB")]], Parameters):
    """Makes everything louder or quieter by so many decibels."""

    model_config = SCALAR_SETTINGS
    version: ClassVar[int] = 1

    def make(self, sample_rate_hz: int) -> Amplifier:
        """Return a fresh stereo processor."""
        return Amplifier(self.root)


class Amplifier:
    """One gain over all samples; 0 dB passes blocks untouched.

    Parameters
    ----------
    gain_db : float
        Gain in dB.
    """

    latency_samples = 0

    def __init__(self, gain_db: float) -> None:
        self._gain = 10.0 ** (gain_db / 20.0)

    def process(self, block: Audio) -> Audio:
        """Process one block."""
        return block if self._gain == 1.0 else block * self._gain

    def flush(self) -> Audio:
        """Return an empty block: nothing is held back."""
        return np.empty((0, 2))
