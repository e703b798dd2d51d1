"""What is written about a track, whatever file it is written into."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields
from datetime import date

from formats.artwork import Artwork
from formats.errors import EncodeError

# ID3v2.4 "Native Frames", section 4.2.3 (TCON), and what readers still take from v2.3.
_GENRE_REFERENCE = re.compile(r"\d+|CR|RX|\(.*")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of one track; an empty text or None is a tag that is absent.

    Parameters
    ----------
    title, artist, album, album_artist, label, catalog_number, genre : str
        As they are printed: one line each.
    track, track_total, disc, disc_total : int, optional
        Counted from 1. A total needs its number.
    date : str
        Of release: ``2026``, ``2026-03`` or ``2026-03-06``.
    isrc, upc : str
        As they were registered; not checked here.
    copyright, p_line : str
        Without the sign: ``2026 The Ferrymen``.
    artwork : Artwork, optional
        The front cover.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    track: int | None = None
    track_total: int | None = None
    disc: int | None = None
    disc_total: int | None = None
    date: str = ""
    isrc: str = ""
    upc: str = ""
    catalog_number: str = ""
    label: str = ""
    genre: str = ""
    copyright: str = ""
    p_line: str = ""
    artwork: Artwork | None = None


def texts(tags: Tags) -> dict[str, str]:
    """Return the texts that are there, by name."""
    values = ((field.name, getattr(tags, field.name)) for field in fields(tags))
    return {name: value for name, value in values if isinstance(value, str) and value}


def check_writable(tags: Tags) -> None:
    """Refuse what tags cannot hold, or hold in a way that no player reads.

    Raises
    ------
    EncodeError
        For a control character (a line break, a tab), half a character, a number outside 1 to
        999, a total without its number, a date that is none, or a genre that ID3 takes for a
        number of its own list.
    """
    for name, text in texts(tags).items():
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
            raise EncodeError(name, text, "must be one line of text without control characters")
    if tags.date and not _is_date(tags.date):
        raise EncodeError("date", tags.date, "must be a year, year-month or year-month-day")
    if _GENRE_REFERENCE.fullmatch(tags.genre):
        raise EncodeError("genre", tags.genre, "must be a name, not a number of ID3's list")
    _check_number("track", tags.track, tags.track_total)
    _check_number("disc", tags.disc, tags.disc_total)


def _check_number(name: str, number: int | None, total: int | None) -> None:
    for found in (number, total):
        if found is not None and not 1 <= found <= 999:
            raise EncodeError(name, found, "must be 1 to 999")
    if total is not None and (number is None or number > total):
        raise EncodeError(name, number, f"must be 1 to {total}, its total")


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None or not text.isascii():
        return False
    year, month, day = (int(part or 1) for part in found.groups())
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
