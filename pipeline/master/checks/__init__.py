"""Guard rails: what a chain does more of than mastering should, asked of the spec and its log.

A check's id is its path: `master/tone_change` lives in ``tone_change.py``. Nothing is held
back by them but the release: what is meant is written down under `intent`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.findings import Check, Finding
from pipeline.master.checks.combs import combs
from pipeline.master.checks.contrast import contrast
from pipeline.master.checks.held_back import held_back
from pipeline.master.checks.mono_fold import mono_fold
from pipeline.master.checks.tone_change import tone_change
from pipeline.master.checks.width_change import width_change
from pipeline.master.checks.worked import Worked

CHAIN_CHECKS: tuple[Check, ...] = (
    tone_change,
    width_change,
    mono_fold,
    held_back,
    contrast,
    combs,
)


def chain_findings(
    worked: Worked, *, track: str, intent: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Return what is to be said about the chain of a track.

    Parameters
    ----------
    worked : Worked
        The chain, and what it did as far as that is known.
    track : str
        Id of the track.
    intent : mapping of str to str
        Written reasons by the name of the check they waive, with or without ``master/``.
    """
    return tuple(
        replace(each, check=rule.id, track=track, waived=_waived(rule, intent))
        for rule in CHAIN_CHECKS
        for each in rule.run(worked)
    )


def _waived(rule: Check, reasons: Mapping[str, str]) -> str:
    return reasons.get(rule.id) or reasons.get(rule.id.removeprefix("master/"), "")


__all__ = ["CHAIN_CHECKS", "Worked", "chain_findings"]
