"""Mono bass: ``mono_bass: {below: 120 Hz}``."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from pipeline.dsp.equaliser import high_pass
from pipeline.dsp.linearphase import linear_phase
from pipeline.dsp.routing import Routed
from pipeline.master.processors import SETTINGS, Parameters, default
from pipeline.master.processors.high_pass import Slope
from pipeline.units import HZ


class MonoBass(BaseModel, Parameters):
    """Takes away what differs between left and right in the bass."""

    model_config = SETTINGS
    version: ClassVar[int] = 1
    needs_stereo: ClassVar[bool] = True

    below: Annotated[float, HZ.within(40.0, 500.0, example="120 Hz")] = Field(
        description="where the sides are 3 dB down"
    )
    slope: Slope = default("12 dB/oct", description="6 to 48 dB/oct, in steps of 6")

    def make(self, sample_rate_hz: int) -> Routed:
        """Return a fresh stereo processor.

        Notes
        -----
        A high-pass of linear phase on the sides: they stay in time with the middle, which
        stays as it is, and so does the fold to mono.
        """
        curve = high_pass(self.below, round(self.slope / 6.0))
        return Routed(linear_phase([curve], sample_rate_hz), channels="side", mix=1.0)
