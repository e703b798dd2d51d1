"""TOC files of cdrdao: the layout of a disc as text, with texts in several languages.

What is written is what cdrdao 1.2.4, libcdio, cuetools and whipper all read: one item per line,
``LANGUAGE_MAP`` on a single one with a number for the language. Three things are cdrdao's alone
and are written only where a sheet asks for them: raw little-endian audio (``SWAP``), a byte
offset into a file, and the number of the first track.

Time zero is 150 sectors into the disc, as in a cue sheet (`formats.cue`); the two seconds
before track 1 are implied. A track begins with its pause, and points inside it count from
INDEX 01. `formats.toc_disc` turns sheets into discs and back.

References
----------
cdrdao(1), version 1.2.4, "TOC FILES". ``SWAP`` and ``#`` are in no manual; cdrdao has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from formats.cdtime import MAX_INDEX, MAX_TRACKS, SAMPLES_PER_SECTOR, sectors_to_msf
from formats.charsets import decode_text
from formats.disc import Charset, TextBlock
from formats.errors import EncodeError, UnsupportedError
from formats.program import FilePiece, Piece, SilentPiece
from formats.toc_texts import Languages, blocks_of, disc_lines, read_cd_text, track_lines
from formats.toc_tokens import TocError, Token, Tokens

_CATALOG = re.compile(r"[0-9]{13}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_FILE_NAME = re.compile(r'[^"\\\x00-\x1f\x7f-\x9f\ud800-\udfff]+')


@dataclass(frozen=True, slots=True)
class TocTrack:
    """A track as the pieces of its audio, its pause first.

    Parameters
    ----------
    pieces : tuple of FilePiece or SilentPiece
        Its audio in order.
    pause_sectors : int
        How much of it is pause, INDEX 00; 0 if it has none.
    index_sectors : tuple of int
        INDEX 02 and up, counted from INDEX 01.
    isrc : str
        12 characters, or empty.
    is_copy_permitted, has_pre_emphasis : bool
        Control bits of the subcode.
    """

    pieces: tuple[Piece, ...]
    pause_sectors: int = 0
    index_sectors: tuple[int, ...] = ()
    isrc: str = ""
    is_copy_permitted: bool = False
    has_pre_emphasis: bool = False

    @property
    def n_samples(self) -> int | None:
        """Length with its pause; None if it goes to the end of a file."""
        lengths = [piece.n_samples for piece in self.pieces]
        known = [length for length in lengths if length is not None]
        return sum(known) if len(known) == len(lengths) else None


@dataclass(frozen=True, slots=True)
class TocSheet:
    """A whole TOC file of an audio disc.

    Parameters
    ----------
    tracks : tuple of TocTrack
        In order.
    catalog : str
        13 digits, or empty.
    cd_text : tuple of TextBlock
        Up to eight languages, each of which speaks of as many tracks as there are.
    first_track : int
        Number of the first track. Few programs take another than 1.
    """

    tracks: tuple[TocTrack, ...]
    catalog: str = ""
    cd_text: tuple[TextBlock, ...] = ()
    first_track: int = 1

    def encode(self) -> bytes:
        """Return the file: ASCII with LF, and names of files in UTF-8, as disks have them.

        Texts are Latin-1 or ASCII behind octal escapes, with stand-ins for what a set lacks
        (`formats.toc_disc.toc_losses` lists them).

        Raises
        ------
        EncodeError
            If the layout, an identifier, a name or a character set is not one that a TOC file
            can carry.
        """
        _refuse_misfits(self)
        return "".join(f"{line}\n" for line in _sheet_lines(self)).encode()

    @classmethod
    def decode(cls, data: bytes) -> TocSheet:
        """Read a TOC file of an audio disc, whoever wrote it.

        Texts are octal Latin-1, UTF-8, or in the character set that their language names.
        Records of CD-Text that programs make from the rest (``TOC_INFO``) are passed over.

        Raises
        ------
        TocError
            If something in it is not what it should be.
        UnsupportedError
            If it has data tracks, four channels, or a length that only a file can tell.
        """
        return _read_sheet(Tokens(data))


# --- Writing ---------------------------------------------------------------------------------


def _sheet_lines(sheet: TocSheet) -> Iterator[str]:
    yield "CD_DA"
    if sheet.catalog:
        yield f'CATALOG "{sheet.catalog}"'
    if sheet.first_track != 1:
        yield f"FIRST_TRACK_NO {sheet.first_track}"
    yield from disc_lines(sheet.cd_text)
    for position, track in enumerate(sheet.tracks):
        yield "TRACK AUDIO"
        yield "COPY" if track.is_copy_permitted else "NO COPY"
        yield "PRE_EMPHASIS" if track.has_pre_emphasis else "NO PRE_EMPHASIS"
        yield "TWO_CHANNEL_AUDIO"
        if track.isrc:
            yield f'ISRC "{track.isrc}"'
        yield from track_lines(sheet.cd_text, position)
        yield from map(_piece_line, track.pieces)
        if track.pause_sectors:
            yield f"START {sectors_to_msf(track.pause_sectors)}"
        yield from (f"INDEX {sectors_to_msf(sectors)}" for sectors in track.index_sectors)


def _piece_line(piece: Piece) -> str:
    if isinstance(piece, SilentPiece):
        return f"SILENCE {_length(piece.n_samples)}"
    words = [
        f'FILE "{piece.name}"',
        # cdrdao takes what is raw for big-endian.
        "" if piece.is_wav or piece.is_big_endian else "SWAP",
        f"#{piece.offset_bytes}" if piece.offset_bytes else "",
        _length(piece.start_samples),
        "" if piece.n_samples is None else _length(piece.n_samples),
    ]
    return " ".join(word for word in words if word)


def _length(samples: int) -> str:
    sectors, rest = divmod(samples, SAMPLES_PER_SECTOR)
    return str(samples) if rest else sectors_to_msf(sectors)


def _refuse_misfits(sheet: TocSheet) -> None:
    last = sheet.first_track + len(sheet.tracks) - 1
    if not 1 <= sheet.first_track <= last <= MAX_TRACKS:
        raise EncodeError("TRACK", (sheet.first_track, last), "must be 1 to 99 (IEC 60908)")
    if sheet.catalog and not _CATALOG.fullmatch(sheet.catalog):
        raise EncodeError("CATALOG", sheet.catalog, "must be 13 digits")
    for block in sheet.cd_text:
        if len(block.tracks) != len(sheet.tracks):
            allowed = f"tracks must be {len(sheet.tracks)}, as in the sheet"
            raise EncodeError("CD_TEXT", len(block.tracks), allowed)
    for number, track in enumerate(sheet.tracks, start=sheet.first_track):
        _refuse_track(track, f"track {number:02d}")


def _refuse_track(track: TocTrack, place: str) -> None:
    if track.isrc and not _ISRC.fullmatch(track.isrc):
        allowed = "must be 12 characters, no hyphens (ISO 3901)"
        raise EncodeError(f"{place} ISRC", track.isrc, allowed)
    if not track.pieces:
        raise EncodeError(place, "no audio", "must have a FILE or SILENCE")
    for piece in track.pieces:
        _refuse_piece(piece, place)
    marks = (0, *track.index_sectors)
    if len(marks) > MAX_INDEX or any(after <= before for before, after in pairwise(marks)):
        raise EncodeError(f"{place} INDEX", track.index_sectors, "must rise from 1, up to 98")
    if track.pause_sectors < 0 or _is_outside(track, track.pause_sectors + marks[-1]):
        raise EncodeError(f"{place} START and INDEX", marks, "must lie before the track's end")


def _refuse_piece(piece: Piece, place: str) -> None:
    if isinstance(piece, FilePiece):
        if not _FILE_NAME.fullmatch(piece.name):
            allowed = "must have no double quote, backslash or control"
            raise EncodeError(f"{place} FILE", piece.name, allowed)
        if piece.is_wav != _is_wav(piece.name):
            allowed = "must end in .wav if it is a WAV file, and only then: cdrdao goes by that"
            raise EncodeError(f"{place} FILE", piece.name, allowed)
        if piece.start_samples < 0 or piece.offset_bytes < 0:
            raise EncodeError(f"{place} FILE", piece.name, "must start at 0 or later")
    if piece.n_samples is not None and piece.n_samples <= 0:
        raise EncodeError(f"{place} length", piece.n_samples, "samples must be 1 or more")


def _is_outside(track: TocTrack, sectors: int) -> bool:
    length = track.n_samples
    return length is not None and sectors * SAMPLES_PER_SECTOR >= length


def _is_wav(name: str) -> bool:
    return name.lower().endswith(".wav")


# --- Reading ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Head:
    """What comes before the first track."""

    catalog: str = ""
    first_track: int = 1
    codes: dict[int, int] = field(default_factory=dict)
    languages: Languages = field(default_factory=dict)


@dataclass(slots=True)
class _Draft:
    """A track as far as it is read, and where its pause and its last point were told."""

    line: int
    track: TocTrack = TocTrack(())
    languages: Languages = field(default_factory=dict)
    start_line: int = 0
    index_line: int = 0

    def finished(self) -> TocTrack:
        """Return the track, whose points must lie in it."""
        expected, hint = "a place before the track's end", "FILE lines tell how long it is"
        pause = self.track.pause_sectors
        last = max(self.track.index_sectors, default=0)
        if _is_outside(self.track, pause):
            line, found = self.start_line or self.line, sectors_to_msf(pause)
            raise TocError(line, expected, found, hint)
        if _is_outside(self.track, pause + last):
            raise TocError(self.index_line, expected, sectors_to_msf(last), hint)
        return self.track


def _read_sheet(tokens: Tokens) -> TocSheet:
    head = _read_head(tokens)
    tracks: list[TocTrack] = []
    languages: list[Languages] = []
    while tokens.take_if("TRACK"):
        if head.first_track + len(tracks) > MAX_TRACKS:
            raise tokens.error("at most 99 tracks (IEC 60908)", "divide the programme")
        draft = _read_track(tokens)
        tracks.append(draft.finished())
        languages.append(draft.languages)
    if tokens.next.kind != "end" or not tracks:
        raise tokens.error("a TRACK", "a track begins with TRACK AUDIO")
    return TocSheet(
        tuple(tracks),
        head.catalog,
        blocks_of(head.codes, head.languages, languages),
        head.first_track,
    )


def _read_head(tokens: Tokens) -> _Head:
    head = _Head()
    while statement := tokens.take_if(
        "CD_DA", "CD_ROM", "CD_ROM_XA", "CD_I", "CATALOG", "FIRST_TRACK_NO", "CD_TEXT"
    ):
        match statement.text:
            case "CATALOG":
                head.catalog = _plain(tokens.string("CATALOG"))
            case "FIRST_TRACK_NO":
                head.first_track = max(1, tokens.number("a track number", most=MAX_TRACKS))
            case "CD_TEXT":
                head.codes, head.languages = read_cd_text(tokens)
            case _:
                pass  # tells of data tracks, which are refused where they come
    return head


def _read_track(tokens: Tokens) -> _Draft:
    draft = _Draft(tokens.next.line)
    if not tokens.take_if("AUDIO"):
        raise _unsupported(tokens.next, f"TRACK {tokens.next.shown}: read is TRACK AUDIO")
    while tokens.next.kind != "end" and tokens.next.text != "TRACK":
        _read_statement(tokens, draft)
    if not draft.track.pieces:
        hint = 'write FILE "name" start length'
        raise TocError(draft.line, "a FILE or SILENCE in this track", "none", hint)
    return draft


def _read_statement(tokens: Tokens, draft: _Draft) -> None:
    if flag := tokens.take_if("NO", "COPY", "PRE_EMPHASIS"):
        _read_flag(tokens, draft, flag)
    elif tokens.take_if("TWO_CHANNEL_AUDIO"):
        pass
    elif tokens.take_if("ISRC"):
        isrc = re.sub("[- ]", "", _plain(tokens.string("ISRC"))).upper()
        draft.track = replace(draft.track, isrc=isrc)
    elif tokens.take_if("CD_TEXT"):
        _, draft.languages = read_cd_text(tokens)
    elif tokens.take_if("FILE", "AUDIOFILE"):
        _add(draft, _read_file(tokens))
    elif silence := tokens.take_if("SILENCE", "ZERO"):
        # ZERO fills data tracks; in an audio track it says the same (cdrdao, TocParser).
        _add(draft, _read_silence(tokens, silence))
    elif pause := tokens.take_if("PREGAP", "START"):
        _read_pause(tokens, draft, pause)
    elif index := tokens.take_if("INDEX"):
        _read_index(tokens, draft, index)
    elif other := tokens.take_if(
        "FOUR_CHANNEL_AUDIO", "DATAFILE", "FIFO", "END", "RW", "RW_RAW"
    ):
        raise _unsupported(other, f"{other.text} is not read")
    else:
        raise tokens.error("a statement of a track", "as FILE, START, INDEX or ISRC")


def _add(draft: _Draft, piece: Piece) -> None:
    draft.track = replace(draft.track, pieces=(*draft.track.pieces, piece))


def _read_flag(tokens: Tokens, draft: _Draft, flag: Token) -> None:
    named = flag if flag.text != "NO" else tokens.take_if("COPY", "PRE_EMPHASIS")
    if named is None:
        raise tokens.error("COPY or PRE_EMPHASIS", "NO negates one of them")
    if named.text == "COPY":
        draft.track = replace(draft.track, is_copy_permitted=named is flag)
    else:
        draft.track = replace(draft.track, has_pre_emphasis=named is flag)


def _read_file(tokens: Tokens) -> FilePiece:
    name = _file_name(tokens.string("FILE"))
    is_wav = _is_wav(name)
    is_swapped = tokens.take_if("SWAP") is not None
    if is_swapped and is_wav:
        raise _unsupported(tokens.next, f'SWAP of the WAV file "{name}"')
    offset_bytes = tokens.number("a byte offset") if tokens.take_if("#") else 0
    start_samples = tokens.samples()
    has_length = tokens.next.kind in ("time", "number")
    n_samples = tokens.samples() if has_length else 0
    return FilePiece(
        name,
        start_samples,
        n_samples or None,  # cdrdao takes a length of 0 for the rest of the file
        is_wav=is_wav,
        is_big_endian=not (is_wav or is_swapped),
        offset_bytes=offset_bytes,
    )


def _file_name(name: bytes | str) -> str:
    if isinstance(name, bytes):
        # Octal or not, a name is the bytes that the disk has: UTF-8 nearly everywhere.
        try:
            return name.decode()
        except UnicodeDecodeError:
            return name.decode("latin-1")
    return name


def _read_silence(tokens: Tokens, silence: Token) -> SilentPiece:
    n_samples = tokens.samples()
    if not n_samples:
        raise TocError(silence.line, "a length over 0", "none", "leave the line out")
    return SilentPiece(n_samples)


def _read_pause(tokens: Tokens, draft: _Draft, pause: Token) -> None:
    if draft.start_line:
        expected = f"one pause, told in line {draft.start_line}"
        raise TocError(pause.line, expected, pause.text, "leave one of the two out")
    draft.start_line = pause.line
    pieces = draft.track.pieces
    if pause.text == "PREGAP":
        sectors = tokens.sectors()
        if not sectors:
            raise TocError(pause.line, "a length over 0", "none", "leave the line out")
        pieces = (SilentPiece(sectors * SAMPLES_PER_SECTOR), *pieces)
    elif tokens.next.kind == "time":
        sectors = tokens.sectors()
    else:
        so_far = draft.track.n_samples
        if so_far is None:
            raise _unsupported(pause, "START without a time, after a FILE without a length")
        sectors = -(-so_far // SAMPLES_PER_SECTOR)
    draft.track = replace(draft.track, pieces=pieces, pause_sectors=sectors)


def _read_index(tokens: Tokens, draft: _Draft, index: Token) -> None:
    place, before = tokens.sectors(), max(draft.track.index_sectors, default=0)
    if place <= before:
        found, hint = sectors_to_msf(place), "INDEX counts from INDEX 01 of its track"
        raise TocError(index.line, f"a time after {sectors_to_msf(before)}", found, hint)
    if len(draft.track.index_sectors) == MAX_INDEX - 1:
        raise TocError(index.line, "at most 98 points in a track", "one more", "leave it out")
    draft.track = replace(draft.track, index_sectors=(*draft.track.index_sectors, place))
    draft.index_line = index.line


def _plain(text: bytes | str) -> str:
    return text if isinstance(text, str) else decode_text(text, Charset.LATIN_1)


def _unsupported(token: Token, what: str) -> UnsupportedError:
    return UnsupportedError(f"line {token.line}: {what}")
