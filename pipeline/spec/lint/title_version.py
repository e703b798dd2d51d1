"""How versions and parts are written in a title."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

_VERSION = (
    r"(?!(?:original|album|main) )(?:[\w'’.&]+ ){0,4}?"
    r"(?:live(?: (?:at|in|from|on) .+)?|acoustic|unplugged|demo|instrumental|a ?cappella"
    r"|karaoke|edit|mix|remix|dub|version|take \d+|reprise"
    r"|(?:\d{4} )?remaster(?:ed)?(?: \d{4})?)"
)
_AFTER_DASH = re.compile(rf"(.*\S)\s+[-–—]\s+({_VERSION})", re.IGNORECASE)
_IN_SQUARE = re.compile(rf"([^()]*[^()\s])\s*\[({_VERSION})\]", re.IGNORECASE)
_PART = re.compile(
    r"(.*[^\s,:(–-])[\s,:(–-]+(volume|vol\.?|part|pt\.?)\s+(\d+|[IVX]+)\)?", re.IGNORECASE
)


@check(
    "spec/title_version",
    rationale="""Services keep the version apart from the title and show 'Title (Version)'; the
    Apple Music Style Guide (3.6) puts the first in round brackets and a second in square ones,
    and writes 'Vol. 1' and 'Pt. 2'. Written otherwise, one song becomes two in a catalogue.""",
)
def title_version(written: Written) -> Iterator[Finding]:
    """Versions stand in round brackets, volumes and parts as ', Vol. 1' and ', Pt. 2'."""
    for path, title, track in written.titles():
        for code, better in (
            ("version", _bracketed(title)),
            ("part", _numbered(title)),
        ):
            if better and better != title:
                yield written.finding(
                    Severity.WARN if code == "version" else Severity.INFO,
                    code,
                    f"services write {title!r} as {better!r}",
                    at=path,
                    track=track,
                    action=f"title: {better}",
                )


def _bracketed(title: str) -> str:
    found = _AFTER_DASH.fullmatch(title) or _IN_SQUARE.fullmatch(title)
    return f"{found[1]} ({found[2]})" if found else ""


def _numbered(title: str) -> str:
    found = _PART.fullmatch(title)
    if not found:
        return ""
    return f"{found[1]}, {'Vol.' if found[2][0] in 'vV' else 'Pt.'} {found[3]}"
