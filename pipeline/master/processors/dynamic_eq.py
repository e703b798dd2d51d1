"""Dynamic equaliser: ``dynamic_eq: {bands: {at: 240 Hz, threshold: -30 dB, range: -4 dB}}``."""

from __future__ import annotations

from math import sqrt
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, Field

from pipeline.dsp import Audio
from pipeline.dsp.biquad import Biquad, Cascade, prewarped
from pipeline.dsp.compression import TILE_SAMPLES, Curve, Decibels, Follower, Reduction, Timing
from pipeline.master.processors import SETTINGS, Parameters, default
from pipeline.master.processors.multiband import add_change
from pipeline.units import DB, HZ, MS, NUMBER, PERCENT, RATIO


class DynamicBand(BaseModel):
    """One band that moves with its own level."""

    model_config = SETTINGS

    shape: Literal["bell", "low_shelf", "high_shelf"] = Field(
        "bell",
        description="bell: hears and moves what lies around `at`; a shelf: all on one side",
    )
    at: Annotated[float, HZ.within(20.0, 16_000.0)] = Field(
        description="centre of the bell; of a shelf, where half of its move is reached"
    )
    q: Annotated[float, NUMBER.within(0.3, 10.0)] = default(
        "1", description="of the bell: the higher, the narrower"
    )
    threshold: Annotated[float, DB.within(-80.0, 0.0, example="-30 dB")] = Field(
        description="level of the band from which it moves"
    )
    ratio: Annotated[float, RATIO.within(1.0, 20.0)] = default(
        "2", description="above the threshold, dB in for one dB out"
    )
    range: Annotated[float, DB.within(-24.0, 24.0, example="-4 dB")] = Field(
        description="where its move ends: below zero it lowers, above zero it lifts"
    )
    knee: Annotated[float, DB.within(0.0, 24.0, example="6 dB")] = default(
        "6 dB", description="width of the bend around the threshold"
    )
    attack: Annotated[float, MS.within(0.1, 500.0)] = default(
        "10 ms", description="time to 63 % of the move"
    )
    release: Annotated[float, MS.within(5.0, 5000.0)] = default(
        "100 ms", description="time to give back 63 %"
    )

    @property
    def title(self) -> str:
        """What people call it: ``bell 240 Hz``."""
        return f"{self.shape.replace('_', ' ')} {HZ.text(self.at)}"


def _as_list(written: Any) -> Any:
    return written if isinstance(written, list | tuple) else [written]


class DynamicEq(BaseModel, Parameters):
    """Lowers or lifts bands while they are loud; at other times every bit passes."""

    model_config = SETTINGS
    version: ClassVar[int] = 1

    bands: Annotated[
        tuple[DynamicBand, ...],
        Field(min_length=1),
        BeforeValidator(_as_list, json_schema_input_type=DynamicBand | list[DynamicBand]),
    ] = Field(description="one band, or a list of them")
    lookahead: Annotated[float, MS.within(0.0, 10.0, example="2 ms")] = default(
        "0 ms", description="how far it hears ahead; adds no delay"
    )
    link: Annotated[float, PERCENT.within(0.0, 100.0, example="100 %")] = default(
        "100 %", description="100 %: both channels move as one, 0 %: each for itself"
    )

    def make(self, sample_rate_hz: int) -> MovingBands:
        """Return a fresh stereo processor."""
        return MovingBands(self, sample_rate_hz=sample_rate_hz)


class MovingBands:
    """Stereo dynamic equaliser; while no band is over its threshold every bit passes.

    Parameters
    ----------
    settings : DynamicEq
        What the spec asks for.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Raises
    ------
    ValueError
        If the sample rate cannot carry a band.

    Notes
    -----
    Each band hears what comes in, through a band-pass or, for a shelf, a low- or high-pass of
    second order; levels are peaks. What it moves has the same poles, so that they stay while
    the gain moves: a bell adds so much of the band-pass, with `q` at its poles. The audio is
    delayed by the look-ahead, which `latency_samples` tells.
    """

    def __init__(self, settings: DynamicEq, *, sample_rate_hz: int) -> None:
        self.latency_samples = round(settings.lookahead * sample_rate_hz / 1000.0)
        link = settings.link / 100.0
        self._bands = [_MovingBand(band, link, sample_rate_hz) for band in settings.bands]
        self._held = np.zeros((self.latency_samples, 2))

    @property
    def activities(self) -> list[tuple[str, Reduction]]:
        """The reduction of each band so far; what it lifted is negative."""
        return [(band.title, band.activity) for band in self._bands]

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        block = np.ascontiguousarray(block, dtype=np.float64)
        line = np.concatenate((self._held, block))
        out, self._held = line[: len(block)], line[len(block) :].copy()
        for start in range(0, len(block), TILE_SAMPLES):
            heard = block[start : start + TILE_SAMPLES]
            for band in self._bands:
                band.move(heard, out[start : start + TILE_SAMPLES])
        return out

    def flush(self) -> Audio:
        """Return what the look-ahead held back."""
        return self.process(np.zeros((self.latency_samples, 2)))


class _MovingBand:
    """Moves one band of a signal in place, by the level of that band in another."""

    def __init__(self, settings: DynamicBand, link: float, sample_rate_hz: int) -> None:
        self.title = settings.title
        self._sign = -1.0 if settings.range > 0.0 else 1.0
        damping = 1.0 / settings.q if settings.shape == "bell" else sqrt(2.0)
        low, band, high = _parts(settings.at, damping, sample_rate_hz)
        heard = {"bell": band, "low_shelf": low, "high_shelf": high}[settings.shape]
        self._heard, self._end = Cascade([heard]), Cascade([heard])
        # What a shelf adds: its end by all of the gain, the band at its corner by half of it.
        self._corner = None if settings.shape == "bell" else Cascade([band])
        self._follower = Follower(
            Curve(settings.threshold, settings.ratio, settings.knee, abs(settings.range)),
            Timing(settings.attack, settings.release),
            link=link,
            sample_rate_hz=sample_rate_hz,
        )

    @property
    def activity(self) -> Reduction:
        found = self._follower.activity
        return Reduction(self._sign * found.mean_db, self._sign * found.max_db)

    def move(self, heard: Audio, out: Audio) -> None:
        reduction_db: Decibels = self._sign * self._follower.follow(self._heard.process(heard))
        end = self._end.process(out)
        if self._corner is not None:
            add_change(self._corner.process(out), 0.5 * reduction_db, 1.0, out)
        add_change(end, reduction_db, 1.0, out)


def _parts(at_hz: float, damping: float, sample_rate_hz: int) -> tuple[Biquad, Biquad, Biquad]:
    """Return low-pass, band-pass with 0 dB on top, and high-pass; they add up to a wire."""
    turn = prewarped(at_hz, sample_rate_hz)
    scale = 1.0 / (1.0 + damping * turn + turn**2)
    a1 = 2.0 * (turn**2 - 1.0) * scale
    a2 = (1.0 - damping * turn + turn**2) * scale
    low, band = turn**2 * scale, damping * turn * scale
    return (
        Biquad(low, 2.0 * low, low, a1, a2),
        Biquad(band, 0.0, -band, a1, a2),
        Biquad(scale, -2.0 * scale, scale, a1, a2),
    )
