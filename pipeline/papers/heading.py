"""What stands at the head and the foot of every paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

NOT_FOR_RELEASE = "NOT FOR RELEASE"


@dataclass(frozen=True, slots=True)
class Heading:
    """Which record a paper speaks of, in which state; texts are empty if nothing is said.

    Parameters
    ----------
    album, artist, label, catalog_number, upc, release_date, genre, c_line, p_line : str
        What the spec says; © and ℗ line without their sign.
    deliverable : str
        Id of what is handed over.
    revision : int
        Number it is handed over under.
    short_hash : str
        Beginning of the digest of everything in its files.
    held : tuple of str
        Why it is not for release, in sentences; empty if it is.
    disc : str
        Which one it is of several: ``1 of 2``.
    """

    album: str
    artist: str
    label: str = ""
    catalog_number: str = ""
    upc: str = ""
    release_date: str = ""
    genre: str = ""
    c_line: str = ""
    p_line: str = ""
    deliverable: str = ""
    revision: int = 0
    short_hash: str = ""
    held: tuple[str, ...] = ()
    disc: str = ""

    @property
    def is_held(self) -> bool:
        """Whether it is not for release."""
        return bool(self.held)

    @property
    def stamp(self) -> str:
        """What tells one state of the record from another, for the foot of a page."""
        return f"{self.deliverable} · revision {self.revision} · {self.short_hash}"

    def facts(self) -> dict[str, str]:
        """Return what is said of the record, by the names that are printed, in their order."""
        named = {
            "album": self.album,
            "disc": self.disc,
            "artist": self.artist,
            "label": self.label,
            "catalogue number": self.catalog_number,
            "UPC/EAN": self.upc,
            "release date": self.release_date,
            "genre": self.genre,
            "© line": self.c_line,
            "℗ line": self.p_line,
        }
        return {name: text for name, text in named.items() if text}

    def banner(self) -> list[str]:
        """Return the lines above a text that is not for release; none if it is."""
        if not self.is_held:
            return []
        return [f"*** {NOT_FOR_RELEASE} ***", *(f"  {reason}" for reason in self.held), ""]


def named_lines(values: Mapping[str, str]) -> Iterator[str]:
    """Yield one line for each named value, the values below one another."""
    width = max((len(name) for name in values), default=0)
    for name, text in values.items():
        yield f"{name:<{width}}  {text}"
