"""Hum removal: ``hum_removal: {mains: 50 Hz}``."""

from __future__ import annotations

from math import log10, pi, tan
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from pipeline.dsp import Audio
from pipeline.dsp.biquad import prewarped
from pipeline.dsp.kernel import kernel
from pipeline.master.processors import SETTINGS, Parameters, default
from pipeline.units import DB, DBFS, HZ

Row = npt.NDArray[np.float64]

_SILENT = 1e-40  # a power far below any word, far above what slows a processor down
_LETTING_GO_PERIODS = 2.0
_TOLD_TONES = 3
_TOLD_DBFS = -120.0


class HumRemoval(BaseModel, Parameters):
    """Takes the hum of the mains and its overtones away.

    A notch is a tone that is listened to for long and taken away. It cannot know a bass note of
    50 Hz from hum, and rings on when the note is over. But hum is soft: so no more than
    `up_to` is ever taken, and no more than that can ring.
    """

    model_config = SETTINGS
    version: ClassVar[int] = 1

    mains: Annotated[float, HZ.within(40.0, 70.0, example="50 Hz")] = Field(
        description="the lowest tone, as exactly as it is known: 49.7 Hz where a tape ran slow"
    )
    harmonics: Annotated[int, Field(ge=1, le=40)] = Field(
        8, description="how many tones: the lowest, and its multiples"
    )
    width: Annotated[float, HZ.within(0.2, 5.0, example="1 Hz")] = default(
        "1 Hz",
        description="of the lowest notch at -3 dB; of its multiples as many times that, as hum "
        "drifts there. Wider follows more drift and hears hum sooner, and takes more music",
    )
    depth: Annotated[float, DB.within(6.0, 80.0, example="40 dB")] = default(
        "40 dB", description="by how much a tone is lowered"
    )
    up_to: Annotated[float, DBFS.within(-80.0, 0.0, example="-50 dBFS")] = default(
        "-50 dBFS", description="never takes more of a tone than this: louder is no hum"
    )

    def make(self, sample_rate_hz: int) -> HumRemover:
        """Return a fresh stereo processor."""
        return HumRemover(self, sample_rate_hz=sample_rate_hz)


class HumRemover:
    """Listens to each tone through a narrow band-pass, and takes it away.

    Parameters
    ----------
    settings : HumRemoval
        What the spec asks for.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Raises
    ------
    ValueError
        If the sample rate cannot carry the highest tone.

    Notes
    -----
    What is softer than `up_to` meets a notch: exactly `depth` in its middle, -3 dB at `width`,
    nothing elsewhere. The tone's size is told by the band-pass and by the same a quarter of a
    period later, so a steady tone has a steady size, and what is taken of a loud one is all but
    a pure tone. The band-pass lets go of what it holds beyond that, so a note that ends rings
    from there on and fades by 27 dB in a second for each Hz of width. No latency.

    References
    ----------
    P. A. Regalia, S. K. Mitra, "Tunable Digital Frequency Response Equalization Filters", IEEE
    Trans. ASSP 35(1), 1987: middle, width and depth of a notch set apart. A. Simper, "Linear
    Trapezoidal State Variable Filters", 2013: the form that is run.
    """

    latency_samples = 0

    def __init__(self, settings: HumRemoval, *, sample_rate_hz: int) -> None:
        numbers = range(1, settings.harmonics + 1)
        self._tones_hz = [settings.mains * number for number in numbers]
        self._tones = np.array(
            [
                _band(at_hz, settings.width * number, sample_rate_hz)
                for number, at_hz in zip(numbers, self._tones_hz, strict=True)
            ]
        )
        share, most = 1.0 - 10.0 ** (-settings.depth / 20.0), 10.0 ** (settings.up_to / 20.0)
        self._rule = np.array([share, most])
        self._state = np.zeros((settings.harmonics, 2, 2))
        self._taken = np.zeros((settings.harmonics, 2, 2))
        self._n_samples = 0

    @property
    def told(self) -> dict[str, Any]:
        """For the log: how much of each tone was taken, and for how long it was no hum."""
        power, n_bounded = self._taken.mean(axis=1).T / max(self._n_samples, 1)
        level_dbfs = [round(10.0 * log10(max(each, 1e-20)), 1) for each in power]
        bounded_percent = [round(100.0 * share, 1) for share in n_bounded.tolist()]
        return {
            "tones_hz": self._tones_hz,
            "taken_dbfs": level_dbfs,
            "louder_than_hum_percent": bounded_percent,
            "did": _sentence(self._tones_hz, level_dbfs, max(bounded_percent)),
        }

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        out = np.array(block, dtype=np.float64, order="C")
        take_tones(out, self._tones, self._rule, self._state, self._taken)
        self._n_samples += len(block)
        return out

    def flush(self) -> Audio:
        """Return an empty block: nothing is held back."""
        return np.empty((0, 2))


def _band(at_hz: float, width_hz: float, sample_rate_hz: int) -> tuple[float, ...]:
    """Return what `take_tones` needs of a tone."""
    turn = prewarped(at_hz, sample_rate_hz)
    damping = tan(pi * width_hz / sample_rate_hz) * (1.0 + turn * turn) / turn
    first = 1.0 / (1.0 + turn * (turn + damping))
    ease = at_hz / (_LETTING_GO_PERIODS * sample_rate_hz)
    return first, turn * first, turn * turn * first, damping, ease


def _sentence(tones_hz: list[float], level_dbfs: list[float], bounded_percent: float) -> str:
    taken = sorted(zip(level_dbfs, tones_hz, strict=True), reverse=True)[:_TOLD_TONES]
    tones = [f"{at_hz:g} Hz {level:.0f} dBFS" for level, at_hz in taken if level > _TOLD_DBFS]
    if not tones:
        return "found nothing to take away"
    louder = f"; a tone was louder than hum for {bounded_percent:.0f} % of the time"
    return f"took away {', '.join(tones)}" + (louder if bounded_percent >= 1.0 else "")


@kernel
def take_tones(samples: Audio, tones: Row, rule: Row, state: Row, taken: Row) -> None:
    """Take tones away, in place.

    A row of `tones` is the three steps and the damping of a band-pass with 0 dB in its middle,
    and how fast it lets go of what is louder than hum. `rule` is the share of a tone that is
    taken and the most of it. The state is what two integrators hold, for each tone and channel;
    `taken` adds up likewise the square of what was taken, and in how many samples it was
    bounded.
    """
    share, most = rule
    for tone in range(len(tones)):
        a1, a2, a3, damping, ease = tones[tone]
        for k in range(2):
            held1, held2 = state[tone, k]
            power, n_bounded = taken[tone, k]
            for i in range(len(samples)):
                now = samples[i, k]
                into = now - held2
                first = a1 * held1 + a2 * into
                second = held2 + a2 * held1 + a3 * into
                held1, held2 = 2.0 * first - held1, 2.0 * second - held2
                take = share * damping * first
                square = damping * damping * (first * first + second * second)
                if square > most * most:
                    # What is held is let go slowly against the tone's period, which keeps the
                    # tone pure, and quickly against its ringing.
                    within = most / np.sqrt(square)
                    take *= within
                    kept = 1.0 - ease * (1.0 - within)
                    held1, held2 = kept * held1, kept * held2
                    n_bounded += 1.0
                elif square < _SILENT:
                    held1 = held2 = take = 0.0
                samples[i, k] = now - take
                power += take * take
            state[tone, k, 0], state[tone, k, 1] = held1, held2
            taken[tone, k, 0], taken[tone, k, 1] = power, n_bounded
