"""What comes and goes: s-sounds, presence, bass, attacks and decays, moment by moment."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.intake.bands import Row, Table, band_powers, bin_powers, to_db
from pipeline.intake.listening import SILENCE_DB, Figures, Format, Heard

EDGES_HZ = np.array([20.0, 150.0, 1000.0, 2000.0, 4000.0, 5000.0, 9000.0])
_BASS, _MIDDLE = slice(0, 1), slice(2, 4)  # 20 to 150, 1000 to 4000 Hz
_BODY, _PRESENCE, _SIBILANCE = slice(1, 3), slice(3, 5), slice(5, 6)
BANDS = {"bass": _BASS, "body": _BODY, "presence": _PRESENCE, "sibilance": _SIBILANCE}
"""20 to 150, 150 to 2000, 2000 to 5000 and 5000 to 9000 Hz."""

LONGEST_SIBILANT_S = 0.35
"""What lasts longer is a cymbal, an open hi-hat or noise: an s in song takes 0.05 to 0.3 s."""
_KEPT_SIBILANTS = 50
_LOUD_SHARE = 0.1  # windows down to 10 dB below the mean, as for integrated loudness
_FALL_S = 0.19
_STEEP_PERCENT = 98
_FALLS_FROM_DB = -10.0


@dataclass(frozen=True, slots=True)
class Sibilant:
    """An s-sound: where, and by how much its 5 to 9 kHz are over the 1 to 4 kHz."""

    time_s: float
    over_db: float


@dataclass(frozen=True, slots=True)
class MomentsFigures(Figures):
    """What was found in windows of 45 ms.

    Parameters
    ----------
    sibilant_times_s, sibilant_over_db : tuple of float
        The strongest s-sounds, at most 50, in order of time: short moments in which 5 to 9 kHz
        are stronger than 1 to 4 kHz, both at that moment and in the loud passages of the mix;
        and by how much over the stronger of the two.
    n_sibilants : int
        How many there are in all.
    steepest_fall_db_per_s : float or None
        How fast 150 Hz to 4 kHz die away where they do so fastest; `None` if they never fall.
    mean_db, peak_db : tuple of float
        Mean level in each second, and that of the strongest window in it; of the first of the
        `BANDS` for all seconds, then of the next.
    """

    name: ClassVar[str] = "moments"

    sibilant_times_s: tuple[float, ...]
    sibilant_over_db: tuple[float, ...]
    n_sibilants: int
    steepest_fall_db_per_s: float | None
    mean_db: tuple[float, ...]
    peak_db: tuple[float, ...]

    @property
    def sibilants(self) -> tuple[Sibilant, ...]:
        """The strongest s-sounds, in order of time."""
        pairs = zip(self.sibilant_times_s, self.sibilant_over_db, strict=True)
        return tuple(Sibilant(time_s, over_db) for time_s, over_db in pairs)

    def mean_of(self, band: str) -> Row:
        """Return the mean level of one of the `BANDS`, by the second."""
        return _band(self.mean_db, band)

    def peak_of(self, band: str) -> Row:
        """Return the level of the strongest window in one of the `BANDS`, by the second."""
        return _band(self.peak_db, band)


class MomentsListener:
    """Keeps the power of six bands per short window: 1.2 kB per second."""

    def __init__(self, wanted: Format) -> None:
        self._kept = array("f")
        self._hop_s = 1.0

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        frames = heard.short
        self._hop_s = frames.hop_samples / frames.sample_rate_hz
        bin_hz = frames.sample_rate_hz / frames.window_samples
        powers = band_powers(bin_powers(frames), EDGES_HZ, bin_hz=bin_hz)
        self._kept.frombytes(powers.astype(np.float32).tobytes())

    def figures(self) -> MomentsFigures:
        """Return the moments that stand out, and every second in outline."""
        powers = np.frombuffer(self._kept, dtype=np.float32).astype(np.float64)
        trace = powers.reshape(-1, len(EDGES_HZ) - 1)
        found = sorted(_sibilants(trace, self._hop_s), key=lambda each: -each.over_db)
        kept = sorted(found[:_KEPT_SIBILANTS], key=lambda each: each.time_s)
        seconds = [
            powers
            for band in BANDS.values()
            for powers in _by_the_second(trace[:, band].sum(axis=1), self._hop_s)
        ]
        return MomentsFigures(
            tuple(round(each.time_s, 2) for each in kept),
            tuple(round(each.over_db, 1) for each in kept),
            len(found),
            _steepest_fall(trace, self._hop_s),
            _levels([each.mean() for each in seconds]),
            _levels([each.max() for each in seconds]),
        )


def _band(levels: tuple[float, ...], band: str) -> Row:
    return np.asarray(np.array(levels).reshape(len(BANDS), -1)[list(BANDS).index(band)])


def _sibilants(trace: Table, hop_s: float) -> Iterator[Sibilant]:
    middle, sibilance = trace[:, _MIDDLE].sum(axis=1), trace[:, _SIBILANCE].sum(axis=1)
    loud = middle[middle >= _LOUD_SHARE * middle.mean()] if len(middle) else middle
    if not middle.any():
        return
    over = to_db(sibilance) - np.maximum(to_db(middle), to_db(loud.mean()))
    for start, end in _runs(over > 0.0):
        if (end - start) * hop_s <= LONGEST_SIBILANT_S:
            strongest = start + int(over[start:end].argmax())
            # The middle of a window lies one step behind its start.
            yield Sibilant((strongest + 1) * hop_s, float(over[strongest]))


def _runs(holds: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield where it begins to hold, and where it no longer does."""
    changes = np.flatnonzero(np.diff(np.concatenate(([False], holds, [False]))))
    yield from zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True)


def _steepest_fall(trace: Table, hop_s: float) -> float | None:
    """Return how fast sound dies away at best; a room does not let it do so any faster."""
    steps = round(_FALL_S / hop_s)
    level = to_db(trace[:, 1:4].sum(axis=1))
    if len(level) <= steps or level.max() <= SILENCE_DB:
        return None
    falls = level[:-steps] - level[steps:]
    starts = level[:-steps] >= to_db(trace[:, 1:4].sum(axis=1).mean()) + _FALLS_FROM_DB
    heard = falls[starts & (falls > 0.0)]
    if not len(heard):
        return None
    return round(float(np.percentile(heard, _STEEP_PERCENT)) / (steps * hop_s), 1)


def _by_the_second(powers: Row, hop_s: float) -> list[Row]:
    """Return the windows whose middles lie in each second; the last may be a short one."""
    middles_s = (np.arange(len(powers)) + 1.0) * hop_s
    first = np.flatnonzero(np.diff(np.floor(middles_s), prepend=-1.0))
    return np.split(powers, first[1:]) if len(powers) else []


def _levels(powers: list[float]) -> tuple[float, ...]:
    return tuple(np.round(to_db(powers), 1).tolist())
