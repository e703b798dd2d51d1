"""Artists that are several acts, or none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

# "Bob Marley & The Wailers" is one act, and so is whoever plays with her Orchestra.
_SEVERAL = re.compile(
    r".*\S(?:\s*[,;/+]\s*|\s+(?:&|and|with|vs\.?|x|×|presents)\s+)(?!(?:the|his|her|their)\b)\S.*",
    re.IGNORECASE,
)
_NOBODY = re.compile(r"(?:unknown|no|untitled)(?: artist)?|artist|n/?a", re.IGNORECASE)
_VARIOUS = re.compile(r"various(?: artists)?|v\.?\s?/?a\.?|diverse", re.IGNORECASE)


@check(
    "spec/artist_names",
    rationale="""Services keep one page for each act and want one act per field, with its role;
    the Spotify metadata style guide sends 'A & B' back if A and B are acts of their own.""",
)
def artist_names(written: Written) -> Iterator[Finding]:
    """An artist is one act with a name."""
    for path, artist, track in written.artists():
        if _NOBODY.fullmatch(artist):
            yield written.finding(
                Severity.WARN,
                "nobody",
                f"the artist {artist!r} is nobody's name",
                at=path,
                track=track,
                action="write who made it",
            )
        elif _VARIOUS.fullmatch(artist):
            yield from _various(written, artist)
        elif _SEVERAL.fullmatch(artist):
            yield written.finding(
                Severity.INFO,
                "several",
                f"the artist {artist!r} may be several acts; services want a field for each",
                at=path,
                track=track,
                action="tell the distributor who is who; if it is one act's name: "
                "intent: {artist_names: …}",
            )


def _various(written: Written, artist: str) -> Iterator[Finding]:
    for path, track in written.tracks():
        if track.artist in (None, artist):
            yield written.finding(
                Severity.WARN,
                "unnamed",
                f"is by {artist!r}; which of them?",
                at=path,
                track=track.id,
                action="artist: …, for each song of a sampler",
            )
