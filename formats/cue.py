"""Cue sheets: the layout of a disc as text, in the dialect that burning programs agree on.

Times count sectors from the start of their own FILE. The BIN file of a disc begins 150 sectors
into the disc image (`cdtime.disc_to_program_sectors`), so the two seconds before track 1 are
implied and never written; a longer pause or a hidden song is ``INDEX 00 00:00:00``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from formats.cdtime import MAX_INDEX, MAX_TRACKS, msf_to_sectors, sectors_to_msf
from formats.errors import EncodeError, FormatError, UnsupportedError

FILE_KINDS = ("BINARY", "MOTOROLA", "WAVE", "AIFF", "MP3", "FLAC")
FLAGS = ("DCP", "4CH", "PRE", "SCMS")

_CATALOG = re.compile(r"[0-9]{13}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_NUMBERED = re.compile(r"([0-9]{1,2})\s+(\S+)")
_FILE = re.compile(r'(?:"(.*)"|(.*\S))\s+(\S+)')
# What stands for typographic signs and letters that are no letter with an accent.
_STAND_INS = str.maketrans(
    {
        "“": "'", "”": "'", "„": "'", "‟": "'", "‘": "'", "’": "'", "‚": "'",
        "‛": "'", "′": "'", "″": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-",
        "―": "-", "−": "-", "…": "...", "•": "·", "€": "EUR", "™": "(TM)", "Œ": "OE",
        "œ": "oe", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "ẞ": "SS",
    }
)  # fmt: skip


class CueError(FormatError):
    """A line of a cue sheet is not what it should be; lines count from 1."""

    def __init__(self, line: int, expected: str, found: str) -> None:
        super().__init__(line, expected, found)
        self.line, self.expected, self.found = line, expected, found

    def __str__(self) -> str:
        return f"line {self.line}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class CueIndex:
    """A point in a track: 0 is where its pause begins, 1 its music, 2 and up are inside.

    `sectors` counts from the start of the FILE.
    """

    number: int
    sectors: int


@dataclass(frozen=True, slots=True)
class CueTrack:
    """A track and its indexes; `pregap_sectors` is silence that the FILE does not hold."""

    number: int
    indexes: tuple[CueIndex, ...]
    title: str = ""
    performer: str = ""
    songwriter: str = ""
    isrc: str = ""
    flags: tuple[str, ...] = ()
    pregap_sectors: int = 0
    postgap_sectors: int = 0
    mode: str = "AUDIO"
    rem: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CueFile:
    """A FILE with its tracks; `BINARY` is raw little-endian 16-bit stereo at 44.1 kHz."""

    name: str
    tracks: tuple[CueTrack, ...]
    kind: str = "BINARY"


@dataclass(frozen=True, slots=True)
class CueSheet:
    """A whole sheet; `catalog` is the 13-digit EAN of the disc, `rem` free remarks."""

    files: tuple[CueFile, ...]
    catalog: str = ""
    title: str = ""
    performer: str = ""
    songwriter: str = ""
    rem: tuple[str, ...] = ()

    @property
    def tracks(self) -> tuple[CueTrack, ...]:
        """All tracks in order."""
        return tuple(track for file in self.files for track in file.tracks)

    def encode(self) -> bytes:
        """Return the sheet in Latin-1 with LF, without a byte order mark.

        Texts that Latin-1 cannot hold are written with stand-ins: `losses` lists them.

        Raises
        ------
        EncodeError
            If the layout or an identifier is not one that a sheet can carry, or a file's name
            would not lead to the file.
        """
        _refuse_misfits(self)
        return "".join(f"{line}\n" for line in _sheet_lines(self)).encode("latin-1")

    @classmethod
    def decode(cls, data: bytes, *, charset: str | None = None) -> CueSheet:
        """Read a sheet of any program.

        Parameters
        ----------
        data : bytes
            The file; any line ends, with or without a byte order mark. Commands that say
            nothing about layout, titles or identifiers are passed over.
        charset : str or None
            Its encoding; if None, UTF-8 where it fits and else Latin-1.

        Raises
        ------
        CueError
            If a line is not what it should be.
        UnsupportedError
            If a track is spread over two FILEs.
        """
        return _read_sheet(_text(data, charset))


@dataclass(frozen=True, slots=True)
class Loss:
    """A text that a sheet cannot hold as it is: where it stands, and what is written."""

    field: str
    text: str
    written: str


def losses(sheet: CueSheet) -> tuple[Loss, ...]:
    """Return every text that `CueSheet.encode` writes otherwise than it is."""
    return tuple(
        each
        for each in _texts(sheet)
        if each.written != unicodedata.normalize("NFC", each.text)
    )


# --- Writing ---------------------------------------------------------------------------------


def _sheet_lines(sheet: CueSheet) -> Iterator[str]:
    yield from (f"REM {_written_remark(remark)}".rstrip(" ") for remark in sheet.rem)
    if sheet.catalog:
        yield f"CATALOG {sheet.catalog}"
    yield from _text_lines(sheet, ("PERFORMER", "SONGWRITER", "TITLE"))
    for file in sheet.files:
        yield f'FILE "{file.name}" {file.kind}'
        for track in file.tracks:
            yield f"  TRACK {track.number:02d} {track.mode}"
            yield from (f"    {line}" for line in _track_lines(track))


def _track_lines(track: CueTrack) -> Iterator[str]:
    # FLAGS and ISRC come before any INDEX: flac(1) insists.
    yield from (f"REM {_written_remark(remark)}".rstrip(" ") for remark in track.rem)
    if track.flags:
        yield "FLAGS " + " ".join(track.flags)
    if track.isrc:
        yield f"ISRC {track.isrc}"
    yield from _text_lines(track, ("TITLE", "PERFORMER", "SONGWRITER"))
    if track.pregap_sectors:
        yield f"PREGAP {sectors_to_msf(track.pregap_sectors)}"
    for index in track.indexes:
        yield f"INDEX {index.number:02d} {sectors_to_msf(index.sectors)}"
    if track.postgap_sectors:
        yield f"POSTGAP {sectors_to_msf(track.postgap_sectors)}"


def _text_lines(of: CueSheet | CueTrack, commands: Iterable[str]) -> Iterator[str]:
    for command in commands:
        if text := getattr(of, command.lower()):
            yield f'{command} "{_written(text)}"'


def _texts(sheet: CueSheet) -> Iterator[Loss]:
    """Yield every free text with the name of its field and what is written."""
    places: list[tuple[str, CueSheet | CueTrack]] = [("", sheet)]
    places += [(f"track {track.number:02d} ", track) for track in sheet.tracks]
    for place, of in places:
        for field in ("title", "performer", "songwriter"):
            text = getattr(of, field)
            yield Loss(f"{place}{field.upper()}", text, _written(text))
        for remark in of.rem:
            yield Loss(f"{place}REM", remark, _written_remark(remark))


def _written(text: str) -> str:
    """Return `text` as it stands between double quotes, for which no program has an escape."""
    return _latin_1(text).replace('"', "'")


def _written_remark(text: str) -> str:
    return _latin_1(text).strip(" ")


def _latin_1(text: str) -> str:
    composed = unicodedata.normalize("NFC", text).translate(_STAND_INS)
    return "".join(_in_latin_1(character) for character in composed)


def _in_latin_1(character: str) -> str:
    """Return the character, a space for a control, its letter without the accent, or ``?``."""
    category = unicodedata.category(character)
    if category == "Cc":
        return " "
    if ord(character) <= 0xFF:
        return character
    if category[0] == "M":
        return ""
    base = unicodedata.normalize("NFKD", character)[0]
    return base if 0x20 <= ord(base) < 0x7F and base != '"' else "?"


def _refuse_misfits(sheet: CueSheet) -> None:
    if sheet.catalog and not _CATALOG.fullmatch(sheet.catalog):
        raise EncodeError("CATALOG", sheet.catalog, "must be 13 digits")
    numbers = [track.number for track in sheet.tracks]
    if not numbers or numbers != list(range(1, len(numbers) + 1)) or len(numbers) > MAX_TRACKS:
        raise EncodeError(
            "TRACK", numbers, "must be numbered 1 to 99 without a gap (IEC 60908)"
        )
    for file in sheet.files:
        _refuse_file(file)
        reached = -1
        for track in file.tracks:
            _refuse_track(track)
            if fault := _index_fault(track.indexes, after_sectors=reached, may_touch=False):
                place, allowed = f"track {track.number:02d}", f"must be {fault.expected}"
                raise EncodeError(place, fault.found, allowed)
            reached = track.indexes[-1].sectors


def _refuse_file(file: CueFile) -> None:
    if not file.name or any(_in_latin_1(each) != each or each == '"' for each in file.name):
        raise EncodeError("FILE", file.name, "must be Latin-1 without double quotes")
    if file.kind not in FILE_KINDS:
        raise EncodeError("FILE type", file.kind, f"must be one of {', '.join(FILE_KINDS)}")
    if not file.tracks:
        raise EncodeError("FILE", file.name, "must have a track")


def _refuse_track(track: CueTrack) -> None:
    place = f"track {track.number:02d}"
    if track.isrc and not _ISRC.fullmatch(track.isrc):
        raise EncodeError(
            f"{place} ISRC", track.isrc, "must be 12 characters, no hyphens (ISO 3901)"
        )
    if not re.fullmatch("[A-Z0-9/]+", track.mode):
        raise EncodeError(f"{place} mode", track.mode, "must be AUDIO, MODE1/2352 or the like")
    if not set(track.flags) <= set(FLAGS) or len(set(track.flags)) < len(track.flags):
        raise EncodeError(
            f"{place} FLAGS", track.flags, f"must be of {', '.join(FLAGS)}, once each"
        )
    if {"DCP", "SCMS"} <= set(track.flags):
        raise EncodeError(f"{place} FLAGS", track.flags, "must not hold both DCP and SCMS")
    if track.pregap_sectors and track.indexes and track.indexes[0].number == 0:
        raise EncodeError(
            f"{place} PREGAP", track.pregap_sectors, "must be 0 beside an INDEX 00"
        )


@dataclass(frozen=True, slots=True)
class _IndexFault:
    """What is wrong with a track's indexes, and at which of them."""

    position: int
    expected: str
    found: str


