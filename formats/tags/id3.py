"""ID3v2.4 tags: at the start of an MP3 file, and in the `id3 ` chunk of a WAV file.

Version 2.4 and not 2.3: it alone has UTF-8, whole dates (TDRC) and the P-line (TPRO).
"""

from __future__ import annotations

import re
from io import BytesIO
from types import MappingProxyType
from typing import Any

from formats.artwork import Artwork, describe_artwork
from formats.errors import FormatError
from formats.tags.model import Tags, check_writable, texts

# Frames of ID3v2.4 "Native Frames"; TXXX descriptions are MusicBrainz Picard's.
_FRAMES = MappingProxyType(
    {
        "title": "TIT2",
        "artist": "TPE1",
        "album": "TALB",
        "album_artist": "TPE2",
        "date": "TDRC",
        "isrc": "TSRC",
        "upc": "TXXX:BARCODE",
        "catalog_number": "TXXX:CATALOGNUMBER",
        "label": "TPUB",
        "genre": "TCON",
        "copyright": "TCOP",
        "p_line": "TPRO",
    }
)
_TRACK, _DISC, _PICTURE = "TRCK", "TPOS", "APIC"
_UTF8 = 3
_FRONT_COVER = 3
_PADDING_BYTES = 1024
_POSITION = re.compile(r"(\d{1,9})(?:/(\d{1,9}))?", re.ASCII)


def encode(tags: Tags) -> bytes:
    """Return a whole ID3v2.4 tag; the same tags give the same bytes.

    Raises
    ------
    EncodeError
        If the tags hold what no tag can.
    """
    check_writable(tags)
    out = BytesIO()
    _frames(tags).save(out, v1=0, v2_version=4, padding=lambda _: _PADDING_BYTES)
    return out.getvalue()


def decode(data: bytes) -> Tags:
    """Read an ID3v2 tag of any version; nothing at all gives empty tags.

    Raises
    ------
    FormatError
        If it is damaged, or its track or disc is not a number.
    """
    from mutagen import MutagenError

    try:
        id3 = _mutagen().ID3(BytesIO(data))
    except _mutagen().ID3NoHeaderError:
        return Tags()
    except MutagenError as error:
        raise FormatError(f"the ID3 tag is damaged: {error}") from error
    found: dict[str, Any] = {name: _text(id3, key) for name, key in _FRAMES.items()}
    found["track"], found["track_total"] = _position("track", _text(id3, _TRACK))
    found["disc"], found["disc_total"] = _position("disc", _text(id3, _DISC))
    return Tags(**found, artwork=_artwork(id3))


def _mutagen() -> Any:
    # Imported late because it takes time, and as Any because it is not annotated.
    from mutagen import id3

    return id3


def _frames(tags: Tags) -> Any:
    id3 = _mutagen()
    frames = id3.ID3()
    for name, text in texts(tags).items():
        key, _, description = _FRAMES[name].partition(":")
        extra = {"desc": description} if description else {}
        frames.add(getattr(id3, key)(encoding=_UTF8, text=[text], **extra))
    if tags.track:
        frames.add(id3.TRCK(encoding=_UTF8, text=[_of(tags.track, tags.track_total)]))
    if tags.disc:
        frames.add(id3.TPOS(encoding=_UTF8, text=[_of(tags.disc, tags.disc_total)]))
    if tags.artwork:
        frames.add(_picture(tags.artwork))
    return frames


def _picture(artwork: Artwork) -> Any:
    picture = {"mime": artwork.mime, "type": _FRONT_COVER, "data": artwork.data}
    return _mutagen().APIC(encoding=_UTF8, **picture)


def _of(number: int, total: int | None) -> str:
    return f"{number}/{total}" if total else f"{number}"


def _text(id3: Any, key: str) -> str:
    frame = id3.get(key)
    return "" if frame is None else "; ".join(str(text) for text in frame.text)


def _position(name: str, text: str) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    found = _POSITION.fullmatch(text)
    if found is None:
        raise FormatError(f"the {name} in the ID3 tag is {text!r}, a number or n/m is allowed")
    return int(found[1]), int(found[2]) if found[2] else None


def _artwork(id3: Any) -> Artwork | None:
    pictures = id3.getall(_PICTURE)
    if not pictures:
        return None
    covers = [picture for picture in pictures if picture.type == _FRONT_COVER]
    cover = (covers or pictures)[0]
    return describe_artwork(bytes(cover.data), str(cover.mime))
