"""Titles in capitals, and titles in small letters."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written

# Shorter words in capitals are mostly names of that kind: YMCA, SOS, DNA, R.E.M.
MIN_CAPITALS = 6


@check(
    "spec/title_case",
    rationale="""Services set titles in the case of their language. The Apple Music Style Guide
    and distributors that follow it (Symphonic) send all capitals and all small letters back,
    unless it is the artist's standing style.""",
)
def title_case(written: Written) -> Iterator[Finding]:
    """Titles are neither all capitals nor all small letters."""
    styles = [(path, title, track, _style(title)) for path, title, track in written.titles()]
    songs = {style for *_, track, style in styles if track}
    is_standing = len(written.spec.tracks) > 1 and len(songs) == 1 and "" not in songs
    for path, title, track, style in styles:
        if is_standing and track:
            yield written.finding(
                Severity.INFO,
                "standing-style",
                f"every title is in {style}; services keep that only as an artist's own style",
                at=("tracks",),
                action="tell the distributor that it is meant",
            )
        elif style:
            yield written.finding(
                Severity.WARN,
                "one-case",
                f"the title {title!r} is all in {style}; services send that back",
                at=path,
                track=track,
                action="write it as a sentence is, or a headline; if it is the artist's style: "
                "intent: {title_case: …}",
            )


def _style(title: str) -> str:
    n_cased = sum(letter.isupper() or letter.islower() for letter in title)
    words = [word for word in title.split() if sum(map(str.isalpha, word)) > 1]
    if title.isupper() and (n_cased >= MIN_CAPITALS or len(words) > 1):
        return "capitals"
    is_word = title.lstrip("(\"'“‘¿¡")[:1].isalpha()  # "25 or 6 to 4" has no capital to lose
    return "small letters" if title.islower() and is_word and n_cased > 1 else ""