def _index_fault(
    indexes: Sequence[CueIndex], *, after_sectors: int, may_touch: bool
) -> _IndexFault | None:
    """Return the first fault: numbers count up from 00 or 01, times rise.

    `may_touch` allows a pause of no length, which exists on real discs.
    """
    numbers = [index.number for index in indexes]
    if 1 not in numbers:
        found = f"INDEX {numbers[-1]:02d}" if numbers else "no INDEX"
        return _IndexFault(max(0, len(indexes) - 1), "an INDEX 01", found)
    reached = after_sectors
    for position, index in enumerate(indexes):
        number = min(numbers[0], 1) + position
        if index.number != number or index.number > MAX_INDEX:
            return _IndexFault(position, f"INDEX {number:02d}", f"INDEX {index.number:02d}")
        touches = index.sectors == reached and not (may_touch and position)
        if index.sectors < reached or touches:
            found = sectors_to_msf(index.sectors)
            return _IndexFault(position, "a time after that of the INDEX before it", found)
        reached = index.sectors
    return None


# --- Reading ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """One line that is not empty: its number, its command in capitals, and the rest."""

    number: int
    command: str
    rest: str

    @property
    def text(self) -> str:
        """The value without its quotes; a closing quote that is missing is forgiven."""
        is_quoted = self.rest.startswith('"')
        return self.rest[1:].removesuffix('"') if is_quoted else self.rest

    def sectors(self, text: str) -> int:
        """Return a time written in this line."""
        try:
            return msf_to_sectors(text)
        except FormatError:
            raise CueError(
                self.number, "a time mm:ss:ff, at most 99:59:74", repr(text)
            ) from None


