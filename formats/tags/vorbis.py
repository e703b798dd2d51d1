"""Vorbis comments and the picture in the metadata of a FLAC file: RFC 9639, section 8."""

from __future__ import annotations

from io import BytesIO
from types import MappingProxyType
from typing import Any

from formats.artwork import Artwork, describe_artwork
from formats.errors import EncodeError, FormatError
from formats.tags.model import Tags, check_writable, texts

# Keys as MusicBrainz Picard writes them; PLINE has no agreed key.
_KEYS = MappingProxyType(
    {
        "title": "TITLE",
        "artist": "ARTIST",
        "album": "ALBUM",
        "album_artist": "ALBUMARTIST",
        "date": "DATE",
        "isrc": "ISRC",
        "upc": "BARCODE",
        "catalog_number": "CATALOGNUMBER",
        "label": "LABEL",
        "genre": "GENRE",
        "copyright": "COPYRIGHT",
        "p_line": "PLINE",
    }
)
_NUMBERS = MappingProxyType(
    {
        "track": "TRACKNUMBER",
        "track_total": "TRACKTOTAL",
        "disc": "DISCNUMBER",
        "disc_total": "DISCTOTAL",
    }
)
_FRONT_COVER = 3
_PADDING_BYTES = 4096
_MAX_BLOCK_BYTES = (1 << 24) - 1  # RFC 9639, section 8.1: the size has 24 bits


def encode(head: bytes, tags: Tags) -> bytes:
    """Return all that stands before the audio of a FLAC file, with these tags in it.

    Parameters
    ----------
    head : bytes
        What stands there now, from ``fLaC`` on. Other blocks stay; pictures, comments and
        padding are replaced.
    tags : Tags
        What to write; the same tags give the same bytes.

    Raises
    ------
    EncodeError
        If the tags hold what no tag can, or the picture is larger than a block.
    FormatError
        If `head` is damaged.
    """
    check_writable(tags)
    flac = _opened(head)
    if flac.tags is None:
        flac.add_tags()
    flac.tags.clear()
    flac.clear_pictures()
    for name, text in texts(tags).items():
        flac.tags.append((_KEYS[name], text))
    for name, key in _NUMBERS.items():
        if number := getattr(tags, name):
            flac.tags.append((key, str(number)))
    if tags.artwork:
        flac.add_picture(_picture(tags.artwork))
    out = BytesIO(head)
    flac.save(out, padding=lambda _: _PADDING_BYTES)
    return out.getvalue()


def decode(head: bytes) -> Tags:
    """Read the tags from what stands before the audio of a FLAC file.

    Raises
    ------
    FormatError
        If it is damaged, or a track or disc is not a number.
    """
    flac = _opened(head)
    comments = flac.tags.as_dict() if flac.tags else {}
    found: dict[str, Any] = {}
    for name, key in _KEYS.items():
        found[name] = "; ".join(comments.get(key.lower(), ()))
    for name, key in _NUMBERS.items():
        found[name] = _number(name, comments.get(key.lower(), []))
    return Tags(**found, artwork=_artwork(flac))


def _mutagen() -> Any:
    # Imported late because it takes time, and as Any because it is not annotated.
    from mutagen import flac

    return flac


def _opened(head: bytes) -> Any:
    from mutagen import MutagenError

    try:
        return _mutagen().FLAC(BytesIO(head))
    except MutagenError as error:
        raise FormatError(f"the metadata of the FLAC file is damaged: {error}") from error


def _picture(artwork: Artwork) -> Any:
    if len(artwork.data) + 1024 > _MAX_BLOCK_BYTES:
        raise EncodeError("artwork", f"{len(artwork.data)} bytes", "must stay under 16 MiB")
    picture = _mutagen().Picture()
    picture.type = _FRONT_COVER
    picture.mime = artwork.mime
    picture.width, picture.height, picture.depth = artwork.width, artwork.height, 24
    picture.data = artwork.data
    return picture


def _number(name: str, values: list[str]) -> int | None:
    if not values:
        return None
    if not (values[0].isascii() and values[0].isdigit() and len(values[0]) < 10):
        found = f"the {name} in the FLAC file is {values[0]!r}"
        raise FormatError(f"{found}, a number is allowed")
    return int(values[0])


def _artwork(flac: Any) -> Artwork | None:
    if not flac.pictures:
        return None
    covers = [picture for picture in flac.pictures if picture.type == _FRONT_COVER]
    cover = (covers or flac.pictures)[0]
    return describe_artwork(bytes(cover.data), str(cover.mime))
