"""Single values of the spec: texts, ids, dates, identifiers, files, rates; how each is read.

Every scalar arrives as the text that was written. A `ValueError` raised here says what was
found and what is allowed; its place is added where problems are collected.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeAlias

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from formats.errors import EncodeError, FormatError
from pipeline.units import DB, HZ, SECTORS_PER_S, Duration

NO_TIME = Duration(Fraction(0))
TWO_SECONDS = Duration(Fraction(2))
LONGEST_S = 24 * 3600  # nothing on a record lasts longer; it keeps typing errors off the disk

_SHORTEST_MS = 5  # a faster change is heard as a click
_ANY_RATE_HZ = 48_000  # where points are written in samples: near enough for their order

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_OWN_FOLDERS = frozenset({"reports", "proofs"})
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # device names of Windows
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")  # Unicode: controls, halves of characters, breaks
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


def check_points(times: Sequence[Duration]) -> None:
    """Refuse points of an automation that are not in the order of time.

    Raises
    ------
    ValueError
        If one comes less than 5 ms after the one before.
    """
    for one, other in pairwise(times):
        before_s, after_s = (each.to_seconds(_ANY_RATE_HZ) for each in (one, other))
        if after_s - before_s < Fraction(_SHORTEST_MS, 1000):
            raise ValueError(
                f"{other} comes less than {_SHORTEST_MS} ms after {one}; write points in the "
                "order of time, and give each move a moment"
            )


def describe(found: object) -> str:
    """Return what a value of the spec is, in words: its text in quotes, or its kind."""
    match found:
        case None:
            return "nothing"
        case list():
            return "a list"
        case Mapping():
            return "a mapping (key: value)"
        case _:
            text = str(found)
            return f"'{text if len(text) <= 60 else text[:59] + '…'}'"


def refuse(
    kind: str, details: dict[str, Any], *place: str | int, found: object = None
) -> NoReturn:
    """Raise a problem of a kind that `hints` has words for, below the value being read."""
    line = InitErrorDetails(type=PydanticCustomError(kind, "", details), loc=place, input=found)
    raise ValidationError.from_exception_data("album.yaml", [line])


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise PydanticCustomError("not_text", "")
    text = found.strip()
    if not text:
        raise ValueError("is empty; write its text or take the key out")
    for letter in text:
        if unicodedata.category(letter) in _UNPRINTABLE:
            raise ValueError(f"has {_name(letter)} in it; it has to fit on one printed line")
    return text


def _name(letter: str) -> str:
    return "a line break" if letter in "\n\r\u2028\u2029" else f"character U+{ord(letter):04X}"


def _id(found: object) -> str:
    text = _text(found)
    if not _ID.fullmatch(text):
        raise ValueError(
            f"{describe(text)} cannot be an id: small letters, digits, - and _, at most 64, "
            "a letter or digit first"
        )
    if _RESERVED.fullmatch(text):
        raise ValueError(f"'{text}' cannot be an id: Windows keeps this name for a device")
    return text


def _deliverable_id(found: object) -> str:
    if (text := _id(found)) in _OWN_FOLDERS:
        raise ValueError(f"'{text}' cannot be a deliverable's id: the folder out/{text} has it")
    return text


def _date(found: object) -> str:
    text = _text(found)
    if parts := _DATE.fullmatch(text):
        year, month, day = (int(part or 1) for part in parts.groups())
        try:
            date(year, month, day)
        except ValueError:
            raise ValueError(f"'{text}' is no day of the calendar") from None
        return text
    raise ValueError(f"'{text}' is no date; write YYYY, YYYY-MM or YYYY-MM-DD")


def _isrc(found: object) -> str:
    from formats.identifiers import normalise_isrc

    return _identifier(normalise_isrc, found)


def _upc(found: object) -> str:
    from formats.identifiers import normalise_ean

    return _identifier(normalise_ean, found)


def _identifier(normalise: Callable[[str], str], found: object) -> str:
    text = _text(found)
    try:
        return normalise(text)
    except EncodeError as error:
        raise ValueError(f"{describe(error.found)} {error.allowed}") from None
    except FormatError as error:
        raise ValueError(str(error)) from None


def _time(found: Duration) -> Duration:
    if found.to_seconds(192_000) > LONGEST_S:
        raise ValueError(f"'{found}' is longer than a day")
    return found


def _some_time(found: Duration) -> Duration:
    if not found.amount:
        raise ValueError("has no length; write more than 0 s")
    return found


def _song_level(found: object) -> float | str:
    return "as_mixed" if found == "as_mixed" else DB.within(-24, 24).parse(found)


def _rate_or(word: str, found: object) -> int | None:
    if found == word:
        return None
    try:
        rate_hz = HZ.within(22_050, 384_000).parse(found)
    except ValueError as error:
        raise ValueError(f"{error}, or {word}") from None
    if rate_hz % SECTORS_PER_S:
        raise ValueError(
            f"75 does not divide {HZ.text(rate_hz)}, so its cuts would miss the CD's grid "
            "of 1/75 s; 44.1, 48, 88.2, 96, 176.4 and 192 kHz are fine"
        )
    return int(rate_hz)


def _rate_text(word: str, rate_hz: int | None) -> str:
    return word if rate_hz is None else HZ.text(rate_hz)


def _mp3_rate(found: object) -> int | None:
    rate_hz = _rate_or("album", found)
    if rate_hz not in (None, 44_100, 48_000):
        raise ValueError(
            f"{describe(found)} is no rate for MP3; write album, 44.1 kHz or 48 kHz"
        )
    return rate_hz


def _number_of(allowed: tuple[int, ...], found: object) -> int:
    for number in allowed:
        if str(found).strip() == str(number):
            return number
    raise ValueError(f"{describe(found)} is not one of {', '.join(map(str, allowed))}")


def _disc_number(found: object) -> int:
    text = str(found).strip()
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= 99:
        return int(text)
    raise ValueError(f"{describe(found)} is no number of a disc; write 1, or 2 …")


@dataclass(frozen=True, slots=True)
class SourcePath:
    """A file named in the spec.

    Parameters
    ----------
    text : str
        As it was written.
    path : Path
        Absolute; what was written is relative to the spec's folder.
    """

    text: str
    path: Path

    def __fspath__(self) -> str:
        return str(self.path)


def _source_path(found: object, info: ValidationInfo) -> SourcePath:
    text = _text(found)
    if "\\" in text:
        raise ValueError(f"'{text}' has \\ in it; folders are parted by / on every system")
    folder: Path = (info.context or {}).get("folder", Path())
    return SourcePath(text, Path(folder, text).absolute())


_BITS = (16, 24)
_MP3_KBPS = (128, 160, 192, 224, 256, 320)  # the upper bit rates of ISO/IEC 11172-3 layer III
_ISRC = r"^[A-Za-z]{2}[- ]?[A-Za-z0-9]{3}[- ]?\d{2}[- ]?\d{5}$"


def _json(kind: str | list[str], **more: object) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **more})


_FILE_RATE_TEXT = PlainSerializer(partial(_rate_text, "album"), when_used="json")

# A YAML editor takes `title: 1999` for a number; here it is the text that was written.
Text = Annotated[str, PlainValidator(_text), _json(["string", "number", "boolean"])]
SpecId = Annotated[str, PlainValidator(_id), _json("string", pattern=f"^{_ID.pattern}$")]
DeliverableId = Annotated[
    str, PlainValidator(_deliverable_id), _json("string", pattern=f"^{_ID.pattern}$")
]
ReleaseDate = Annotated[
    str, PlainValidator(_date), _json(["string", "number"], examples=["2026-03-06", "2026"])
]
Isrc = Annotated[
    str, PlainValidator(_isrc), _json("string", pattern=_ISRC, examples=["GBAAA2600001"])
]
Upc = Annotated[
    str, PlainValidator(_upc), _json(["string", "number"], examples=["5012345678900"])
]
File = Annotated[
    SourcePath,
    PlainValidator(_source_path),
    PlainSerializer(lambda file: file.text, when_used="json"),
    _json("string"),
]
Time = Annotated[Duration, AfterValidator(_time)]
SomeTime = Annotated[Duration, AfterValidator(_time), AfterValidator(_some_time)]
SongLevel = Annotated[
    float | Literal["as_mixed"],
    PlainValidator(_song_level),
    PlainSerializer(
        lambda level: level if level == "as_mixed" else DB.text(level), when_used="json"
    ),
    _json("string", examples=["-3 dB", "as_mixed"]),
]
AlbumRate = Annotated[
    int | None,
    PlainValidator(partial(_rate_or, "auto")),
    PlainSerializer(partial(_rate_text, "auto"), when_used="json"),
    _json("string", examples=["auto", "48 kHz"]),
]
FileRate = Annotated[
    int | None,
    PlainValidator(partial(_rate_or, "album")),
    _FILE_RATE_TEXT,
    _json("string", examples=["album", "44.1 kHz"]),
]
Mp3Rate = Annotated[
    int | None,
    PlainValidator(_mp3_rate),
    _FILE_RATE_TEXT,
    _json("string", examples=["album", "44.1 kHz", "48 kHz"]),
]
Bits = Annotated[
    int, PlainValidator(partial(_number_of, _BITS)), WithJsonSchema({"enum": list(_BITS)})
]
DiscNumber = Annotated[
    int, PlainValidator(_disc_number), _json(["integer", "string"], minimum=1, maximum=99)
]
Kbps = Annotated[
    int,
    PlainValidator(partial(_number_of, _MP3_KBPS)),
    WithJsonSchema({"enum": list(_MP3_KBPS)}),
]
Curve: TypeAlias = Literal["auto", "equal_power", "equal_gain"]
Shape: TypeAlias = Literal["linear", "cosine", "exponential"]
Intent = Annotated[
    dict[Text, Text],
    Field(description="Written reasons that waive a named check: `{low_end: meant so}`."),
]
