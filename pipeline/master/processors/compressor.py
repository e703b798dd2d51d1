"""Compressor for the sum.

``compressor: {threshold: -18 dB, ratio: 1.6, attack: 20 ms, release: auto}``
"""

from __future__ import annotations

from math import inf
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, Field

from pipeline.dsp import Audio
from pipeline.dsp.biquad import Cascade, butterworth_high_pass
from pipeline.dsp.compression import (
    DB_PER_NEPER,
    TILE_SAMPLES,
    Curve,
    Decibels,
    Follower,
    Reduction,
    Timing,
    hear_power,
)
from pipeline.dsp.kernel import kernel
from pipeline.master.processors import SETTINGS, Parameters, default
from pipeline.units import DB, HZ, MS, PERCENT, RATIO


class Compressor(BaseModel, Parameters):
    """Holds loud passages back, gently: for glue on the sum."""

    model_config = SETTINGS
    version: ClassVar[int] = 1

    threshold: Annotated[float, DB.within(-60.0, 0.0, example="-18 dB")] = Field(
        description="level from which it works, in dB below full scale"
    )
    ratio: Annotated[float, RATIO.within(1.0, 20.0)] = Field(
        description="above the threshold, dB in for one dB out"
    )
    attack: Annotated[float, MS.within(0.1, 500.0)] = default(
        "20 ms", description="time to 63 % of the reduction"
    )
    release: Annotated[
        float | Literal["auto"], MS.within(5.0, 5000.0, example="200 ms").or_word("auto")
    ] = default(
        "auto",
        description="time to give back 63 %; auto: 100 ms after a peak, 1 s after more",
    )
    timing: Literal["smooth", "exact"] = Field(
        "smooth",
        description="smooth: the release begins rounded and is longer by about the attack; "
        "exact: both times to the letter",
    )
    knee: Annotated[float, DB.within(0.0, 24.0, example="6 dB")] = default(
        "6 dB", description="width of the bend around the threshold"
    )
    lookahead: Annotated[float, MS.within(0.0, 10.0, example="2 ms")] = default(
        "0 ms", description="how far it hears ahead; adds no delay"
    )
    sidechain_high_pass: Annotated[
        float | Literal["off"], HZ.within(20.0, 500.0, example="80 Hz").or_word("off")
    ] = default("80 Hz", description="keeps the bass from driving it; off: hears everything")
    rms: Annotated[
        float | Literal["off"], MS.within(1.0, 300.0, example="10 ms").or_word("off")
    ] = default(
        "off",
        description="hears the mean power over so long, which comes before the attack; "
        "off: hears peaks",
    )
    link: Annotated[float, PERCENT.within(0.0, 100.0, example="100 %")] = default(
        "100 %", description="100 %: both channels move as one, 0 %: each for itself"
    )
    range: Annotated[
        float | Literal["off"], DB.within(0.5, 40.0, example="6 dB").or_word("off")
    ] = default("off", description="most reduction, however loud it gets; off: no bound")
    makeup: Annotated[float, DB.within(-12.0, 24.0, example="2 dB")] = default(
        "0 dB", description="gain after it"
    )

    def make(self, sample_rate_hz: int) -> GlueCompressor:
        """Return a fresh stereo processor."""
        return GlueCompressor(self, sample_rate_hz=sample_rate_hz)


class GlueCompressor:
    """Stereo compressor; below the knee and without make-up every bit passes.

    Parameters
    ----------
    settings : Compressor
        What the spec asks for.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Notes
    -----
    Times are 63 % times. Levels are peaks; with `rms` those of a sine with the same power, so
    that a sine is held back as much in either way. The audio is delayed by the look-ahead,
    which `latency_samples` tells.
    """

    def __init__(self, settings: Compressor, *, sample_rate_hz: int) -> None:
        self.latency_samples = round(settings.lookahead * sample_rate_hz / 1000.0)
        corner = settings.sidechain_high_pass
        self._sidechain = Cascade(
            butterworth_high_pass(corner, 2, sample_rate_hz=sample_rate_hz)
            if isinstance(corner, float)
            else []
        )
        self._rms_pole = (
            np.exp(-1000.0 / (settings.rms * sample_rate_hz))
            if isinstance(settings.rms, float)
            else None
        )
        self._power = np.zeros(2)
        release = settings.release
        self._follower = Follower(
            Curve(
                settings.threshold,
                settings.ratio,
                settings.knee,
                settings.range if isinstance(settings.range, float) else inf,
            ),
            Timing(
                settings.attack,
                release if isinstance(release, float) else None,
                is_exact=settings.timing == "exact",
            ),
            link=settings.link / 100.0,
            sample_rate_hz=sample_rate_hz,
        )
        self._makeup = 10.0 ** (settings.makeup / 20.0)
        self._heard = np.empty((TILE_SAMPLES, 2))
        self._held = np.zeros((self.latency_samples, 2))

    @property
    def activity(self) -> Reduction:
        """The reduction so far."""
        return self._follower.activity

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        block = np.ascontiguousarray(block, dtype=np.float64)
        out = np.empty_like(block)
        for start in range(0, len(block), TILE_SAMPLES):
            end = start + TILE_SAMPLES
            self._process_tile(block[start:end], out[start:end])
        return out

    def flush(self) -> Audio:
        """Return what the look-ahead held back."""
        return self.process(np.zeros((self.latency_samples, 2)))

    def _process_tile(self, tile: Audio, out: Audio) -> None:
        heard = self._heard[: len(tile)]
        heard[:] = tile
        self._sidechain.filter_in_place(heard)
        if self._rms_pole is not None:
            hear_power(heard, self._rms_pole, self._power)
        reduction_db = self._follower.follow(heard)
        apply_reduction(tile, self._held, reduction_db, self._makeup, out)
        if self.latency_samples:
            line = np.concatenate((self._held, tile[-self.latency_samples :]))
            self._held = line[-self.latency_samples :]


@kernel
def apply_reduction(
    tile: Audio,
    held: Audio,
    reduction_db: Decibels,
    makeup: float,
    out: Audio,
) -> None:
    """Fill in `held` and then `tile`, less the reduction, times the make-up gain."""
    n_held, has_two = len(held), reduction_db.shape[1] == 2
    for i in range(len(tile)):
        gain = makeup * np.exp(-reduction_db[i, 0] / DB_PER_NEPER)
        other = gain
        if has_two:
            other = makeup * np.exp(-reduction_db[i, 1] / DB_PER_NEPER)
        if i < n_held:
            out[i, 0], out[i, 1] = gain * held[i, 0], other * held[i, 1]
        else:
            out[i, 0], out[i, 1] = gain * tile[i - n_held, 0], other * tile[i - n_held, 1]
