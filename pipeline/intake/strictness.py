"""How strict the intake is: named rules that a demo or a lo-fi record loosens.

`intent` waives one rule on one track, with a reason of the user's; strictness loosens the same
rules on every track, with reasons that stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, TypeAlias

from pipeline.findings import Finding, Severity

Strictness: TypeAlias = Literal["demo", "release", "lofi"]


@dataclass(frozen=True, slots=True)
class Loosening:
    """What becomes of one rule.

    Parameters
    ----------
    rule : str
        Id of the check, or ``id:code`` for one of its findings.
    to : Severity
        What is worse becomes this.
    why : str
        Printed with the finding.
    """

    rule: str
    to: Severity
    why: str


_ORIGIN = "a demo is made of what there is"
_HEARD_FOR_THE_SONG = "a demo is heard for the song"
_PART_OF_IT = "that may be the sound of the record"

LOOSENED: Mapping[str, tuple[Loosening, ...]] = MappingProxyType(
    {
        "release": (),
        "demo": (
            Loosening("intake/clipped", Severity.WARN, _HEARD_FOR_THE_SONG),
            Loosening("intake/dc_offset", Severity.WARN, _HEARD_FOR_THE_SONG),
            Loosening("intake/lossy_source", Severity.WARN, _ORIGIN),
            Loosening("intake/silent:one-side-silent", Severity.INFO, _HEARD_FOR_THE_SONG),
            Loosening("intake/stored_as", Severity.INFO, _ORIGIN),
        ),
        "lofi": (
            Loosening("intake/clipped", Severity.WARN, _PART_OF_IT),
            Loosening("intake/stored_as:8-bit", Severity.INFO, _PART_OF_IT),
            Loosening("intake/stored_as:low-rate", Severity.INFO, _PART_OF_IT),
        ),
    }
)
"""What each strictness loosens; `release` loosens nothing."""


def loosened(findings: Iterable[Finding], strictness: str) -> tuple[Finding, ...]:
    """Return findings as a strictness wants them, each with a word on what was loosened.

    Parameters
    ----------
    findings : iterable of Finding
        What was found; what has been loosened before stays as it is.
    strictness : str
        A key of `LOOSENED`.
    """
    rules = {each.rule: each for each in LOOSENED[strictness]}
    return tuple(_loosened(each, rules, strictness) for each in findings)


def loosens(strictness: str, rule: str) -> bool:
    """Whether a strictness loosens a check as a whole."""
    return any(each.rule == rule for each in LOOSENED[strictness])


def _loosened(finding: Finding, rules: Mapping[str, Loosening], strictness: str) -> Finding:
    by_code = rules.get(f"{finding.check}:{finding.code}")
    rule = by_code or rules.get(finding.check)
    if rule is None or finding.loosened or finding.severity.rank >= rule.to.rank:
        return finding
    word = f"strictness: {strictness} ({rule.why}), else {finding.severity}"
    return replace(finding, severity=rule.to, loosened=word)
