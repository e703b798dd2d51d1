"""Low-pass: ``low_pass: {at: 16 kHz, slope: 12 dB/oct}``."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from pipeline.dsp.equaliser import Curve, low_pass
from pipeline.master.processors import SETTINGS, FilterParameters, Phase, default
from pipeline.master.processors.high_pass import PHASE_HELP, Slope
from pipeline.units import HZ


class LowPass(BaseModel, FilterParameters):
    """Takes away hiss and what is too high: Butterworth, -3 dB at its corner."""

    model_config = SETTINGS
    version: ClassVar[int] = 1
    later: ClassVar[tuple[str, ...]] = ("phase",)

    at: Annotated[float, HZ.within(200.0, 20_000.0, example="16 kHz")] = Field(
        description="corner, 3 dB down"
    )
    slope: Slope = default("12 dB/oct", description="6 to 48 dB/oct, in steps of 6")
    phase: Phase = Field("minimum", description=PHASE_HELP)

    def curves(self) -> list[Curve]:
        """Return the analogue curve that it follows."""
        return [low_pass(self.at, round(self.slope / 6.0))]

    def filter_phase(self) -> Phase:
        """Return how it follows it."""
        return self.phase
