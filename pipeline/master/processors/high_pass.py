"""High-pass: ``high_pass: {at: 25 Hz, slope: 12 dB/oct}``."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, Field

from pipeline.dsp.equaliser import Curve, high_pass
from pipeline.master.processors import SETTINGS, FilterParameters, default
from pipeline.units import DB_PER_OCTAVE, HZ

SLOPES_DB_PER_OCTAVE = (6.0, 12.0, 18.0, 24.0)


def _known_slope(slope_db_per_octave: float) -> float:
    if slope_db_per_octave not in SLOPES_DB_PER_OCTAVE:
        found = DB_PER_OCTAVE.text(slope_db_per_octave)
        raise ValueError(f"{found} is not a slope here; write 6, 12, 18 or 24 dB/oct")
    return slope_db_per_octave


class HighPass(BaseModel, FilterParameters):
    """Takes away rumble and what is too low to be heard: Butterworth, -3 dB at its corner."""

    model_config = SETTINGS
    version: ClassVar[int] = 2  # 2: steep slopes at hundreds of Hz follow the analogue curve

    at: Annotated[float, HZ.within(10.0, 1000.0, example="25 Hz")] = Field(
        description="corner, 3 dB down"
    )
    slope: Annotated[float, DB_PER_OCTAVE, AfterValidator(_known_slope)] = default(
        "12 dB/oct", description="6, 12, 18 or 24 dB/oct"
    )

    def curves(self) -> list[Curve]:
        """Return the analogue curve that it follows."""
        return [high_pass(self.at, round(self.slope / 6.0))]
