"""What file names leave in titles: numbers, suffixes, underscores, the artist in front."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

_NUMBER = re.compile(r"(?:0\d|\d{1,2}(?=[.)]|\s[-–]))[\s.)_–-]+(\S.*)")
_SUFFIX = re.compile(r"(.+)\.(?:wav|aiff?|flac|mp3|m4a|ogg)", re.IGNORECASE)
_WORKING = re.compile(
    r"(?!(?:the|an?|my|your|our) \S+$)(.*\S)[\s_-]+"
    r"(?:v\d+|mix ?\d+|master ?\d+|final ?(?:mix|master)|bounce ?\d*)",
    re.IGNORECASE,
)


@check(
    "spec/title_traces",
    rationale="""A number, a suffix or the artist before the title comes from a file name; it is
    printed, sung to by voice assistants and sent to services as it stands.""",
)
def title_traces(written: Written) -> Iterator[Finding]:
    """Titles keep no trace of the file they came from."""
    for path, title, track in written.titles():
        if better := _plain(title, written.spec.album.artist):
            yield written.finding(
                Severity.WARN,
                "file-name",
                f"the title {title!r} reads like a file name",
                at=path,
                track=track,
                action=f"title: {better}",
            )


def _plain(title: str, artist: str) -> str:
    """Return the title without what gives the file away; empty if nothing does."""
    if title.casefold().startswith(f"{artist} - ".casefold()):
        return title[len(artist) + 3 :]
    for trace in (_SUFFIX, _NUMBER, _WORKING):
        if found := trace.fullmatch(title):
            return found[1]
    return title.replace("_", " ") if "_" in title.strip("_") else ""
