"""Multiband compressor: ``multiband: {bands: [{up_to: 120 Hz, threshold: -24 dB}, …]}``."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import BaseModel, Field, model_validator

from pipeline.dsp import Audio
from pipeline.dsp.compression import (
    DB_PER_NEPER,
    TILE_SAMPLES,
    Curve,
    Decibels,
    Follower,
    Reduction,
    Timing,
)
from pipeline.dsp.crossover import Crossover, LinearPhase, MinimumPhase
from pipeline.dsp.kernel import kernel
from pipeline.dsp.truepeak import Reblocker
from pipeline.master.processors import SETTINGS, Parameters, default
from pipeline.units import DB, HZ, MS, PERCENT, RATIO


class CompressorBand(BaseModel):
    """One band, and how it is held back."""

    model_config = SETTINGS

    up_to: Annotated[float, HZ.within(20.0, 16_000.0)] | None = Field(
        None, description="where the next band begins; the last band has none"
    )
    threshold: Annotated[
        float | Literal["off"], DB.within(-80.0, 0.0, example="-24 dB").or_word("off")
    ] = Field(description="level of the band from which it works; off: it passes as it is")
    ratio: Annotated[float, RATIO.within(1.0, 20.0)] = default(
        "1.5", description="above the threshold, dB in for one dB out"
    )
    attack: Annotated[float, MS.within(0.1, 500.0)] = default(
        "20 ms", description="time to 63 % of the reduction"
    )
    release: Annotated[
        float | Literal["auto"], MS.within(5.0, 5000.0, example="200 ms").or_word("auto")
    ] = default("auto", description="time to give back 63 %; auto: as that of the compressor")
    knee: Annotated[float, DB.within(0.0, 24.0, example="6 dB")] = default(
        "6 dB", description="width of the bend around the threshold"
    )
    range: Annotated[float, DB.within(0.5, 40.0, example="4 dB")] = default(
        "4 dB", description="most reduction, however loud it gets"
    )
    gain: Annotated[float, DB.within(-12.0, 12.0, example="1 dB")] = default(
        "0 dB", description="gain of the band after it"
    )

    @property
    def is_at_rest(self) -> bool:
        """Whether the band passes as it is."""
        return self.threshold == "off" and self.gain == 0.0


class Multiband(BaseModel, Parameters):
    """Holds two to five bands back, each for itself."""

    model_config = SETTINGS
    version: ClassVar[int] = 1

    bands: Annotated[tuple[CompressorBand, ...], Field(min_length=2, max_length=5)] = Field(
        description="from low to high"
    )
    phase: Literal["linear", "minimum"] = Field(
        "linear",
        description="linear: at rest every bit passes; minimum: nothing sounds ahead of a "
        "beat, but the phase turns where bands meet",
    )
    link: Annotated[float, PERCENT.within(0.0, 100.0, example="100 %")] = default(
        "100 %", description="100 %: both channels move as one, 0 %: each for itself"
    )

    @model_validator(mode="after")
    def _bands_follow_one_another(self) -> Self:
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
    def at_hz(self) -> list[float]:
        """Where bands meet, in Hz."""
        return [band.up_to for band in self.bands if band.up_to is not None]

    @property
    def titles(self) -> list[str]:
        """What people call each band: ``up to 120 Hz``, ``120 Hz to 4 kHz``, ``from 4 kHz``."""
        at = [HZ.text(each) for each in self.at_hz]
        between = [f"{low} to {high}" for low, high in pairwise(at)]
        return [f"up to {at[0]}", *between, f"from {at[-1]}"]

    def make(self, sample_rate_hz: int) -> BandCompressor:
        """Return a fresh stereo processor."""
        return BandCompressor(self, sample_rate_hz=sample_rate_hz)


class BandCompressor:
    """Stereo multiband compressor.

    Parameters
    ----------
    settings : Multiband
        What the spec asks for.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Raises
    ------
    ValueError
        If the sample rate cannot carry a crossover.

    Notes
    -----
    What each band loses or gains is added to the whole: bands that nobody touches need not be
    put together again. With `phase: linear` the whole is the input, delayed by four periods of
    the lowest crossover, which `latency_samples` tells.
    """

    def __init__(self, settings: Multiband, *, sample_rate_hz: int) -> None:
        make_crossover = LinearPhase if settings.phase == "linear" else MinimumPhase
        self._crossover: Crossover = make_crossover(
            settings.at_hz, sample_rate_hz=sample_rate_hz
        )
        self.latency_samples = self._crossover.latency_samples
        self._reblocker = Reblocker(2, self._crossover.chunk_samples)
        self._titles = settings.titles
        self._bands = [
            None if band.is_at_rest else _Band(band, settings.link / 100.0, sample_rate_hz)
            for band in settings.bands
        ]

    @property
    def activities(self) -> list[tuple[str, Reduction]]:
        """The reduction so far of each band that is worked on, from low to high."""
        bands = zip(self._titles, self._bands, strict=True)
        return [(title, band.activity) for title, band in bands if band]

    def process(self, block: Audio) -> Audio:
        """Take one stereo block of shape ``(n_samples, 2)`` and return what is ready."""
        done = [self._hold_back(chunk, len(chunk)) for chunk in self._reblocker.chunks(block)]
        return np.concatenate(done) if done else np.empty((0, 2))

    def flush(self) -> Audio:
        """Return what is still held back."""
        rest, size = self._reblocker.rest(), self._crossover.chunk_samples
        wanted = len(rest) + self.latency_samples
        if not self.latency_samples:
            return self._hold_back(rest, wanted)
        line = np.zeros((-(-wanted // size) * size, 2))
        line[: len(rest)] = rest
        starts = range(0, wanted, size)
        done = [self._hold_back(line[at : at + size], wanted - at) for at in starts]
        return np.concatenate(done) if done else np.empty((0, 2))

    def _hold_back(self, chunk: Audio, most_samples: int) -> Audio:
        """Return at most so many samples of what has become of the chunk before its delay."""
        out, parts = self._crossover.split(chunk)
        out = out[:most_samples]
        for band, part in zip(self._bands, parts, strict=True):
            if band is not None:
                band.change(part[:most_samples], out)
        return out


class _Band:
    """Adds to a whole what one band loses or gains."""

    def __init__(self, settings: CompressorBand, link: float, sample_rate_hz: int) -> None:
        threshold, release = settings.threshold, settings.release
        self._gain = 10.0 ** (settings.gain / 20.0)
        self._follower = Follower(
            Curve(
                threshold if isinstance(threshold, float) else inf,
                settings.ratio,
                settings.knee,
                settings.range,
            ),
            Timing(settings.attack, release if isinstance(release, float) else None),
            link=link,
            sample_rate_hz=sample_rate_hz,
        )

    @property
    def activity(self) -> Reduction:
        return self._follower.activity

    def change(self, part: Audio, out: Audio) -> None:
        for start in range(0, len(part), TILE_SAMPLES):
            tile = part[start : start + TILE_SAMPLES]
            reduction_db = self._follower.follow(tile)
            add_change(tile, reduction_db, self._gain, out[start : start + TILE_SAMPLES])


@kernel
def add_change(part: Audio, reduction_db: Decibels, gain: float, out: Audio) -> None:
    """Add to `out` what `part` gains by `gain` and loses by the reduction."""
    last = reduction_db.shape[1] - 1
    for i in range(len(part)):
        change = gain * np.exp(-reduction_db[i, 0] / DB_PER_NEPER) - 1.0
        other = change
        if last:
            other = gain * np.exp(-reduction_db[i, 1] / DB_PER_NEPER) - 1.0
        out[i, 0] += change * part[i, 0]
        out[i, 1] += other * part[i, 1]
