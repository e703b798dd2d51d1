"""Guests and producers: how they are named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

_GUEST = re.compile(
    r"(.*[^\s(\[])[\s(\[]+(?:ft|feat|featuring)\b\.?\s*([^()\[\]]+?)[)\]]?(\s*[(\[].*)?",
    re.IGNORECASE,
)
_AS_USUAL = re.compile(r"[(\[]feat\. [^()\[\]]+[)\]]")
_PRODUCER = re.compile(
    r"\b(?:prod(?:uced)?\b\.?(?: by)?|mixed by|mastered by)\s+\S", re.IGNORECASE
)


@check(
    "spec/featured",
    rationale="""Services credit guests and producers in fields of their own and merge 'ft.' and
    'featuring' wrongly. The Apple Music Style Guide writes (feat. Name) in the title; Spotify
    refuses a guest inside the artist's name.""",
)
def featured(written: Written) -> Iterator[Finding]:
    """Guests are written (feat. Name), in the title and not in the artist."""
    for path, title, track in written.titles():
        found = _GUEST.fullmatch(title)
        if found and not _AS_USUAL.search(title):
            better = f"{found[1]} (feat. {found[2].strip()}){found[3] or ''}"
            yield written.finding(
                Severity.WARN,
                "guest",
                f"services write {title!r} as {better!r}",
                at=path,
                track=track,
                action=f"title: {better}",
            )
        if _PRODUCER.search(title):
            yield written.finding(
                Severity.WARN,
                "credit",
                f"the title {title!r} names who made it; that is a credit, not a title",
                at=path,
                track=track,
                action="take it out and give the distributor the credit",
            )
    yield from _guests_of_artists(written)


def _guests_of_artists(written: Written) -> Iterator[Finding]:
    for path, artist, track in written.artists():
        if found := _GUEST.fullmatch(artist):
            yield written.finding(
                Severity.WARN,
                "guest-in-artist",
                f"the artist {artist!r} names a guest; services refuse that",
                at=path,
                track=track,
                action=f"artist: {found[1]}, and (feat. {found[2].strip()}) behind the title",
            )
