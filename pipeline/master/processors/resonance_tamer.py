"""Resonance tamer: ``resonance_tamer: {depth: 50 %, range: 4 dB}``."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import BaseModel, model_validator

from pipeline.dsp.compression import Reduction
from pipeline.dsp.resonance import Tame, Tamer
from pipeline.master.processors import SETTINGS, Parameters, default
from pipeline.units import DB, HZ, MS, PERCENT

_TOLD_BANDS, _APART_OCTAVES = 3, 1.0 / 3.0
_TOLD_DB = 0.005  # less is written as 0.00


class ResonanceTamer(BaseModel, Parameters):
    """Holds narrow, steady resonances back that stick out of what sounds around them."""

    model_config = SETTINGS
    version: ClassVar[int] = 1

    threshold: Annotated[float, DB.within(2.0, 24.0, example="6 dB")] = default(
        "6 dB", description="how far a line may stick out of the octave around it"
    )
    depth: Annotated[float, PERCENT.within(0.0, 100.0)] = default(
        "50 %", description="how much of what sticks out further is held back"
    )
    range: Annotated[float, DB.within(0.5, 12.0, example="4 dB")] = default(
        "4 dB", description="most reduction, however far it sticks out"
    )
    low: Annotated[float, HZ.within(40.0, 20_000.0)] = default(
        "150 Hz", description="where it begins to listen; notes of the bass stick out too"
    )
    high: Annotated[float, HZ.within(40.0, 20_000.0)] = default(
        "16 kHz", description="up to where it listens"
    )
    attack: Annotated[float, MS.within(1.0, 500.0)] = default(
        "20 ms", description="time to 63 % of the reduction, once it is heard to be steady"
    )
    release: Annotated[float, MS.within(10.0, 5000.0)] = default(
        "150 ms", description="time to give back 63 %"
    )

    @model_validator(mode="after")
    def _listens_to_something(self) -> Self:
        if self.low >= self.high:
            low, high = HZ.text(self.low), HZ.text(self.high)
            raise ValueError(f"low is {low} and high is {high}; low must be the lower one")
        return self

    def make(self, sample_rate_hz: int) -> LoggedTamer:
        """Return a fresh stereo processor."""
        return LoggedTamer(
            Tame(
                low_hz=self.low,
                high_hz=self.high,
                threshold_db=self.threshold,
                depth=self.depth / 100.0,
                range_db=self.range,
                attack_ms=self.attack,
                release_ms=self.release,
            ),
            sample_rate_hz=sample_rate_hz,
        )


class LoggedTamer(Tamer):
    """A tamer that tells where it had most to do."""

    @property
    def activities(self) -> list[tuple[str, Reduction]]:
        """The reduction at the three frequencies, a third apart, that took most of it."""
        frequency_hz, mean_db, max_db = self.activity_by_line
        found: list[tuple[str, Reduction]] = []
        left_db = mean_db.copy()
        while len(found) < _TOLD_BANDS and left_db.max() >= _TOLD_DB:
            line = int(left_db.argmax())
            title = f"around {float(f'{frequency_hz[line]:.2g}'):g} Hz"
            found.append((title, Reduction(float(mean_db[line]), float(max_db[line]))))
            octaves = np.abs(np.log2(np.maximum(frequency_hz, 1.0) / frequency_hz[line]))
            left_db[octaves < _APART_OCTAVES] = 0.0
        return found or [("nothing stuck out", Reduction(0.0, 0.0))]
