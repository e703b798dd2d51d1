"""Mixes of one channel, stored once or twice."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.intake.checks.received import Received


@check(
    "intake/mono",
    rationale="""Mono may be meant or may be an export setting; and on two speakers it reads
    3 LU louder than the one channel does.""",
)
def mono(received: Received) -> Iterator[Finding]:
    """Each mix is stereo."""
    facts = received.facts
    if facts.n_channels == 1:
        yield Finding(
            Severity.INFO, "mono", "the mix is mono; it goes to both channels alike (dual mono)"
        )
    elif facts.is_dual_mono and not facts.is_silent:
        yield Finding(
            Severity.INFO, "dual-mono", "left and right are equal, sample for sample: mono"
        )
