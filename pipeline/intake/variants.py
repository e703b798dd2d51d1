"""What the name of a file beside a mix says it is: another take, an alternate, a stem."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from pipeline.intake.titles import read_names

_ALTERNATE = re.compile(
    r"inst(?:r|rumental)?s?|karaoke|a ?cap+el+as?|tv|clean|explicit|"
    r"(?:no|less|minus) (?:vocals?|vox|lead)|(?:vocals?|vox|lead) (?:up|down)"
)
_STEM = re.compile(
    r"(?:lead|back(?:ing|ground)|rhythm|electric|acoustic)? ?"
    r"(?:drums?|kick|snare|perc(?:ussion)?|bass|guitars?|gtrs?|keys|keyboards?|pianos?|organ|"
    r"synths?|pads?|strings?|brass|horns?|woodwinds?|choir|vocals?|vox|bvs?|fx|sfx|music|"
    r"beats?|melod(?:y|ies)|others?)"
)
_FILLING = re.compile(r"\b(?:mix|version|ver|stems?|only|track|solo)\b|[^\w ]|_")
_VERSION = re.compile(r"(?:v|ver|version|rev|revision|mix|take|#)[\s_.]*(\d+)(?!.*\d)", re.I)


class Kind(StrEnum):
    """What a file is to the mix of a track."""

    TAKE = "take"
    ALTERNATE = "alternate"
    STEM = "stem"


@dataclass(frozen=True, slots=True)
class Variant:
    """A file that belongs to a track by its name.

    Parameters
    ----------
    track : str
        Id of the track.
    kind : Kind
        Another take claims to be the same thing; an alternate or a stem says what it is.
    """

    track: str
    kind: Kind


def variant_of(
    path: str, *, files: Mapping[str, str], titles: Mapping[str, str]
) -> Variant | None:
    """Return which track a file belongs to by its name; `None` if to none.

    Parameters
    ----------
    path : str
        The file.
    files, titles : mapping of str to str
        Path of the mix and title of each track, by id.
    """
    name = song_of(path)
    # Two tracks may be parts of one file, so titles go first.
    songs = {song_of(file): track for track, file in files.items()}
    songs |= {_plain(title): track for track, title in titles.items()}
    found = {
        song: Variant(track, kind)
        for song, track in songs.items()
        if song and (kind := _kind(name, song))
    }
    # "Rain again" belongs to "Rain again", not to "Rain": the longest name is meant.
    return found[max(found, key=len)] if found else None


def song_of(path: str) -> str:
    """Return the song that a file's name tells, in small letters, without marks of mixing."""
    return _plain(read_names([PurePath(path).stem])[0].title)


def version_of(path: str) -> int | None:
    """Return the number of a version that a file's name tells: 3 for ``rain_mix_v3.wav``."""
    found = _VERSION.search(PurePath(path).stem)
    return int(found[1]) if found else None


def _kind(name: str, song: str) -> Kind | None:
    if name == song:
        return Kind.TAKE
    if not name.startswith(f"{song} "):
        return None
    rest = _plain(_FILLING.sub(" ", name[len(song) :]))
    if _ALTERNATE.fullmatch(rest):
        return Kind.ALTERNATE
    return Kind.STEM if _STEM.fullmatch(rest) else None


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w']|_", " ", text.casefold()).split())
