"""Songs that are there twice: by title, or by file."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.lint.written import Written


@check(
    "spec/duplicates",
    rationale="""Track titles are unique inside a product (Spotify metadata style guide,
    Symphonic): two of one name are taken for a mistake, and one file under two names mostly is
    one.""",
)
def duplicates(written: Written) -> Iterator[Finding]:
    """No title and no mix stands twice in one running order."""
    for edition in written.editions():
        titles: dict[str, str] = {}
        files: dict[object, str] = {}
        for track in edition.tracks:
            at = written.track_path(edition.id, track.id)
            first = titles.setdefault(" ".join(track.title.casefold().split()), track.id)
            if first != track.id:
                yield written.finding(
                    Severity.WARN,
                    "title",
                    f"{first} is called {track.title!r} too",
                    at=(*at, "title"),
                    track=track.id,
                    action="tell them apart: (Reprise), (Live), Pt. 2",
                )
            owner = files.setdefault(track.source.path, track.id)
            if owner != track.id:
                yield written.finding(
                    Severity.WARN,
                    "mix",
                    f"is made from the file of {owner}, {track.source.text}",
                    at=(*at, "mix" if track.mix else "master"),
                    track=track.id,
                    action="name its own file; if one song is meant twice: "
                    "intent: {duplicates: …}",
                )
