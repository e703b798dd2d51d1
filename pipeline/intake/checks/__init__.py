"""Intake checks: what can be said of a mix before anything is done to it.

A check's id is its path: `intake/clipped` lives in ``clipped.py``. `findings` runs them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.findings import Check, Finding
from pipeline.intake.checks.clipped import clipped
from pipeline.intake.checks.lossy_source import lossy_source
from pipeline.intake.checks.mono import mono
from pipeline.intake.checks.received import Received
from pipeline.intake.checks.silent import silent
from pipeline.intake.checks.stored_as import stored_as

CHECKS: tuple[Check, ...] = (lossy_source, stored_as, silent, mono, clipped)


def findings(
    received: Received, *, track: str = "", intent: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Return what all intake checks say about one mix.

    Parameters
    ----------
    received : Received
        The mix and what it is for.
    track : str
        Id of the track, written into every finding.
    intent : mapping of str to str, optional
        Written reasons by the name of the check they waive, with or without ``intake/``.

    Returns
    -------
    tuple of Finding
        In the order of `CHECKS`; empty if there is nothing to say.
    """
    reasons = intent or {}
    return tuple(
        replace(each, check=rule.id, track=track, waived=_waived(rule, reasons))
        for rule in CHECKS
        for each in rule.run(received)
    )


def _waived(rule: Check, reasons: Mapping[str, str]) -> str:
    return reasons.get(rule.id) or reasons.get(rule.id.removeprefix("intake/"), "")


__all__ = ["CHECKS", "Received", "findings"]
