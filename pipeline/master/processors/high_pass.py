"""High-pass: ``high_pass: {at: 25 Hz, slope: 12 dB/oct}``."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, Field

from pipeline.dsp.equaliser import Curve, high_pass
from pipeline.master.processors import SETTINGS, FilterParameters, Phase, default
from pipeline.units import DB_PER_OCTAVE, HZ

SLOPES_DB_PER_OCTAVE = tuple(6.0 * order for order in range(1, 9))


def _known_slope(slope_db_per_octave: float) -> float:
    if slope_db_per_octave not in SLOPES_DB_PER_OCTAVE:
        found = DB_PER_OCTAVE.text(slope_db_per_octave)
        raise ValueError(
            f"{found} is not a slope here; write 6, 12, 18, 24, 30, 36, 42 or 48 dB/oct"
        )
    return slope_db_per_octave


Slope = Annotated[float, DB_PER_OCTAVE, AfterValidator(_known_slope)]


PHASE_HELP = "linear: nothing is turned or delayed, but sounds a little ahead of itself"


class HighPass(BaseModel, FilterParameters):
    """Takes away rumble and what is too low to be heard: Butterworth, -3 dB at its corner."""

    model_config = SETTINGS
    version: ClassVar[int] = 2  # 2: steep slopes at hundreds of Hz follow the analogue curve
    later: ClassVar[tuple[str, ...]] = ("phase",)

    at: Annotated[float, HZ.within(10.0, 1000.0, example="25 Hz")] = Field(
        description="corner, 3 dB down"
    )
    slope: Slope = default("12 dB/oct", description="6 to 48 dB/oct, in steps of 6")
    phase: Phase = Field("minimum", description=PHASE_HELP)

    def curves(self) -> list[Curve]:
        """Return the analogue curve that it follows."""
        return [high_pass(self.at, round(self.slope / 6.0))]

    def filter_phase(self) -> Phase:
        """Return how it follows it."""
        return self.phase
