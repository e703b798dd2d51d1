"""Mixes that an encoder has already thinned out."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.intake.checks.received import Received
from pipeline.intake.probe import codec_name


@check(
    "intake/lossy_source",
    rationale="""What a lossy encoder threw away cannot be mastered, and encoding it again
    for the stores throws away more.""",
)
def lossy_source(received: Received) -> Iterator[Finding]:
    """Each mix is lossless."""
    facts = received.facts
    if facts.is_lossy:
        yield Finding(
            Severity.FAIL,
            "lossy",
            f"the mix is lossy ({codec_name(facts)}); a master is made from a lossless one",
            action="ask for the WAV, or say why under intent: {lossy_source: …}",
        )
