"""What mastering did to a mix that nobody asked for: checks of mix and master together.

A check's id is its path: `match/pumping` lives in ``pumping.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.findings import Check, Finding
from pipeline.match.checks.brought_out import brought_out
from pipeline.match.checks.mono_loss import mono_loss
from pipeline.match.checks.pumping import pumping
from pipeline.match.checks.transients import transients
from pipeline.match.mastered import Mastered

MASTERED_CHECKS: tuple[Check, ...] = (pumping, brought_out, transients, mono_loss)


def mastered_findings(
    mastered: Mastered, *, track: str, intent: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Return what mastering did to a track; times are those of the finished track.

    Parameters
    ----------
    mastered : Mastered
        Mix and master, heard.
    track : str
        Id of the track.
    intent : mapping of str to str
        Written reasons by the name of the check they waive, with or without ``match/``.
    """
    return tuple(
        replace(each, check=rule.id, track=track, waived=_waived(rule, intent))
        for rule in MASTERED_CHECKS
        for each in rule.run(mastered)
    )


def _waived(rule: Check, reasons: Mapping[str, str]) -> str:
    return reasons.get(rule.id) or reasons.get(rule.id.removeprefix("match/"), "")


__all__ = ["MASTERED_CHECKS", "Mastered", "mastered_findings"]