def _read_sheet(text: str) -> CueSheet:
    lines = list(_lines(text))
    head, groups = _split(lines, "FILE")
    if not groups:
        raise CueError(text.count("\n") + 1, "a FILE", "the end of the sheet")
    # TITLE and the like between FILE and the first TRACK still speak for the whole sheet.
    about = head + [line for group in groups for line in _split(group[1:], "TRACK")[0]]
    _refuse_spread_tracks(about)
    files = tuple(_read_file(group) for group in groups)
    _refuse_disorder(groups)
    return CueSheet(
        files=files,
        catalog=_value(about, "CATALOG"),
        title=_value(about, "TITLE"),
        performer=_value(about, "PERFORMER"),
        songwriter=_value(about, "SONGWRITER"),
        rem=_remarks(about),
    )


def _read_file(group: list[_Line]) -> CueFile:
    _, tracks = _split(group[1:], "TRACK")
    match = _FILE.fullmatch(group[0].rest)
    if match is None:
        raise CueError(group[0].number, 'FILE "name" TYPE', repr(group[0].rest))
    if not tracks:
        raise CueError(group[0].number, "a TRACK in this FILE", "none")
    reached, read = 0, []
    for lines in tracks:
        read.append(_read_track(lines, after_sectors=reached))
        reached = read[-1].indexes[-1].sectors
    return CueFile(match[1] or match[2] or "", tuple(read), match[3].upper())


