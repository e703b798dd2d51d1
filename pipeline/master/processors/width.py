"""Stereo width by mid and side: ``width: {amount: 110 %}``, or band by band."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import BaseModel, Field, model_validator

from pipeline.dsp import Audio, Processor
from pipeline.dsp.convolution import Convolver
from pipeline.dsp.kernel import kernel
from pipeline.dsp.linearphase import grid_hz, zero_phase
from pipeline.dsp.monofold import FoldMeter
from pipeline.dsp.routing import Routed
from pipeline.master.processors import SETTINGS, Parameters
from pipeline.units import HZ, PERCENT

# Where the guard parts a width that is the same everywhere: bass, voices, air.
_GUARDED_AT_HZ = (150.0, 2_000.0)
# The response of a linear-phase slope falls by e in 1 / (√2 π f): these are 115 dB.
_REACH_PERIODS = 6.0


class WidthBand(BaseModel):
    """One band, and how wide it becomes."""

    model_config = SETTINGS

    up_to: Annotated[float, HZ.within(40.0, 16_000.0)] | None = Field(
        None, description="where the next band begins; the last band has none"
    )
    amount: Annotated[float, PERCENT.within(0.0, 200.0, example="110 %")] = Field(
        description="0 % is mono, 100 % changes nothing"
    )


class Width(BaseModel, Parameters):
    """Scales what differs between left and right, and leaves what they share."""

    model_config = SETTINGS
    version: ClassVar[int] = 1
    needs_stereo: ClassVar[bool] = True

    amount: Annotated[float, PERCENT.within(0.0, 200.0, example="110 %")] | None = Field(
        None, description="0 % is mono, 100 % changes nothing"
    )
    bands: Annotated[tuple[WidthBand, ...], Field(min_length=2, max_length=5)] | None = Field(
        None, description="instead of `amount`: each band its own, from low to high"
    )

    @model_validator(mode="after")
    def _is_one_width_or_bands(self) -> Self:
        if (self.amount is None) == (self.bands is None):
            raise ValueError("a width has either an amount or bands; write one of them")
        if self.bands is None:
            return self
        *inner, last = (band.up_to for band in self.bands)
        if last is not None:
            raise ValueError(
                f"the last band reaches up to {last:g} Hz; leave its up_to out, or add the "
                "band above it"
            )
        if None in inner:
            raise ValueError(f"band {inner.index(None) + 1} has no up_to, and is not the last")
        for low, high in pairwise(self.at_hz):
            if low >= high:
                raise ValueError(
                    f"the band up to {high:g} Hz comes after that up to {low:g} Hz; write "
                    "them from low to high"
                )
        return self

    @property
    def at_hz(self) -> tuple[float, ...]:
        """Where bands meet, in Hz; those of the guard if the width is the same everywhere."""
        if self.bands is None:
            return _GUARDED_AT_HZ
        return tuple(band.up_to for band in self.bands if band.up_to is not None)

    @property
    def amounts(self) -> tuple[float, ...]:
        """How wide each of these bands becomes, in percent."""
        if self.bands is None:
            assert self.amount is not None
            return (self.amount,) * (len(_GUARDED_AT_HZ) + 1)
        return tuple(band.amount for band in self.bands)

    @property
    def widens(self) -> bool:
        """Whether any band becomes wider, so that it may cancel in mono."""
        return max(self.amounts) > 100.0

    def make(self, sample_rate_hz: int) -> Processor:
        """Return a fresh stereo processor."""
        widening = self._widening(sample_rate_hz)
        if not self.widens:
            return widening
        return Guarded(widening, FoldMeter(self.at_hz, sample_rate_hz=sample_rate_hz))

    def _widening(self, sample_rate_hz: int) -> Processor:
        if self.bands is None or set(self.amounts) == {100.0}:
            return MidSide(self.amounts[0] / 100.0)
        widths, at_hz = np.array(self.amounts) / 100.0, np.array(self.at_hz)
        reach = round(_REACH_PERIODS * sample_rate_hz / min(at_hz))
        below = 1.0 / (1.0 + (grid_hz(reach, sample_rate_hz) / at_hz[:, None]) ** 4)
        half = zero_phase(widths[-1] - np.diff(widths) @ below, reach)
        return Routed(Convolver(half), channels="side", mix=1.0)


class MidSide:
    """Side times a factor; the mid, and so the mono sum, stays as it is.

    Parameters
    ----------
    width : float
        What the side is multiplied by; 1 passes blocks untouched.
    """

    latency_samples = 0

    def __init__(self, width: float) -> None:
        self._width = width

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        if self._width == 1.0:
            return block
        return widen(np.ascontiguousarray(block, dtype=np.float64), self._width)

    def flush(self) -> Audio:
        """Return an empty block: nothing is held back."""
        return np.empty((0, 2))


class Guarded:
    """What widens, with a log of how far the middle stands above the sides it is given.

    Parameters
    ----------
    widening : Processor
        It must be fresh.
    meter : FoldMeter
        Hears what goes in.
    """

    def __init__(self, widening: Processor, meter: FoldMeter) -> None:
        self._widening, self._meter = widening, meter
        self.latency_samples = widening.latency_samples

    @property
    def told(self) -> dict[str, Any]:
        """For the log: in dB for each band, None for a silent one."""
        return {"mid_over_sides_db": self._meter.mid_over_sides_db()}

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        self._meter.update(block)
        return self._widening.process(block)

    def flush(self) -> Audio:
        """Return what is held back."""
        return self._widening.flush()


@kernel
def widen(block: Audio, width: float) -> Audio:
    """Return mid + `width` × side and mid - `width` × side."""
    out = np.empty_like(block)
    for i in range(len(block)):
        left, right = block[i, 0], block[i, 1]
        mid = 0.5 * (left + right)
        side = 0.5 * (left - right) * width
        out[i, 0], out[i, 1] = mid + side, mid - side
    return out
