"""A mix beside the track that was made of it: what mastering did, second by second."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.intake.bands import Row
from pipeline.intake.listeners.moments import MomentsFigures
from pipeline.intake.survey import Survey

LOUD_DB = 10.0
"""Seconds down to this far below the mean are judged, as for integrated loudness."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """What the limiter took off.

    Parameters
    ----------
    reduction_db : tuple of float
        The most in each stretch of the finished track, positive; empty without a limiter.
    bin_s : float
        Length of a stretch.
    """

    reduction_db: tuple[float, ...] = ()
    bin_s: float = 0.1

    def by_the_second(self, n_seconds: int) -> list[Row]:
        """Return the stretches of each whole second; none for what lies behind the end."""
        per_second = round(1.0 / self.bin_s)
        values = np.array(self.reduction_db)
        return [values[each * per_second :][:per_second] for each in range(n_seconds)]


@dataclass(frozen=True, slots=True)
class Mastered:
    """A mix and the finished track, both heard by every listener.

    Parameters
    ----------
    mix, master : Survey
        What was found in them.
    starts_s : float
        Time in the mix that is heard where the finished track starts; negative if silence or
        another track comes first.
    reduction : Reduction
        The work of the limiter.
    """

    mix: Survey
    master: Survey
    starts_s: float = 0.0
    reduction: Reduction = Reduction()

    def heard(self) -> Heard:
        """Return both by the second of the finished track, where both are heard."""
        mix, master = self.mix.of(MomentsFigures), self.master.of(MomentsFigures)
        seconds = np.arange(len(master.mean_of("body")))
        # The ends of a mix are faded and cut: the outermost seconds do not compare.
        inside = (seconds + self.starts_s >= 1.0) & (
            seconds + self.starts_s < len(mix.mean_of("body")) - 2.0
        )
        return Heard(mix, master, seconds[inside], self.starts_s)


@dataclass(frozen=True, slots=True)
class Heard:
    """Levels of mix and master at the same seconds.

    Parameters
    ----------
    mix, master : MomentsFigures
        What was found in them.
    seconds : ndarray of int64
        Those of the finished track that the mix has too.
    starts_s : float
        As of `Mastered`.
    """

    mix: MomentsFigures
    master: MomentsFigures
    seconds: npt.NDArray[np.int64]
    starts_s: float

    @property
    def is_loud(self) -> npt.NDArray[np.bool_]:
        """Which of the seconds belong to the loud passages of the finished track."""
        body = self.of_master("body")
        mean_db = 10.0 * np.log10(np.mean(10.0 ** (body / 10.0))) if len(body) else 0.0
        return np.asarray(body >= mean_db - LOUD_DB)

    def of_master(self, band: str) -> Row:
        """Return the mean level of a band in each second of the finished track."""
        return np.asarray(self.master.mean_of(band)[self.seconds])

    def of_mix(self, band: str) -> Row:
        """Return the same of the mix; a second that lies across two has its share of both."""
        if not len(self.seconds):
            return np.empty(0)
        places = self.seconds + self.starts_s
        powers = 10.0 ** (self.mix.mean_of(band) / 10.0)
        levels = np.interp(places, np.arange(len(powers)), powers)
        return np.asarray(10.0 * np.log10(np.maximum(levels, 1e-20)))

    def peaks_of_master(self, band: str) -> Row:
        """Return the level of the strongest window of a band in each second."""
        return np.asarray(self.master.peak_of(band)[self.seconds])

    def peaks_of_mix(self, band: str) -> Row:
        """Return the same of the mix; of two seconds that share one, the stronger."""
        places = np.floor(self.seconds + self.starts_s).astype(np.int64)
        peaks = self.mix.peak_of(band)
        is_across = not float(self.starts_s).is_integer()
        return np.asarray(np.maximum(peaks[places], peaks[places + is_across]))


def worst_first(seconds: Iterable[int], *, by: Row, most: int = 20) -> tuple[float, ...]:
    """Return places to listen to, the strongest `most` of them, in order of time."""
    places = np.array(list(seconds), dtype=np.float64)
    order = np.argsort(-by, kind="stable")[:most]
    return tuple(sorted(places[order].tolist()))
