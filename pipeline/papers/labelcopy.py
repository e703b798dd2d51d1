"""Label copy: what is on the record, who made it, and its identifiers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.papers.heading import Heading, named_lines


@dataclass(frozen=True, slots=True)
class CopyTrack:
    """One line of the label copy; `number` 0 is hidden before track 1, `disc` 0 alone."""

    number: int
    title: str
    artist: str
    isrc: str
    length_sectors: int
    disc: int = 0

    @property
    def place(self) -> str:
        """Its number as it is printed, with that of the disc where there are several."""
        return f"{self.disc}-" * bool(self.disc) + f"{self.number:02d}"


@dataclass(frozen=True, slots=True)
class LabelCopy:
    """What a designer and a licensing office need to print and register the record.

    Parameters
    ----------
    heading : Heading
        Which record it is.
    tracks : tuple of CopyTrack
        In running order.
    inside : tuple of (int, CopyTrack)
        Songs hidden inside another, with that one's number; their length is in it already.
    """

    heading: Heading
    tracks: tuple[CopyTrack, ...]
    inside: tuple[tuple[int, CopyTrack], ...] = ()

    @property
    def total(self) -> str:
        """The playing time, and what is in it."""
        sectors = sum(track.length_sectors for track in self.tracks)
        return f"total {clock(sectors)}, silences between songs included"


def label_text(copy: LabelCopy) -> str:
    """Return the label copy as text."""
    return "\n".join(_lines(copy)) + "\n"


def clock(sectors: int) -> str:
    """Return a length as ``m:ss``, rounded to the second."""
    minutes, seconds = divmod((sectors + 37) // 75, 60)
    return f"{minutes}:{seconds:02d}"


def _lines(copy: LabelCopy) -> Iterator[str]:
    yield from copy.heading.banner()
    yield "LABEL COPY"
    yield ""
    yield from named_lines(copy.heading.facts())
    yield ""
    songs = [*copy.tracks, *(song for _, song in copy.inside)]
    widths = (
        max(len(song.title) for song in songs),
        max(len(song.artist) for song in songs),
    )
    for track in copy.tracks:
        yield f"{track.place}  {_song(track, widths)}"
    for number, song in copy.inside:
        yield f"    {_song(song, widths)}  hidden in {number:02d}"
    yield ""
    yield copy.total
    yield copy.heading.stamp


def _song(song: CopyTrack, widths: tuple[int, int]) -> str:
    title, artist = widths
    return (
        f"{song.title:<{title}}  {song.artist:<{artist}}  {song.isrc or '-':<12}  "
        f"{clock(song.length_sectors)}"
    )
