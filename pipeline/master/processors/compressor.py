"""Compressor for the sum: feed-forward, in decibels, smooth.

``compressor: {threshold: -18 dB, ratio: 1.6, attack: 20 ms, release: auto}``

References
----------
D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design", JAES 60(6),
2012: smoothing of the gain reduction, decoupled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from pipeline.dsp import Audio
from pipeline.dsp.biquad import Cascade, butterworth_high_pass
from pipeline.dsp.kernel import kernel
from pipeline.master.processors import SETTINGS, Parameters, default
from pipeline.units import DB, HZ, MS, PERCENT, RATIO

_DB_PER_NEPER = 8.685889638065036
_FAST_RELEASE_MS, _SLOW_ATTACK_MS, _SLOW_RELEASE_MS = 100.0, 200.0, 1000.0
# What is in work stays in the cache: fresh memory costs more than the work on it.
_TILE_SAMPLES = 4096
_NO_REDUCTION_DB = 1e-9  # less is none: below the threshold every bit is kept


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
    knee: Annotated[float, DB.within(0.0, 24.0, example="6 dB")] = default(
        "6 dB", description="width of the bend around the threshold"
    )
    lookahead: Annotated[float, MS.within(0.0, 10.0, example="2 ms")] = default(
        "0 ms", description="how far it hears ahead; adds no delay"
    )
    sidechain_high_pass: Annotated[
        float | Literal["off"], HZ.within(20.0, 500.0, example="80 Hz").or_word("off")
    ] = default("80 Hz", description="keeps the bass from driving it; off: hears everything")
    link: Annotated[float, PERCENT.within(0.0, 100.0, example="100 %")] = default(
        "100 %", description="100 %: both channels move as one, 0 %: each for itself"
    )
    makeup: Annotated[float, DB.within(-12.0, 24.0, example="2 dB")] = default(
        "0 dB", description="gain after it"
    )

    def make(self, sample_rate_hz: int) -> GlueCompressor:
        """Return a fresh stereo processor."""
        return GlueCompressor(self, sample_rate_hz=sample_rate_hz)


@dataclass(frozen=True, slots=True)
class Reduction:
    """How much a compressor held back, in positive decibels, silence and all counted."""

    mean_db: float
    max_db: float


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
    Times are 63 % times. The audio is delayed by the look-ahead, which `latency_samples` tells.
    A release that is not `auto` comes after the attack's smoothing and so is longer by it.
    """

    def __init__(self, settings: Compressor, *, sample_rate_hz: int) -> None:
        self.latency_samples = round(settings.lookahead * sample_rate_hz / 1000.0)
        corner = settings.sidechain_high_pass
        self._sidechain = Cascade(
            butterworth_high_pass(corner, 2, sample_rate_hz=sample_rate_hz)
            if isinstance(corner, float)
            else []
        )
        self._curve = np.array(
            [
                settings.threshold,
                settings.knee,
                1.0 - 1.0 / settings.ratio,
                settings.link / 100.0,
            ]
        )
        self._is_auto = settings.release == "auto"
        fast = settings.release if isinstance(settings.release, float) else _FAST_RELEASE_MS
        times_ms = (settings.attack, fast, _SLOW_ATTACK_MS, _SLOW_RELEASE_MS)
        self._poles = np.exp(-1000.0 / (np.array(times_ms) * sample_rate_hz))
        self._makeup = 10.0 ** (settings.makeup / 20.0)
        n_detectors = 1 if settings.link == 100.0 else 2
        self._state = np.zeros((n_detectors, 3))
        self._heard = np.empty((_TILE_SAMPLES, 2))
        self._reduction_db = np.empty((_TILE_SAMPLES, n_detectors))
        self._sum_and_max = np.zeros(2)
        self._n_samples = 0
        self._held = np.zeros((self.latency_samples, 2))

    @property
    def activity(self) -> Reduction:
        """The reduction so far."""
        total_db, max_db = self._sum_and_max
        return Reduction(float(total_db) / max(self._n_samples, 1), float(max_db))

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        block = np.ascontiguousarray(block, dtype=np.float64)
        out = np.empty_like(block)
        for start in range(0, len(block), _TILE_SAMPLES):
            end = start + _TILE_SAMPLES
            self._process_tile(block[start:end], out[start:end])
        return out

    def flush(self) -> Audio:
        """Return what the look-ahead held back."""
        return self.process(np.zeros((self.latency_samples, 2)))

    def _process_tile(self, tile: Audio, out: Audio) -> None:
        heard, reduction_db = self._heard[: len(tile)], self._reduction_db[: len(tile)]
        heard[:] = tile
        self._sidechain.filter_in_place(heard)
        want_reduction(heard, self._curve, reduction_db)
        smooth(reduction_db, self._poles, self._state, self._sum_and_max, self._is_auto)
        apply_reduction(tile, self._held, reduction_db, self._makeup, out)
        self._n_samples += len(tile)
        if self.latency_samples:
            line = np.concatenate((self._held, tile[-self.latency_samples :]))
            self._held = line[-self.latency_samples :]


