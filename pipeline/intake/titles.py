"""Order and title of a song as its file's name tells them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class NamedSong:
    """What a file name says.

    Parameters
    ----------
    order : tuple of int
        Disc and track, side and track, or track alone; empty if the name has no number.
    title : str
        The song's title without the traces of mixing.
    artist : str
        What all names have before the title in common; mostly the artist, mostly empty.
    """

    order: tuple[int, ...]
    title: str
    artist: str = ""


_ID_LENGTH = 64
_DEVICE = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # Windows opens no folder of these names
_RATE = r"(?:44(?:[.,]1)?|48|88(?:[.,]2)?|96|176(?:[.,]4)?|192)"
_COUNT = r"[\s_.#-]*(?:v|rev)?\d{1,3}"
_NOISE = "|".join(
    (
        rf"(?:final|mix|mixdown|master|bounce)(?:{_COUNT})?",
        r"finished|approved|mastered|unmastered|pre-?master|bounced|wip",
        rf"(?:print|export|render|take|rough){_COUNT}",
        r"(?:v|ver|version|rev|revision)[\s_.]*\d+(?:\.\d+)*[a-z]?",
        rf"{_RATE}\s*k(?:hz)?|(?:16|24|32)[\s-]*bits?(?:\s*float)?|(?:16|24|32)[-_/]{_RATE}k?",
        r"\d{2,3}(?:\.\d+)?\s*bpm|bpm\s*\d{2,3}",
        r"(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d|[0-3]?\d[-_.][01]?\d[-_.](?:19|20)?\d\d",
    )
)
# Between brackets these are no part of a title; bare they may be ("Blue Print", "Song 2").
_BRACKET_NOISE = rf"{_NOISE}|print|export|render|rough|stereo|copy|\d{{1,3}}"
_GAP = r"[\s_.,-]+"
_TAIL = re.compile(rf"{_GAP}(?:{_NOISE})$", re.IGNORECASE)
_BRACKET = re.compile(r"[\s_]*[\[({]([^][(){}]*)[\])}]")
_ALL_NOISE = re.compile(rf"(?:{_BRACKET_NOISE})(?:{_GAP}(?:{_BRACKET_NOISE}))*", re.IGNORECASE)
_NOT_ALONE = ("", "a", "an", "the", "my", "your", "our")  # "The Mix" is a title

_DISC_TRACK = re.compile(r"(\d)-(\d{2})(?:\s*[.)-]\s*|\s+)(?=\S)")
_SIDE_TRACK = re.compile(r"([A-Fa-f])(\d{1,2})(?:\s*[.)-]\s*|\s+)(?=\S)")
_TRACK = re.compile(
    r"(?:(?:track|trk|tr)[\s.]*)?(?P<number>\d{1,3})(?P<gap>\s*[.)\]-]\s*(?!\d)|\s+)(?=\S)",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(r"(?:(?:track|trk|tr)[\s.]*)?(\d{1,3})", re.IGNORECASE)
_DASH = re.compile(r"\s+[-–—]\s+")
_NUMBERED_SHARE = 2 / 3


def read_names(stems: Sequence[str], *, known: Iterable[str] = ()) -> tuple[NamedSong, ...]:
    """Return what the names of a folder's mixes say, each in the light of the others.

    Parameters
    ----------
    stems : sequence of str
        File names without their suffix.
    known : iterable of str
        Artist and album, which are left out of titles.
    """
    texts = [_spaced(stem) for stem in stems]
    n_numbered = sum(bool(_numbers(text)) for text in texts)
    is_list = len(texts) > 1 and n_numbered >= _NUMBERED_SHARE * len(texts)
    known_parts = {part.casefold() for part in known if part}
    songs = [_split(text, known_parts, is_list=is_list) for text in texts]
    return tuple(replace(song, title=clean(song.title)) for song in _without_shared(songs))


def clean(title: str) -> str:
    """Return a title without the marks that mixing leaves: mix, version, rate, tempo, date.

    What is left is never empty: a song may be called "Master".
    """
    kept = _without_noise(title)
    title = kept if kept.casefold() not in _NOT_ALONE else title
    while tail := _TAIL.search(title):
        shorter = title[: tail.start()].rstrip(" -_")
        if shorter.casefold() in _NOT_ALONE:
            break
        title = shorter
    return title.strip(" -_") or title


def natural_key(text: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts ``mix 2`` before ``mix 10``."""
    pieces = re.split(r"(\d+)", text.casefold(), flags=re.ASCII)
    return tuple((int(each), "") if each.isdecimal() else (-1, each) for each in pieces)


