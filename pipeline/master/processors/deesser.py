"""De-esser: ``deesser: {threshold: -8 dB, at: 6.5 kHz, range: 5 dB}``.

References
----------
A. Simper, "Linear trapezoidal integrated state variable filter with low noise optimisation",
Cytomic, 2013: a filter that stays quiet while its gain moves.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from pipeline.dsp import Audio
from pipeline.dsp.biquad import prewarped
from pipeline.dsp.compression import (
    DB_PER_NEPER,
    TILE_SAMPLES,
    Decibels,
    Reduction,
    Smoother,
    Timing,
)
from pipeline.dsp.kernel import kernel
from pipeline.master.processors import SETTINGS, Parameters, default
from pipeline.units import DB, HZ, MS, NUMBER, RATIO

Coefficients = npt.NDArray[np.float64]

# The esses are compared with the louder of now and of late, so that a drum's first millisecond
# is no ess only because it was quiet before.
_NOW_MS, _OF_LATE_MS = 1.0, 30.0
_NOTHING_POWER = 1e-8  # -80 dBFS: hiss between the songs is not sung
_BUTTERWORTH_DAMPING = 2.0**0.5
_SILENT = 1e-30  # near the least a float64 can hold, numbers cost a hundred times as much


class Deesser(BaseModel, Parameters):
    """Turns esses down while they last, however loud the music is; all else keeps every bit."""

    model_config = SETTINGS
    version: ClassVar[int] = 1

    threshold: Annotated[float, DB.within(-30.0, 0.0, example="-8 dB")] = Field(
        description="level of the esses beside that of all sound from which it works"
    )
    at: Annotated[float, HZ.within(2_000.0, 12_000.0)] = default(
        "6.5 kHz", description="where the esses are"
    )
    shape: Literal["bell", "high_shelf"] = Field(
        "bell",
        description="bell: hears and lowers what lies around `at`; high_shelf: all above it",
    )
    q: Annotated[float, NUMBER.within(0.3, 4.0)] = default(
        "1", description="of the bell: the higher, the narrower"
    )
    ratio: Annotated[float, RATIO.within(1.0, 20.0)] = default(
        "4", description="above the threshold, dB in for one dB out"
    )
    range: Annotated[float, DB.within(0.5, 24.0, example="6 dB")] = default(
        "6 dB", description="most reduction, however sharp they are"
    )
    attack: Annotated[float, MS.within(0.1, 20.0)] = default(
        "0.5 ms", description="time to 63 % of the reduction"
    )
    release: Annotated[float, MS.within(5.0, 500.0)] = default(
        "60 ms", description="time to give back 63 %"
    )
    lookahead: Annotated[float, MS.within(0.0, 10.0, example="2 ms")] = default(
        "2 ms", description="how far it hears ahead; adds no delay"
    )

    def make(self, sample_rate_hz: int) -> EssReducer:
        """Return a fresh stereo processor."""
        return EssReducer(self, sample_rate_hz=sample_rate_hz)


class EssReducer:
    """Stereo de-esser; while it hears no esses every bit passes.

    Parameters
    ----------
    settings : Deesser
        What the spec asks for.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Raises
    ------
    ValueError
        If the sample rate cannot carry the esses.

    Notes
    -----
    A band, the bell's or all above the shelf, is heard beside the whole: power of both
    channels, over 1 ms; of the whole, over 30 ms too, and the louder counts. The same filter
    then lowers both channels alike. Its poles stay and only its zeros move with the gain: the
    bell has `q` at its poles, and the shelf reaches half its gain at `at` when all of the range
    is used. The audio is delayed by the
    look-ahead, which `latency_samples` tells.
    """

    def __init__(self, settings: Deesser, *, sample_rate_hz: int) -> None:
        self.latency_samples = round(settings.lookahead * sample_rate_hz / 1000.0)
        is_shelf = settings.shape == "high_shelf"
        damping = _BUTTERWORTH_DAMPING if is_shelf else 1.0 / settings.q
        turn = prewarped(settings.at, sample_rate_hz)
        if is_shelf:  # at full range `at` lies halfway between poles and zeros
            turn *= 10.0 ** (-settings.range / 80.0)
        steps = _integrator_steps(turn, damping)
        # Of input, first and second integrator: a high-pass, or a band-pass with 0 dB on top.
        taps = (1.0, -damping, -1.0) if is_shelf else (0.0, damping, 0.0)
        self._band = np.array([*steps, *taps])
        self._lowering = np.array([*steps, damping, is_shelf])
        now, of_late = np.exp(-1000.0 / (np.array((_NOW_MS, _OF_LATE_MS)) * sample_rate_hz))
        slope = 1.0 - 1.0 / settings.ratio
        self._rule = np.array([now, of_late, settings.threshold, slope, settings.range])
        self._smoother = Smoother(
            Timing(settings.attack, settings.release),
            n_detectors=1,
            sample_rate_hz=sample_rate_hz,
        )
        self._heard, self._lowered = np.zeros((2, 2)), np.zeros((2, 2))
        self._powers = np.zeros(3)
        self._held = np.zeros((self.latency_samples, 2))
        self._reduction_db = np.empty((TILE_SAMPLES, 1))

    @property
    def activity(self) -> Reduction:
        """The reduction so far, of the esses."""
        return self._smoother.activity

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        block = np.ascontiguousarray(block, dtype=np.float64)
        line = np.concatenate((self._held, block))
        out, self._held = line[: len(block)], line[len(block) :].copy()
        for start in range(0, len(block), TILE_SAMPLES):
            tile = block[start : start + TILE_SAMPLES]
            reduction_db = self._reduction_db[: len(tile)]
            self._listen(tile, reduction_db)
            self._smoother.smooth_in_place(reduction_db)
            lower(out[start : start + len(tile)], reduction_db, self._lowering, self._lowered)
        return out

    def flush(self) -> Audio:
        """Return what the look-ahead held back."""
        return self.process(np.zeros((self.latency_samples, 2)))

    def _listen(self, tile: Audio, reduction_db: Decibels) -> None:
        band = np.empty_like(tile)
        hear_band(tile, self._band, self._heard, band)
        want_lower(tile, band, self._rule, self._powers, reduction_db)


def _integrator_steps(turn: float, damping: float) -> tuple[float, float, float]:
    first = 1.0 / (1.0 + turn * (turn + damping))
    return first, turn * first, turn * turn * first


@kernel
def hear_band(tile: Audio, band: Coefficients, state: Audio, out: Audio) -> None:
    """Filter `tile` into `out`; `band` is three steps and three taps of the filter.

    The state is what the two integrators of each channel hold.
    """
    a1, a2, a3, m0, m1, m2 = band
    for k in range(2):
        held1, held2 = state[k]
        for i in range(len(tile)):
            now = tile[i, k]
            into = now - held2
            first = a1 * held1 + a2 * into
            second = held2 + a2 * held1 + a3 * into
            held1, held2 = 2.0 * first - held1, 2.0 * second - held2
            if abs(held1) + abs(held2) < _SILENT:
                held1 = held2 = 0.0
            out[i, k] = m0 * now + m1 * first + m2 * second
        state[k, 0], state[k, 1] = held1, held2


@kernel
def want_lower(
    whole: Audio, band: Audio, rule: Coefficients, powers: Coefficients, reduction_db: Decibels
) -> None:
    """Fill in the reduction in dB that the level of `band` beside that of `whole` asks for.

    `rule` is the poles of now and of late, threshold in dB, 1 - 1/ratio, and range in dB. The
    state is the mean power of the band, of the whole, and of the whole of late.
    """
    now, of_late, threshold_db, slope, range_db = rule
    share = 10.0 ** (threshold_db / 10.0)
    of_band, of_whole, before = powers
    for i in range(len(whole)):
        power = band[i, 0] * band[i, 0] + band[i, 1] * band[i, 1]
        of_band = power + now * (of_band - power)
        power = whole[i, 0] * whole[i, 0] + whole[i, 1] * whole[i, 1]
        of_whole = power + now * (of_whole - power)
        before = power + of_late * (before - power)
        if before < _SILENT:
            of_band = of_whole = before = 0.0
        beside = share * max(of_whole, before)
        reduction_db[i, 0] = 0.0
        if of_band > beside and of_band > _NOTHING_POWER:
            over_db = 0.5 * DB_PER_NEPER * np.log(of_band / beside)
            reduction_db[i, 0] = min(slope * over_db, range_db)
    powers[0], powers[1], powers[2] = of_band, of_whole, before


@kernel
def lower(samples: Audio, reduction_db: Decibels, lowering: Coefficients, state: Audio) -> None:
    """Lower a bell or what lies above a shelf, in place, by a reduction that moves.

    `lowering` is the three steps of the filter, its damping, and 1 for a shelf. The state is
    what the two integrators of each channel hold. Without reduction every bit is kept.
    """
    a1, a2, a3, damping, is_shelf = lowering
    for k in range(2):
        held1, held2 = state[k]
        for i in range(len(samples)):
            now = samples[i, k]
            into = now - held2
            first = a1 * held1 + a2 * into
            second = held2 + a2 * held1 + a3 * into
            held1, held2 = 2.0 * first - held1, 2.0 * second - held2
            if abs(held1) + abs(held2) < _SILENT:
                held1 = held2 = 0.0
            if reduction_db[i, 0] > 0.0:
                root = np.exp(-0.5 * reduction_db[i, 0] / DB_PER_NEPER)
                gain = root * root
                if is_shelf > 0.0:  # zeros of the poles' quality, at 1/root times the corner
                    rise = (root - gain) * damping * first + (1.0 - gain) * second
                    samples[i, k] = gain * now + rise
                else:
                    samples[i, k] = now - (1.0 - gain) * damping * first
        state[k, 0], state[k, 1] = held1, held2
