"""Gain over time: ``gain_ride: [{at: 0:58, gain: 0 dB}, {at: 1:02, gain: -1.5 dB}]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from pydantic import AfterValidator, BaseModel, Field, RootModel

from pipeline.dsp import Audio
from pipeline.dsp.automation import Automation, Point, Shape
from pipeline.dsp.compression import DB_PER_NEPER
from pipeline.master.processors import SCALAR_SETTINGS, SETTINGS, Parameters
from pipeline.spec.scalars import check_points
from pipeline.units import DB, Duration


class RidePoint(BaseModel):
    """The gain at one time."""

    model_config = SETTINGS

    at: Duration = Field(description="time of the mix file")
    gain: Annotated[float, DB.within(-60.0, 24.0)] = Field(description="gain there")
    shape: Shape = Field(
        "smooth",
        description="how it is come to from the point before: smooth starts and ends level, "
        "straight is a line in dB",
    )


def _in_order(points: tuple[RidePoint, ...]) -> tuple[RidePoint, ...]:
    check_points([point.at for point in points])
    return points


Points = Annotated[tuple[RidePoint, ...], Field(min_length=1), AfterValidator(_in_order)]


class GainRide(RootModel[Points], Parameters):
    """Moves the gain from point to point in time."""

    model_config = SCALAR_SETTINGS
    version: ClassVar[int] = 1

    def make(self, sample_rate_hz: int) -> Rider:
        """Return a fresh stereo processor."""
        return Rider(
            [
                Point(point.at.to_samples(sample_rate_hz), point.gain, point.shape)
                for point in self.root
            ]
        )


class Rider:
    """A gain in dB for every sample, by its place in the stream; at 0 dB every bit is kept.

    Parameters
    ----------
    points : sequence of Point
        The gain in dB where it is written; between them it moves.
    """

    latency_samples = 0

    def __init__(self, points: Sequence[Point]) -> None:
        self._gain_db = Automation(points)

    def process(self, block: Audio) -> Audio:
        """Process one block."""
        gain = np.exp(self._gain_db.next(len(block)) / DB_PER_NEPER)
        return np.asarray(block * gain[:, None])

    def flush(self) -> Audio:
        """Return an empty block: nothing is held back."""
        return np.empty((0, 2))
