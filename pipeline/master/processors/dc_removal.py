"""DC removal: ``dc_removal``, or ``dc_removal: {below: 3 Hz}``."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BaseModel

from pipeline.dsp import Audio
from pipeline.dsp.biquad import Cascade, butterworth_high_pass
from pipeline.master.processors import SETTINGS, Parameters, default
from pipeline.units import HZ


class DcRemoval(BaseModel, Parameters):
    """Brings the waveform back to its middle, by a high-pass of first order.

    A high-pass and not the mean of the file: an offset belongs to a converter or a plug-in, and
    comes and goes with the take. Of first order and so low because that turns the bass least:
    3° at 40 Hz with the corner at 2 Hz.
    """

    model_config = SETTINGS
    version: ClassVar[int] = 1

    below: Annotated[float, HZ.within(1.0, 10.0, example="2 Hz")] = default(
        "2 Hz", description="corner, 3 dB down"
    )

    def make(self, sample_rate_hz: int) -> OffsetRemover:
        """Return a fresh stereo processor."""
        return OffsetRemover(self.below, sample_rate_hz=sample_rate_hz)


class OffsetRemover:
    """Takes an offset away and tells how large it was.

    Parameters
    ----------
    below_hz : float
        Corner in Hz, where it is 3 dB down.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    """

    latency_samples = 0

    def __init__(self, below_hz: float, *, sample_rate_hz: int) -> None:
        self._filter = Cascade(
            butterworth_high_pass(below_hz, 1, sample_rate_hz=sample_rate_hz)
        )
        self._sum, self._n_samples = np.zeros((1, 2)), 0

    @property
    def told(self) -> dict[str, Any]:
        """For the log: the mean of what came in, left and right, full scale 1."""
        left, right = (self._sum[0] / max(self._n_samples, 1)).tolist()
        return {
            "offsets": [round(left, 6), round(right, 6)],
            "did": f"took away an offset of {100.0 * left:+.3f} % of full scale on the left, "
            f"{100.0 * right:+.3f} % on the right",
        }

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        # Summed one after another, so that the total does not depend on where blocks end.
        self._sum = np.cumsum(np.concatenate((self._sum, block)), axis=0)[-1:]
        self._n_samples += len(block)
        return self._filter.process(block)

    def flush(self) -> Audio:
        """Return an empty block: nothing is held back."""
        return np.empty((0, 2))
