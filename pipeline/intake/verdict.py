"""The verdict on a mix: ready, remarks, fix it in the mix, or not usable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipeline.findings import Finding, Severity


class Verdict(StrEnum):
    """What becomes of a mix, best first."""

    READY = "ready"
    REMARKS = "remarks"
    FIX_IN_THE_MIX = "fix in the mix"
    NOT_USABLE = "not usable"

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Verdict).index(self)


NOT_USABLE = ("intake/lossy_source:lossy", "intake/silent:all-silent")
"""Failures that leave nothing to master from; all others are mended in the mix."""


@dataclass(frozen=True, slots=True)
class GuardRail:
    """How far mastering goes before the mix is the better place.

    Parameters
    ----------
    number : str
        A number of a finding's evidence.
    most : float
        Largest magnitude that mastering corrects.
    """

    number: str
    most: float


# Own choice: a broad band that is moved by more than 4 dB, or a resonance by more than 8, takes
# voices along that were right; one side is not lifted by more than 3 dB, since its noise and
# room come up with it.
GUARD_RAILS = (
    GuardRail("correction_db", 4.0),
    GuardRail("cut_db", 8.0),
    GuardRail("balance_correction_db", 3.0),
)


def beyond_rails(finding: Finding) -> GuardRail | None:
    """Return the rail that the correction a finding asks for goes beyond, if any."""
    numbers = dict(finding.evidence.numbers)
    for rail in GUARD_RAILS:
        if abs(numbers.get(rail.number, 0.0)) > rail.most:
            return rail
    return None


def verdict_on(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict on one mix from what was found in it; waived findings do not count."""
    return max(map(_weight, findings), key=lambda each: each.rank, default=Verdict.READY)


def _weight(finding: Finding) -> Verdict:
    if finding.waived or finding.severity.rank > Severity.WARN.rank:
        return Verdict.READY
    if not finding.check.startswith("intake/"):
        return Verdict.REMARKS  # about the spec: no new mix mends it
    if finding.severity is Severity.WARN:
        return Verdict.FIX_IN_THE_MIX if beyond_rails(finding) else Verdict.REMARKS
    is_hopeless = f"{finding.check}:{finding.code}" in NOT_USABLE
    return Verdict.NOT_USABLE if is_hopeless else Verdict.FIX_IN_THE_MIX
