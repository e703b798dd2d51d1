"""Cue sheets: the layout of a disc as text, in the dialect that burning programs agree on.

Times count sectors from the start of their own FILE. The BIN file of a disc begins 150 sectors
into the disc image (`cdtime.disc_to_program_sectors`), so the two seconds before track 1 are
implied and never written; a longer pause or a hidden song is ``INDEX 00 00:00:00``.
`formats.cue_disc` turns sheets into discs and back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from formats.cdtime import MAX_INDEX, MAX_TRACKS, msf_to_sectors, sectors_to_msf
from formats.charsets import Loss
from formats.cue_text import CHARSETS, read_text, swaps, written, written_remark
from formats.errors import EncodeError, FormatError, LineError, UnsupportedError

FILE_KINDS = ("BINARY", "MOTOROLA", "WAVE", "AIFF", "MP3", "FLAC")
FLAGS = ("DCP", "4CH", "PRE", "SCMS")
TEXT_FIELDS = ("performer", "songwriter", "title", "composer", "arranger", "message")

_REMARK_FIELDS = ("composer", "arranger", "message")
_CATALOG = re.compile(r"[0-9]{13}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_NUMBERED = re.compile(r"([0-9]{1,2})\s+(\S+)")
_INDEX_FORM = "INDEX nn mm:ss:ff"
_FILE = re.compile(r'(?:"(.*)"|(.*\S))\s+(\S+)')


class CueError(LineError):
    """A line of a cue sheet is not what it should be; lines count from 1."""


@dataclass(frozen=True, slots=True)
class CueIndex:
    """A point in a track: 0 is where its pause begins, 1 its music, 2 and up are inside.

    `sectors` counts from the start of the FILE.
    """

    number: int
    sectors: int


@dataclass(frozen=True, slots=True)
class CueTrack:
    """A track and its indexes.

    Parameters
    ----------
    number : int
        1 to 99.
    indexes : tuple of CueIndex
        In order, all in the FILE of the track.
    title, performer, songwriter, composer, arranger, message : str
        Its CD-Text.
    isrc : str
        12 characters, or empty.
    flags : tuple of str
        Of `FLAGS`.
    pregap_sectors, postgap_sectors : int
        Silence before and behind it that the FILE does not hold.
    mode : str
        AUDIO, or a kind of data.
    rem : tuple of str
        Remarks.
    early_pause_sectors : int or None
        INDEX 00, if it lies in the FILE before that of the track, as rippers leave the gap
        behind the song before it.
    """

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
    composer: str = ""
    arranger: str = ""
    message: str = ""
    early_pause_sectors: int | None = None


@dataclass(frozen=True, slots=True)
class CueFile:
    """A FILE with the tracks whose INDEX 01 is in it; there is one, or an early pause.

    `BINARY` is raw little-endian 16-bit stereo at 44.1 kHz, `MOTOROLA` the same big-endian.
    """

    name: str
    tracks: tuple[CueTrack, ...]
    kind: str = "BINARY"


@dataclass(frozen=True, slots=True)
class CueSheet:
    """A whole sheet.

    Parameters
    ----------
    files : tuple of CueFile
        In order.
    catalog : str
        13-digit EAN of the disc, or empty.
    title, performer, songwriter, composer, arranger, message : str
        CD-Text of the disc.
    rem : tuple of str
        Remarks.
    cdtext_file : str
        Name of a file of CD-Text packs (`formats.cdtext`), which outdoes the texts here.
    """

    files: tuple[CueFile, ...]
    catalog: str = ""
    title: str = ""
    performer: str = ""
    songwriter: str = ""
    rem: tuple[str, ...] = ()
    composer: str = ""
    arranger: str = ""
    message: str = ""
    cdtext_file: str = ""

    @property
    def tracks(self) -> tuple[CueTrack, ...]:
        """All tracks in order."""
        return tuple(track for file in self.files for track in file.tracks)

    def encode(self, charset: str = "latin-1") -> bytes:
        """Return the sheet with LF.

        Texts that the character set cannot hold are written with stand-ins: `losses` lists
        them.

        Parameters
        ----------
        charset : {"latin-1", "utf-8", "utf-8-sig", "cp932"}
            Whatever burns reads Latin-1 without a byte order mark; the others are for players.

        Raises
        ------
        EncodeError
            If the layout or an identifier is not one that a sheet can carry, or a file's name
            would not lead to the file.
        """
        _refuse_misfits(self, charset)
        return "".join(f"{line}\n" for line in _sheet_lines(self, charset)).encode(charset)

    @classmethod
    def decode(cls, data: bytes, *, charset: str | None = None) -> CueSheet:
        """Read a sheet of any program.

        Parameters
        ----------
        data : bytes
            The file; any line ends, with or without a byte order mark. Commands that say
            nothing about layout, titles or identifiers are passed over.
        charset : str or None
            Its encoding; if None, UTF-8 where it fits, else Shift-JIS where it looks like it,
            else Windows-1252 or Latin-1.

        Raises
        ------
        CueError
            If a line is not what it should be.
        UnsupportedError
            If more of a track than its INDEX 00 lies in the FILE before.
        """
        return _read_sheet(read_text(data, charset))


def losses(sheet: CueSheet, charset: str = "latin-1") -> tuple[Loss, ...]:
    """Return every text that `CueSheet.encode` writes otherwise than it is."""
    return tuple(
        each
        for each in _texts(sheet, charset)
        if each.written != unicodedata.normalize("NFC", each.text)
    )


# --- Writing ---------------------------------------------------------------------------------


def _sheet_lines(sheet: CueSheet, charset: str) -> Iterator[str]:
    yield from (f"REM {written_remark(remark, charset)}".rstrip(" ") for remark in sheet.rem)
    if sheet.catalog:
        yield f"CATALOG {sheet.catalog}"
    if sheet.cdtext_file:
        yield f'CDTEXTFILE "{sheet.cdtext_file}"'
    yield from _text_lines(sheet, TEXT_FIELDS, charset)
    for file, after in zip(sheet.files, (*sheet.files[1:], None), strict=True):
        yield f'FILE "{file.name}" {file.kind}'
        for track in file.tracks:
            if track.early_pause_sectors is None:
                yield from _track_lines(track, charset)
            yield from (f"    {line}" for line in _index_lines(track))
        early = after.tracks[0] if after and after.tracks else None
        if early and early.early_pause_sectors is not None:
            yield from _track_lines(early, charset)
            yield f"    INDEX 00 {sectors_to_msf(early.early_pause_sectors)}"


def _track_lines(track: CueTrack, charset: str) -> Iterator[str]:
    yield f"  TRACK {track.number:02d} {track.mode}"
    yield from (f"    REM {written_remark(each, charset)}".rstrip(" ") for each in track.rem)
    # FLAGS and ISRC come before any INDEX: flac(1) insists.
    if track.flags:
        yield "    FLAGS " + " ".join(track.flags)
    if track.isrc:
        yield f"    ISRC {track.isrc}"
    fields = ("title", "performer", "songwriter", *TEXT_FIELDS[3:])
    yield from (f"    {line}" for line in _text_lines(track, fields, charset))


def _index_lines(track: CueTrack) -> Iterator[str]:
    if track.pregap_sectors:
        yield f"PREGAP {sectors_to_msf(track.pregap_sectors)}"
    for index in track.indexes:
        yield f"INDEX {index.number:02d} {sectors_to_msf(index.sectors)}"
    if track.postgap_sectors:
        yield f"POSTGAP {sectors_to_msf(track.postgap_sectors)}"


def _text_lines(of: CueSheet | CueTrack, fields: Iterable[str], charset: str) -> Iterator[str]:
    for field in fields:
        if text := getattr(of, field):
            # cdrdao refuses a sheet with these commands; players read them as remarks.
            rem = "REM " if field in _REMARK_FIELDS else ""
            yield f'{rem}{field.upper()} "{written(text, charset)}"'


def _texts(sheet: CueSheet, charset: str) -> Iterator[Loss]:
    """Yield every free text with the name of its field and what is written."""
    places: list[tuple[str, CueSheet | CueTrack]] = [("", sheet)]
    places += [(f"track {track.number:02d} ", track) for track in sheet.tracks]
    for place, of in places:
        for field in TEXT_FIELDS:
            text = getattr(of, field)
            swapped = swaps(text, charset, may_quote=False)
            yield Loss(f"{place}{field.upper()}", text, written(text, charset), swapped)
        for remark in of.rem:
            swapped = swaps(remark, charset, may_quote=True)
            yield Loss(f"{place}REM", remark, written_remark(remark, charset), swapped)


def _refuse_misfits(sheet: CueSheet, charset: str) -> None:
    if charset not in CHARSETS:
        raise EncodeError("charset", charset, f"must be one of {', '.join(CHARSETS)}")
    if sheet.catalog and not _CATALOG.fullmatch(sheet.catalog):
        raise EncodeError("CATALOG", sheet.catalog, "must be 13 digits")
    numbers = [track.number for track in sheet.tracks]
    if not numbers or numbers != list(range(1, len(numbers) + 1)) or len(numbers) > MAX_TRACKS:
        raise EncodeError(
            "TRACK", numbers, "must be numbered 1 to 99 without a gap (IEC 60908)"
        )
    if sheet.cdtext_file and written(sheet.cdtext_file, charset) != sheet.cdtext_file:
        raise EncodeError("CDTEXTFILE", sheet.cdtext_file, f"must be {charset}, without quotes")
    reached = None
    for file, after in zip(sheet.files, (*sheet.files[1:], None), strict=True):
        early = after.tracks[0].early_pause_sectors if after and after.tracks else None
        _refuse_file(file, charset, is_pause=early is not None)
        reached = _refuse_places(file, after_file=reached)
        if early is not None and early <= reached:
            allowed = f"must be later than {sectors_to_msf(max(0, reached))} in the FILE before"
            raise EncodeError("INDEX 00", early, allowed)


def _refuse_places(file: CueFile, *, after_file: int | None) -> int:
    """Return where the last index of a file is; refuse indexes that do not rise up to it."""
    reached = -1
    for position, track in enumerate(file.tracks):
        _refuse_track(track)
        place = f"track {track.number:02d}"
        if track.early_pause_sectors is not None and (position or after_file is None):
            raise EncodeError(
                f"{place} INDEX 00", "in the FILE before", "must be of a FILE's first track"
            )
        if fault := _index_fault(track.indexes, after_sectors=reached, may_touch=False):
            raise EncodeError(place, fault.found, f"must be {fault.expected}")
        reached = track.indexes[-1].sectors
    return reached


def _refuse_file(file: CueFile, charset: str, *, is_pause: bool) -> None:
    if not file.name or written(file.name, charset) != file.name:
        name = "Latin-1" if charset == "latin-1" else charset
        raise EncodeError("FILE", file.name, f"must be {name} without double quotes")
    if file.kind not in FILE_KINDS:
        raise EncodeError("FILE type", file.kind, f"must be one of {', '.join(FILE_KINDS)}")
    if not file.tracks and not is_pause:
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
    has_pause = bool(track.indexes) and track.indexes[0].number == 0
    if track.early_pause_sectors is not None and has_pause:
        raise EncodeError(f"{place} INDEX 00", "twice", "must lie in one FILE")
    if track.pregap_sectors and (has_pause or track.early_pause_sectors is not None):
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
            expected = "a time mm:ss:ff, at most 99:59:74"
            hint = "seconds end at 59, sectors at 74"
            raise CueError(self.number, expected, repr(text), hint) from None


@dataclass(slots=True)
class _FileLines:
    """A FILE line, and the lines of each track whose INDEX 01 is in it.

    `early` is the line with the INDEX 00 of its first track, if that lies in the file before.
    """

    head: _Line
    tracks: list[list[_Line]]
    early: _Line | None = None


def _read_sheet(text: str) -> CueSheet:
    about, groups = _split(list(_lines(text)), "FILE")
    if not groups:
        last = text.count("\n") + 1
        raise CueError(last, "a FILE", "the end of the sheet", 'write FILE "name" WAVE')
    files: list[_FileLines] = []
    for group in groups:
        lead, tracks = _split(group[1:], "TRACK")
        files.append(_FileLines(group[0], tracks))
        if any(line.command in ("INDEX", "POSTGAP") for line in lead):
            _carry_over(files, lead)
        else:
            # TITLE and the like between FILE and the first TRACK speak for the whole sheet.
            about = about + lead
    _refuse_disorder(groups)
    return CueSheet(
        files=_read_files(files),
        catalog=_value(about, "CATALOG"),
        rem=_remarks(about),
        cdtext_file=_value(about, "CDTEXTFILE"),
        **_read_texts(about),
    )


def _carry_over(files: list[_FileLines], lead: list[_Line]) -> None:
    """Move a track whose pause ends the file before into the last of `files`."""
    first = next(line for line in lead if line.command in ("INDEX", "POSTGAP"))
    before = files[-2].tracks if len(files) > 1 else []
    pauses = [line for line in before[-1] if line.command == "INDEX"] if before else []
    if len(pauses) != 1 or _numbered(pauses[0], _INDEX_FORM)[0] != 0:
        raise UnsupportedError(
            f"line {first.number}: {first.command} belongs to no TRACK of its FILE; of a "
            "track, only INDEX 00 may lie in the FILE before"
        )
    opened = [line for line in before.pop() if line is not pauses[0]]
    files[-1].tracks.insert(0, opened + lead)
    files[-1].early = pauses[0]


def _read_files(files: list[_FileLines]) -> tuple[CueFile, ...]:
    read = []
    for lines, after in zip(files, (*files[1:], None), strict=True):
        match = _FILE.fullmatch(lines.head.rest)
        if match is None:
            hint = "types are BINARY, WAVE and the like"
            found = repr(lines.head.rest)
            raise CueError(lines.head.number, 'FILE "name" TYPE', found, hint)
        early = after.early if after else None
        if not lines.tracks and not early:
            hint = "leave the FILE out, or write TRACK 01 AUDIO"
            raise CueError(lines.head.number, "a TRACK in this FILE", "none", hint)
        tracks = _read_tracks(lines)
        reached = tracks[-1].indexes[-1].sectors if tracks else 0
        if early and _pause_of(early) < reached:
            found = sectors_to_msf(_pause_of(early))
            raise CueError(early.number, f"a time after {sectors_to_msf(reached)}", found)
        read.append(CueFile(match[1] or match[2] or "", tracks, match[3].upper()))
    return tuple(read)


def _read_tracks(file: _FileLines) -> tuple[CueTrack, ...]:
    reached = 0
    read: list[CueTrack] = []
    for lines in file.tracks:
        early = None if read else file.early
        read.append(_read_track(lines, after_sectors=reached, early=early))
        reached = read[-1].indexes[-1].sectors
    return tuple(read)


def _read_track(lines: list[_Line], *, after_sectors: int, early: _Line | None) -> CueTrack:
    number, mode = _numbered(lines[0], "TRACK nn AUDIO")
    indexes = _read_indexes(lines, after_sectors=after_sectors)
    if early and indexes[0].number == 0:
        hint = f"INDEX 00 stands in line {early.number} already"
        raise CueError(early.number + 1, "INDEX 01", "INDEX 00", hint)
    return CueTrack(
        number=number,
        indexes=indexes,
        isrc=re.sub("[- ]", "", _value(lines, "ISRC")).upper(),
        flags=tuple(_value(lines, "FLAGS").upper().split()),
        pregap_sectors=_gap(lines, "PREGAP"),
        postgap_sectors=_gap(lines, "POSTGAP"),
        mode=mode.upper(),
        rem=_remarks(lines),
        early_pause_sectors=_pause_of(early) if early else None,
        **_read_texts(lines),
    )


def _read_texts(lines: list[_Line]) -> dict[str, str]:
    remarks = (_remark_line(line) for line in lines if line.command == "REM")
    told = [*lines, *filter(_is_text, remarks)]
    return {field: _value(told, field.upper()) for field in TEXT_FIELDS}


def _read_indexes(lines: list[_Line], *, after_sectors: int) -> tuple[CueIndex, ...]:
    index_lines = [line for line in lines if line.command == "INDEX"]
    pairs = ((line, _numbered(line, _INDEX_FORM)) for line in index_lines)
    indexes = tuple(CueIndex(number, line.sectors(time)) for line, (number, time) in pairs)
    if fault := _index_fault(indexes, after_sectors=after_sectors - 1, may_touch=True):
        place = index_lines[fault.position] if index_lines else lines[0]
        hint = "times count from the start of the FILE, numbers from 00 or 01"
        raise CueError(place.number, fault.expected, fault.found, hint)
    return indexes


def _pause_of(line: _Line) -> int:
    return line.sectors(_numbered(line, _INDEX_FORM)[1])


def _refuse_disorder(groups: list[list[_Line]]) -> None:
    """Tracks count up by one; the first may have any number, as on the second disc of two."""
    tracks = [line for group in groups for line in group if line.command == "TRACK"]
    if not tracks:
        raise CueError(
            groups[0][0].number, "a TRACK in this FILE", "none", "write TRACK 01 AUDIO"
        )
    first, _ = _numbered(tracks[0], "TRACK nn AUDIO")
    for expected, line in enumerate(tracks, start=first):
        number, _ = _numbered(line, "TRACK nn AUDIO")
        if number != expected or not 1 <= number <= MAX_TRACKS:
            hint = "tracks count up by one, 01 to 99"
            raise CueError(line.number, f"TRACK {max(1, expected):02d}", f"{number:02d}", hint)


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
    """Return the remarks that are no CD-Text."""
    remarks = [line for line in lines if line.command == "REM"]
    return tuple(line.rest for line in remarks if not _is_text(_remark_line(line)))


def _remark_line(line: _Line) -> _Line:
    """Return a remark as if it were a command."""
    command, _, rest = line.rest.partition(" ")
    return _Line(line.number, command.upper(), rest.strip(" "))


def _is_text(line: _Line) -> bool:
    return line.command.lower() in _REMARK_FIELDS


def _gap(lines: list[_Line], command: str) -> int:
    return next((line.sectors(line.rest) for line in lines if line.command == command), 0)


def _numbered(line: _Line, form: str) -> tuple[int, str]:
    """Return the number and the word of ``TRACK 01 AUDIO`` or ``INDEX 01 00:00:00``."""
    match = _NUMBERED.fullmatch(line.rest)
    if match is None:
        found, hint = repr(f"{line.command} {line.rest}"), "numbers have two digits"
        raise CueError(line.number, form, found, hint)
    return int(match[1]), match[2]
