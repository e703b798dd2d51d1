"""Titles that name no song."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

_GENERIC = re.compile(
    r"(?:audio ?)?(?:track|song|title)[\s#_.-]*\d+|track|title|no title|unknown|instrumental"
    r"|(?:new )?(?:recording|project|session|bounce|mixdown|master|export|render)[\s#_.-]*\d*",
    re.IGNORECASE,
)


@check(
    "spec/title_generic",
    rationale="""Nobody can find or ask for a song called 'Track 1'; the Apple Music Style Guide
    and distributors (Symphonic) take such titles for forgotten ones and send them back.""",
)
def title_generic(written: Written) -> Iterator[Finding]:
    """Every title names its song."""
    for path, title, track in written.titles():
        if _GENERIC.fullmatch(title):
            yield written.finding(
                Severity.WARN,
                "generic",
                f"the title {title!r} names no song; services take it for a forgotten one",
                at=path,
                track=track,
                action="ask what it is called",
            )
