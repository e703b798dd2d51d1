"""What suggestions are made from, and what a suggestion is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.findings import Finding
from pipeline.intake.survey import Survey
from pipeline.master.processors.eq import Eq
from pipeline.spec.model import ChainItem

LEAST_DB, MOST_DB = 0.5, 2.0
"""Less is not heard, and more is a fault of the mix that is better mended there."""
_DONE_DB = 0.3  # what an equaliser of the chain does already


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One processor for the chain of a track, and why.

    Parameters
    ----------
    topic : str
        What it is against: ``rumble``. Once in a track, also where it was struck out.
    processor : str
        Its name in the registry.
    settings : mapping
        As the spec writes them: texts, mappings and lists of these.
    reason : str
        What was measured, and what is usual, on one line.
    numbers : tuple of (str, float)
        The same as figures, by names that carry their unit.
    mix : str
        How much of it is heard; empty for all.
    is_last : bool
        Whether it works behind what the chain has already.
    """

    topic: str
    processor: str
    settings: Mapping[str, Any]
    reason: str
    numbers: tuple[tuple[str, float], ...] = ()
    mix: str = ""
    is_last: bool = False

    @property
    def written(self) -> dict[str, Any]:
        """The item of a chain that it is."""
        return {self.processor: self.settings, **({"mix": self.mix} if self.mix else {})}


@dataclass(frozen=True, slots=True)
class Song:
    """A mix that was heard, and what is done to it already.

    Parameters
    ----------
    survey : Survey
        What every listener found.
    findings : sequence of Finding
        What the intake checks say of it, without what a written reason waives.
    chain : sequence of ChainItem
        Its own processors, and the album's.
    """

    survey: Survey
    findings: Sequence[Finding] = ()
    chain: Sequence[ChainItem] = ()

    def found(self, check: str, code: str) -> Iterator[dict[str, float]]:
        """Yield the numbers of each finding of this kind."""
        for each in self.findings:
            if (each.check, each.code) == (f"intake/{check}", code) and not each.waived:
                yield dict(each.evidence.numbers)

    def finding(self, check: str, code: str) -> Finding | None:
        """Return the first finding of this kind, if there is one."""
        wanted = (f"intake/{check}", code)
        return next((each for each in self.findings if (each.check, each.code) == wanted), None)

    def has(self, *processors: str) -> bool:
        """Whether one of these is in the chain."""
        return any(each.name in processors for each in self.chain)

    def is_moved(self, frequency_hz: float, gain_db: float) -> bool:
        """Whether the equalisers of the chain move a frequency in this direction already."""
        moved_db = sum(
            10.0 * float(np.log10(prototype.power(np.array([frequency_hz]))[0]))
            for each in self.chain
            if isinstance(each.parameters, Eq)
            for curve in each.parameters.curves()
            for prototype in curve.prototypes
        )
        return bool(moved_db * np.sign(gain_db) >= _DONE_DB)


def gentle_db(wanted_db: float) -> float:
    """Return a move of 0.5 to 2 dB in the direction that is wanted, in tenths."""
    size_db = min(max(abs(wanted_db), LEAST_DB), MOST_DB)
    return round(float(np.copysign(size_db, wanted_db)), 1)


def db_text(gain_db: float) -> str:
    """Return a gain as the spec writes it."""
    return f"{gain_db:g} dB"


def hz_text(frequency_hz: float) -> str:
    """Return a frequency as people write it, to three figures."""
    rounded = float(f"{frequency_hz:.3g}")
    return f"{rounded / 1000:g} kHz" if rounded >= 1000.0 else f"{rounded:g} Hz"
