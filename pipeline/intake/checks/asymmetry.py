"""Waveforms that swing further to one side than to the other."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.crest import CrestFigures

# Voices and brass do so by nature; from 3 dB on, an all-pass filter gains audible headroom.
REMARK_DB = 3.0
QUIET = 1e-3
SIDES = ("left", "right")


@check(
    "intake/asymmetry",
    rationale="""A waveform that is taller on one side runs into the limiter with that side
    only: it will be less loud than it could be.""",
)
def asymmetry(received: Surveyed) -> Iterator[Finding]:
    """The waveform of each channel swings about equally far to both sides."""
    crest = received.survey.of(CrestFigures)
    ratios_db = tuple(
        _ratio_db(high, -low) for high, low in zip(crest.highest, crest.lowest, strict=True)
    )
    worst = max(range(len(ratios_db)), key=lambda channel: abs(ratios_db[channel]))
    ratio_db = ratios_db[worst]
    if abs(ratio_db) < REMARK_DB:
        return
    channel = f" of the {SIDES[worst]} channel" if len(ratios_db) == 2 else ""
    yield Finding(
        Severity.INFO,
        "one-sided",
        f"the waveform{channel} swings {abs(ratio_db):.1f} dB further "
        f"{'up' if ratio_db > 0 else 'down'} than {'down' if ratio_db > 0 else 'up'}",
        action="nothing, if it is a voice or brass; a phase rotator evens it out",
        evidence=Evidence(
            numbers=(("asymmetry_db", round(ratio_db, 2)), ("remarked_from_db", REMARK_DB))
        ),
    )


def _ratio_db(up: float, down: float) -> float:
    """Return the ratio of both swings; none of what is too quiet or stays on one side."""
    return 20.0 * log10(up / down) if min(up, down) > QUIET else 0.0
