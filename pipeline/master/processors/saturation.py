"""Saturation: ``saturation: {character: tape, drive: 3 dB}``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import comb, log10, sqrt
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field, model_validator

from pipeline.dsp import Audio
from pipeline.dsp.biquad import Cascade, butterworth_high_pass
from pipeline.dsp.compression import Reduction
from pipeline.dsp.kernel import kernel
from pipeline.dsp.oversampling import Oversampler
from pipeline.dsp.truepeak import Reblocker
from pipeline.master.processors import SETTINGS, Parameters
from pipeline.units import DB

Row = npt.NDArray[np.float64]

_NOMINAL_DBFS = -18.0  # the power of a mix that comes out as loud as it went in
_NO_WANDERING_HZ = 5.0  # what an uneven bend adds below this is no sound


@dataclass(frozen=True, slots=True)
class Character:
    """How a waveform is bent; it never passes 1, whatever comes.

    Parameters
    ----------
    straight_to : float
        Up to this level nothing is bent, 0 to below 1.
    gentleness : int
        From there it follows the integral of ``(1 - x²)`` to this power, 1 to 3: the higher,
        the more gently it begins and ends, and the faster its overtones die away.
    lean : float
        How far rest lies off the middle: what is bent unevenly has even overtones.
    most_drive_db : float
        Drive up to which a sine of 0 dBFS folds nothing back above -90 dB.
    """

    straight_to: float
    gentleness: int
    lean: float = 0.0
    most_drive_db: float = 12.0


CHARACTERS = {
    "tape": Character(0.0, 3),
    "tube": Character(0.0, 3, lean=0.35),
    "soft_clip": Character(0.4, 2, most_drive_db=6.0),
}


class Saturation(BaseModel, Parameters):
    """Rounds peaks off and adds the overtones that come of it."""

    model_config = SETTINGS
    version: ClassVar[int] = 1

    character: Literal["tape", "tube", "soft_clip"] = Field(
        description="tape: gentle, odd overtones; tube: even ones too; soft_clip: straight up "
        "to 8 dB below its most, then a bend"
    )
    drive: Annotated[float, DB.within(-12.0, 12.0, example="3 dB")] = Field(
        description="how far above its nominal level it is driven; what comes out is as loud "
        "as what went in"
    )

    @model_validator(mode="after")
    def _is_not_overdriven(self) -> Self:
        most_db = CHARACTERS[self.character].most_drive_db
        if self.drive > most_db:
            raise ValueError(
                f"{self.character} is driven by {self.drive:g} dB; it takes {most_db:g} dB, "
                "beyond which its overtones would fold back"
            )
        return self

    def make(self, sample_rate_hz: int) -> Saturator:
        """Return a fresh stereo processor."""
        return Saturator(self, sample_rate_hz=sample_rate_hz)


class Saturator:
    """Stereo saturation whose overtones do not fold back.

    Parameters
    ----------
    settings : Saturation
        What the spec asks for.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Notes
    -----
    What lies above 20 kHz is not bent, above 10 kHz less and less: so it sounds alike at every
    rate. The gain after it is one that brings noise of -18 dBFS, as loud as a mix is before it
    is mastered, back to its power; it does not follow the music. The audio is delayed by
    filters, which `latency_samples` tells.
    """

    def __init__(self, settings: Saturation, *, sample_rate_hz: int) -> None:
        character, drive = CHARACTERS[settings.character], 10.0 ** (settings.drive / 20.0)
        shape = _shape(character, drive)
        self._oversampler = Oversampler(partial(bend, shape), sample_rate_hz=sample_rate_hz)
        self.latency_samples = self._oversampler.latency_samples
        self._gain = _gain_at_nominal_level(shape)
        self._steady = Cascade(
            butterworth_high_pass(_NO_WANDERING_HZ, 1, sample_rate_hz=sample_rate_hz)
            if character.lean
            else []
        )
        self._reblocker = Reblocker(2, self._oversampler.chunk_samples)
        self._power_in = self._power_out = self._max_db = 0.0

    @property
    def activity(self) -> Reduction:
        """By how much it lowered power on the whole, and peaks at most, before its gain."""
        mean_db = 10.0 * log10(self._power_in / self._power_out) if self._power_out else 0.0
        return Reduction(max(mean_db, 0.0), self._max_db)

    def process(self, block: Audio) -> Audio:
        """Take one stereo block of shape ``(n_samples, 2)`` and return what is ready."""
        done = [self._bend(chunk) for chunk in self._reblocker.chunks(block)]
        return np.concatenate(done) if done else np.empty((0, 2))

    def flush(self) -> Audio:
        """Return what the filters held back."""
        rest, size = self._reblocker.rest(), self._oversampler.chunk_samples
        wanted = len(rest) + self.latency_samples
        line = np.zeros((-(-wanted // size) * size, 2))
        line[: len(rest)] = rest
        done = [self._bend(line[at : at + size]) for at in range(0, len(line), size)]
        return np.concatenate(done)[:wanted]

    def _bend(self, chunk: Audio) -> Audio:
        straight, change = self._oversampler.next(chunk)
        self._steady.filter_in_place(change)
        out = straight + change
        self._log(straight, out)
        out *= self._gain
        return out

    def _log(self, straight: Audio, out: Audio) -> None:
        peak = float(np.abs(straight).max())
        self._power_in += float(np.square(straight).sum())
        self._power_out += float(np.square(out).sum())
        bent_peak = float(np.abs(out).max())
        if peak > bent_peak > 0.0:
            self._max_db = max(self._max_db, 20.0 * log10(peak / bent_peak))


def _shape(character: Character, drive: float) -> Row:
    """Return what `bend` needs: drive, straight part, lean, slope and loss there, integral."""
    polynomial = np.zeros(4)
    for k in range(character.gentleness + 1):
        polynomial[k] = (-1) ** k * comb(character.gentleness, k) / (2 * k + 1)
    upright = np.array([1.0, character.straight_to, 0.0, 1.0, 0.0, *polynomial])
    at_lean = character.lean + np.array([[-1e-6, 0.0, 1e-6]])
    bent = at_lean.copy()
    bend.py_func(upright, bent)
    below, _, above = (at_lean + bent)[0]
    slope = (above - below) / 2e-6
    start = (drive, character.straight_to, character.lean, slope, -bent[0, 1])
    return np.array([*start, *polynomial])


def _gain_at_nominal_level(shape: Row) -> float:
    """Return what brings noise of the nominal power back to it."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(96)
    weights /= weights.sum()
    noise = (10.0 ** (_NOMINAL_DBFS / 20.0) * nodes)[None, :]
    bent = noise.copy()
    bend.py_func(shape, bent)
    bent += noise
    mean = float((weights * bent).sum())
    power = float((weights * np.square(bent)).sum()) - mean**2
    return sqrt(float((weights * np.square(noise)).sum()) / power)


@kernel
def bend(shape: Row, samples: Row) -> None:
    """Put in place of `samples`, of shape ``(n_channels, n)``, what bending adds to them."""
    drive, straight_to, lean, slope, lost_at_lean = shape[:5]
    c0, c1, c2, c3 = shape[5:]
    room, most = 1.0 - straight_to, c0 + c1 + c2 + c3
    steep, grow, scale = most / room, 1.0 / slope - 1.0, 1.0 / (slope * drive)
    for k in range(samples.shape[0]):
        row = samples[k]
        for i in range(len(row)):
            straight = row[i]
            driven = drive * straight + lean
            over = max(abs(driven) - straight_to, 0.0)
            part = min(over * steep, 1.0)
            square = part * part
            lost = over - part * (c0 + square * (c1 + square * (c2 + square * c3))) / steep
            if driven < 0.0:
                lost = -lost
            row[i] = grow * straight - scale * (lost - lost_at_lean)
