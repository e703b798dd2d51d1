"""Mixes, or sides of mixes, with nothing in them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.intake.checks.received import Received


@check(
    "intake/silent",
    rationale="A bounce of muted tracks, or with a cable missing, looks like any other file.",
)
def silent(received: Received) -> Iterator[Finding]:
    """Every channel of a mix has sound."""
    facts = received.facts
    if facts.is_silent:
        yield Finding(
            Severity.FAIL,
            "all-silent",
            "every sample of the mix is zero",
            action="export it again; if silence is meant, say so under intent: {silent: …}",
        )
        return
    for name, peak in zip(("left", "right"), facts.peaks, strict=False):
        if not peak:
            yield Finding(
                Severity.WARN,
                "one-side-silent",
                f"the {name} channel is silent all through",
                action="listen whether a side was lost in the export",
            )