def _read_track(lines: list[_Line], *, after_sectors: int) -> CueTrack:
    number, mode = _numbered(lines[0], "TRACK nn AUDIO")
    return CueTrack(
        number=number,
        indexes=_read_indexes(lines, after_sectors=after_sectors),
        title=_value(lines, "TITLE"),
        performer=_value(lines, "PERFORMER"),
        songwriter=_value(lines, "SONGWRITER"),
        isrc=re.sub("[- ]", "", _value(lines, "ISRC")).upper(),
        flags=tuple(_value(lines, "FLAGS").upper().split()),
        pregap_sectors=_gap(lines, "PREGAP"),
        postgap_sectors=_gap(lines, "POSTGAP"),
        mode=mode.upper(),
        rem=_remarks(lines),
    )


def _read_indexes(lines: list[_Line], *, after_sectors: int) -> tuple[CueIndex, ...]:
    index_lines = [line for line in lines if line.command == "INDEX"]
    pairs = ((line, _numbered(line, "INDEX nn mm:ss:ff")) for line in index_lines)
    indexes = tuple(CueIndex(number, line.sectors(time)) for line, (number, time) in pairs)
    if fault := _index_fault(indexes, after_sectors=after_sectors - 1, may_touch=True):
        place = index_lines[fault.position] if index_lines else lines[0]
        raise CueError(place.number, fault.expected, fault.found)
    return indexes


def _refuse_spread_tracks(outside: list[_Line]) -> None:
    """Refuse a pause at the end of one file with its song in the next, as rippers leave it."""
    for line in outside:
        if line.command in ("INDEX", "POSTGAP"):
            raise UnsupportedError(
                f"line {line.number}: {line.command} belongs to no TRACK of its FILE; "
                "a track must lie in one file"
            )


def _refuse_disorder(groups: list[list[_Line]]) -> None:
    """Tracks count up by one; the first may have any number, as on the second disc of two."""
    tracks = [line for group in groups for line in group if line.command == "TRACK"]
    first, _ = _numbered(tracks[0], "TRACK nn AUDIO")
    for expected, line in enumerate(tracks, start=first):
        number, _ = _numbered(line, "TRACK nn AUDIO")
        if number != expected or not 1 <= number <= MAX_TRACKS:
            raise CueError(line.number, f"TRACK {max(1, expected):02d}", f"{number:02d}")


def _lines(text: str) -> Iterator[_Line]:
    # Not `splitlines`: it also cuts at characters that may stand in a title.
    for number, line in enumerate(re.split("\r\n|\n|\r", text), start=1):
        command, _, rest = line.replace("\t", " ").strip(" ").partition(" ")
        if command:
            yield _Line(number, command.upper(), rest.strip(" "))


def _split(lines: list[_Line], command: str) -> tuple[list[_Line], list[list[_Line]]]:
    """Return the lines before the first `command`, and the groups that each of them opens."""
    starts = [place for place, line in enumerate(lines) if line.command == command]
    groups = [lines[start:end] for start, end in pairwise([*starts, len(lines)])]
    return lines[: starts[0]] if starts else lines, groups


def _value(lines: list[_Line], command: str) -> str:
    return next((line.text for line in lines if line.command == command), "")


def _remarks(lines: list[_Line]) -> tuple[str, ...]:
    return tuple(line.rest for line in lines if line.command == "REM")


def _gap(lines: list[_Line], command: str) -> int:
    return next((line.sectors(line.rest) for line in lines if line.command == command), 0)


def _numbered(line: _Line, form: str) -> tuple[int, str]:
    """Return the number and the word of ``TRACK 01 AUDIO`` or ``INDEX 01 00:00:00``."""
    match = _NUMBERED.fullmatch(line.rest)
    if match is None:
        raise CueError(line.number, form, repr(f"{line.command} {line.rest}"))
    return int(match[1]), match[2]


def _text(data: bytes, charset: str | None) -> str:
    for candidate in (charset,) if charset else ("utf-8-sig", "latin-1"):
        try:
            return data.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise FormatError(f"the sheet is not written in {charset}")
