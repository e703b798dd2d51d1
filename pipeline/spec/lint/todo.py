"""Questions that `init` left to be answered."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written


@check(
    "spec/todo",
    rationale="""`glassmaster init` writes TODO where only people know the answer; a record that
    is called TODO is not for release.""",
)
def todo(written: Written) -> Iterator[Finding]:
    """Every question that `init` asked is answered."""
    for path, text, track in (*written.titles(), *written.artists()):
        if text.startswith("TODO"):
            yield written.finding(
                Severity.FAIL,
                "open",
                f"{written.loaded.path.name} still says {text!r}",
                at=path,
                track=track,
                action="answer the line, or take it out",
            )
