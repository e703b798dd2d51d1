"""Label copy: what is on the record, who made it, and its identifiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CopyTrack:
    """One line of the label copy; `number` 0 is hidden before track 1."""

    number: int
    title: str
    artist: str
    isrc: str
    length_sectors: int


def label_copy(
    tracks: Sequence[CopyTrack], *, facts: Mapping[str, str], deliverable: str, revision: str
) -> str:
    """Return the label copy as text.

    Parameters
    ----------
    tracks : sequence of CopyTrack
        In running order.
    facts : mapping of str to str
        Album, artist, label, dates, identifiers, in the order they are printed; empty ones are
        left out.
    deliverable, revision : str
        Printed at the foot of the page.
    """
    return "\n".join(_lines(tracks, facts, deliverable, revision)) + "\n"


def _lines(
    tracks: Sequence[CopyTrack], facts: Mapping[str, str], deliverable: str, revision: str
) -> Iterator[str]:
    yield "LABEL COPY"
    yield ""
    width = max(len(name) for name in facts)
    for name, text in facts.items():
        if text:
            yield f"{name:<{width}}  {text}"
    yield ""
    title_width = max(len(track.title) for track in tracks)
    artist_width = max(len(track.artist) for track in tracks)
    for track in tracks:
        yield (
            f"{track.number:02d}  {track.title:<{title_width}}  "
            f"{track.artist:<{artist_width}}  {track.isrc or '-':<12}  "
            f"{clock(track.length_sectors)}"
        )
    yield ""
    total = sum(track.length_sectors for track in tracks)
    yield f"total {clock(total)}, silences between songs included"
    yield f"{deliverable} · {revision}"


def clock(sectors: int) -> str:
    """Return a length as ``m:ss``, rounded to the second."""
    minutes, seconds = divmod((sectors + 37) // 75, 60)
    return f"{minutes}:{seconds:02d}"
