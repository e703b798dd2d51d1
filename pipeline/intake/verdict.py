"""Whether mastering can correct what was found, or the mix has to be fixed.

A check that knows which correction would be needed adds `needs` to the numbers of its
evidence; `verdict` reads them back from any finding, also from one that was stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipeline.findings import Finding


class Verdict(StrEnum):
    """Who can correct it; the order of the members is from least to most trouble."""

    MASTERING = "mastering can do it"
    BY_HAND = "mastering can do it, by hand and with side effects"
    MIX = "fix in the mix"


@dataclass(frozen=True, slots=True)
class GuardRail:
    """How far a kind of correction may go in mastering.

    Parameters
    ----------
    automatic_db : float
        Up to here nobody has to be asked.
    most_db : float
        Beyond this a master sounds of its correction.
    """

    automatic_db: float
    most_db: float


TONE = GuardRail(2.0, 6.0)
"""Broad equalising: 2 dB is the cap of automatic tone, 6 dB the end of what an EQ may do."""
CHANNEL_GAIN = GuardRail(1.0, 3.0)
"""One side against the other: beyond 3 dB the whole stage moves, reverb and all."""
DYNAMIC = GuardRail(0.0, 6.0)
"""De-essing and dynamic EQ: set by ear, and on a whole mix heard as lisping beyond 6 dB."""
REPAIR = GuardRail(0.0, 0.0)
"""What is cut off or missing: no setting brings it back."""


def needs(rail: GuardRail, needed_db: float) -> tuple[tuple[str, float], ...]:
    """Return the numbers that say which correction a finding asks for."""
    return (
        ("needed_db", round(needed_db, 1)),
        ("automatic_db", rail.automatic_db),
        ("most_db", rail.most_db),
    )


def verdict(finding: Finding) -> Verdict | None:
    """Return who can correct a finding; `None` if it asks for none, or is waived."""
    numbers = dict(finding.evidence.numbers)
    if "needed_db" not in numbers or finding.waived:
        return None
    needed_db = abs(numbers["needed_db"])
    if needed_db > numbers["most_db"]:
        return Verdict.MIX
    return Verdict.BY_HAND if needed_db > numbers["automatic_db"] else Verdict.MASTERING


def worst_verdict(findings: Iterable[Finding]) -> Verdict | None:
    """Return the most trouble that any of the findings means; `None` if none asks for any."""
    ranks = list(Verdict)
    found = [each for each in map(verdict, findings) if each]
    return max(found, key=ranks.index, default=None)