def _without_noise(title: str) -> str:
    """Return a title without brackets of noise; one inside another leaves an empty one."""
    kept = _BRACKET.sub(lambda found: "" if _is_noise(found[1]) else found[0], title).strip()
    return kept if kept == title else _without_noise(kept)


def _is_noise(words: str) -> bool:
    return not words.strip() or bool(_ALL_NOISE.fullmatch(words.strip()))


def _spaced(stem: str) -> str:
    name = unicodedata.normalize("NFC", stem)
    text = name if " " in name else name.replace("_", " ")
    return " ".join(text.split()) or name  # a song may be called "_"


def _split(text: str, known: set[str], *, is_list: bool) -> NamedSong:
    """Take the number and what is known off the front; a title always remains."""
    order: tuple[int, ...] = ()
    while True:
        if not order and (taken := _take_number(text, is_list=is_list)):
            order, text = taken
            continue
        first, *rest = _DASH.split(text, maxsplit=1)
        if not rest or first.casefold() not in known:
            return NamedSong(order, text)
        text = rest[0]


def _take_number(text: str, *, is_list: bool) -> tuple[tuple[int, ...], str] | None:
    first, *rest = _DASH.split(text, maxsplit=1)
    if rest and (bare := _BARE_NUMBER.fullmatch(first)):
        return (int(bare[1]),), rest[0]
    found = _numbers(text)
    if found is None:
        return None
    order, title, is_certain = found
    return (order, title) if is_certain or is_list else None


def _numbers(text: str) -> tuple[tuple[int, ...], str, bool] | None:
    """Return order, rest and whether it is surely an order: "99 Problems" may be a title."""
    if disc := _DISC_TRACK.match(text):
        return (int(disc[1]), int(disc[2])), text[disc.end() :], True
    if side := _SIDE_TRACK.match(text):
        return (ord(side[1].upper()) - 64, int(side[2])), text[side.end() :], False
    if track := _TRACK.match(text):
        is_certain = track["number"].startswith("0") or bool(track["gap"].strip())
        return (int(track["number"]),), text[track.end() :], is_certain
    return None


def _without_shared(songs: list[NamedSong]) -> list[NamedSong]:
    """Take off what all titles begin with, if they are numbered: "01 - Artist - Title"."""
    parts = [_DASH.split(song.title, maxsplit=1) for song in songs]
    shared = {part[0].casefold() for part in parts}
    if len(songs) < 2 or len(shared) != 1 or any(len(part) < 2 for part in parts):
        return songs
    stripped = []
    for song, part in zip(songs, parts, strict=True):
        taken = None if song.order else _take_number(part[1], is_list=True)
        order, title = taken or (song.order, part[1])
        if not order:  # "Symphony - I": no artist stands there
            return songs
        stripped.append(NamedSong(order, title, part[0]))
    return stripped


def track_ids(titles: Sequence[str]) -> list[str]:
    """Return a permanent id for each title: small letters, figures and hyphens, each once."""
    ids: list[str] = []
    for number, title in enumerate(titles, start=1):
        stem = _slug(title) or f"track-{number:02}"
        candidates = (stem, *(f"{stem}-{count}" for count in range(2, len(titles) + 2)))
        ids.append(next(each for each in candidates if each not in ids))
    return ids


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"['`]", "", plain)
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[: _ID_LENGTH - 8].strip("-")
    return f"{slug}-song" if _DEVICE.fullmatch(slug) else slug