@kernel
def want_reduction(
    heard: Audio, curve: npt.NDArray[np.float64], reduction_db: npt.NDArray[np.float64]
) -> None:
    """Fill in the reduction in dB that the static curve asks for, of one detector or two.

    `curve` is threshold and knee in dB, 1 - 1/ratio, and the link, 0 to 1. One detector hears
    the louder channel.
    """
    threshold_db, knee_db, slope, link = curve
    from_db = threshold_db - 0.5 * knee_db
    from_level = max(10.0 ** (from_db / 20.0), 1e-6)
    per_knee = 0.5 / knee_db if knee_db > 0.0 else 0.0
    n_detectors = reduction_db.shape[1]
    for i in range(len(heard)):
        for k in range(n_detectors):
            level = abs(heard[i, k])
            if n_detectors == 1:
                level = max(level, abs(heard[i, 1]))
            reduction_db[i, k] = 0.0
            if level > from_level:
                over_db = _DB_PER_NEPER * np.log(level) - from_db
                in_knee_db = min(max(over_db, 0.0), knee_db)
                bend_db = in_knee_db * in_knee_db * per_knee
                reduction_db[i, k] = slope * (bend_db + max(over_db - knee_db, 0.0))
        if n_detectors == 2:
            shared = link * max(reduction_db[i, 0], reduction_db[i, 1])
            reduction_db[i, 0] = (1.0 - link) * reduction_db[i, 0] + shared
            reduction_db[i, 1] = (1.0 - link) * reduction_db[i, 1] + shared


@kernel
def smooth(
    reduction_db: npt.NDArray[np.float64],
    poles: npt.NDArray[np.float64],
    state: npt.NDArray[np.float64],
    sum_and_max: npt.NDArray[np.float64],
    is_auto: bool,
) -> None:
    """Give the reduction its attack and release, in place, and log it.

    The state of a detector is its release, its slow release, and its attack.
    """
    attack, release, slow_attack, slow_release = poles
    for k in range(reduction_db.shape[1]):
        fast, slow, smoothed = state[k]
        for i in range(len(reduction_db)):
            wanted = reduction_db[i, k]
            fast = max(wanted, wanted + release * (fast - wanted))
            target = fast
            if is_auto:
                pole = slow_attack if fast > slow else slow_release
                slow = fast + pole * (slow - fast)
                target = max(fast, slow)
            smoothed = target + attack * (smoothed - target)
            if smoothed < _NO_REDUCTION_DB:
                smoothed = 0.0
            reduction_db[i, k] = smoothed
        state[k, 0], state[k, 1], state[k, 2] = fast, slow, smoothed
    total_db, max_db = sum_and_max
    for i in range(len(reduction_db)):
        deepest = reduction_db[i, 0]
        for k in range(1, reduction_db.shape[1]):
            deepest = max(deepest, reduction_db[i, k])
        total_db += deepest
        max_db = max(max_db, deepest)
    sum_and_max[0], sum_and_max[1] = total_db, max_db


@kernel
def apply_reduction(
    tile: Audio,
    held: Audio,
    reduction_db: npt.NDArray[np.float64],
    makeup: float,
    out: Audio,
) -> None:
    """Fill in `held` and then `tile`, less the reduction, times the make-up gain."""
    n_held, has_two = len(held), reduction_db.shape[1] == 2
    for i in range(len(tile)):
        gain = makeup * np.exp(-reduction_db[i, 0] / _DB_PER_NEPER)
        other = gain
        if has_two:
            other = makeup * np.exp(-reduction_db[i, 1] / _DB_PER_NEPER)
        if i < n_held:
            out[i, 0], out[i, 1] = gain * held[i, 0], other * held[i, 1]
        else:
            out[i, 0], out[i, 1] = gain * tile[i - n_held, 0], other * tile[i - n_held, 1]
