"""Balance: ``balance: 0.5 dB``."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import RootModel

from pipeline.dsp import Audio
from pipeline.master.processors import SCALAR_SETTINGS, Parameters
from pipeline.units import DB


class Balance(
    RootModel[Annotated[float, DB.within(-12.0, 12.0, example="0.5 dB")]], Parameters
):
    """Turns the right channel up against the left by so many decibels, or back."""

    model_config = SCALAR_SETTINGS
    version: ClassVar[int] = 1
    needs_stereo: ClassVar[bool] = True

    def make(self, sample_rate_hz: int) -> Balancer:
        """Return a fresh stereo processor."""
        return Balancer(self.root)


class Balancer:
    """One gain for each channel, half of the balance up and half down; 0 dB keeps every bit.

    Parameters
    ----------
    right_over_left_db : float
        How much louder the right channel becomes against the left, in dB.
    """

    latency_samples = 0

    def __init__(self, right_over_left_db: float) -> None:
        self._gains = 10.0 ** (np.array((-0.5, 0.5)) * right_over_left_db / 20.0)

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        return np.asarray(block * self._gains)

    def flush(self) -> Audio:
        """Return an empty block: nothing is held back."""
        return np.empty((0, 2))
