"""Whether a mix can be mastered: ready, with remarks, after a fix in the mix, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from math import inf

from pipeline.findings import Finding, Severity


class Readiness(StrEnum):
    """What becomes of a mix, best first."""

    READY = "ready"
    REMARKS = "remarks"
    FIX_IN_THE_MIX = "fix in the mix"
    NOT_USABLE = "not usable"

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Readiness).index(self)


NOT_USABLE = ("intake/lossy_source:lossy", "intake/silent:all-silent")
"""Failures that leave nothing to master from; all others are mended in the mix."""


def is_beyond_mastering(finding: Finding) -> bool:
    """Whether the correction that a finding asks for goes beyond what mastering may do.

    A check that knows both says so in its evidence: ``needed_db``, and ``most_db``.
    """
    numbers = dict(finding.evidence.numbers)
    return abs(numbers.get("needed_db", 0.0)) > numbers.get("most_db", inf)


def readiness_of(findings: Iterable[Finding]) -> Readiness:
    """Return the verdict on one mix from what was found in it; waived findings do not count."""
    return max(map(_weight, findings), key=lambda each: each.rank, default=Readiness.READY)


def _weight(finding: Finding) -> Readiness:
    if finding.waived or finding.severity.rank > Severity.WARN.rank:
        return Readiness.READY
    if not finding.check.startswith("intake/"):
        return Readiness.REMARKS  # about the spec: no new mix mends it
    if finding.severity is Severity.WARN:
        return Readiness.FIX_IN_THE_MIX if is_beyond_mastering(finding) else Readiness.REMARKS
    is_hopeless = f"{finding.check}:{finding.code}" in NOT_USABLE
    return Readiness.NOT_USABLE if is_hopeless else Readiness.FIX_IN_THE_MIX
