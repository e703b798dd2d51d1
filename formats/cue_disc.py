"""Discs as cue sheets, and back (`formats.cue`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from formats.cdtext import decode_cdtext
from formats.cdtime import (
    PREGAP_SECTORS,
    SAMPLES_PER_SECTOR,
    sectors_to_msf,
)
from formats.charsets import Loss
from formats.cue import (
    TEXT_FIELDS,
    CueFile,
    CueIndex,
    CueSheet,
    CueTrack,
    losses,
)
from formats.disc import (
    ENGLISH,
    Charset,
    Disc,
    DiscIndex,
    DiscTrack,
    TextBlock,
    Texts,
    refuse_misfits,
)
from formats.errors import FormatError, UnsupportedError
from formats.program import (
    FilePiece,
    Piece,
    Program,
    SilentPiece,
    file_samples,
    sheet_bytes,
    sheet_file,
)

_RAW_KINDS = ("BINARY", "MOTOROLA")


# --- Writing ---------------------------------------------------------------------------------


def cue_of_disc(
    disc: Disc, image_name: str, *, kind: str = "BINARY", cdtext_name: str = ""
) -> CueSheet:
    """Return the cue sheet of a disc whose sound is one file.

    Parameters
    ----------
    disc : Disc
        What a sheet cannot tell of it is left out: `cue_losses` lists it.
    image_name : str
        The file; it begins with sector 150 of the disc.
    kind : str
        BINARY for raw little-endian samples, WAVE for a WAV file.
    cdtext_name : str
        Name of a file with the disc's packs (`formats.cdtext.encode_cdtext`), if there is one.

    Raises
    ------
    EncodeError
        If the disc is none that can be written.
    """
    refuse_misfits(disc)
    block = disc.cd_text[0] if disc.cd_text else None
    tracks = tuple(
        _cue_track(track, block.tracks[at] if block else Texts())
        for at, track in enumerate(disc.tracks)
    )
    files = (CueFile(image_name, tracks, kind),)
    sheet = CueSheet(files, disc.catalog, cdtext_file=cdtext_name)
    return replace(sheet, **_fields(block.disc)) if block else sheet


def cue_losses(
    disc: Disc, *, charset: str = "latin-1", has_cdtext_file: bool = False
) -> tuple[Loss, ...]:
    """Return what a cue sheet does not tell of a disc, or tells otherwise, and how.

    Codes in the CD-Text are none if they are those of the tracks and the disc: a program that
    burns makes them from ``ISRC`` and ``CATALOG``.

    Parameters
    ----------
    disc : Disc
        What is written.
    charset : str
        Of the sheet.
    has_cdtext_file : bool
        Whether the CD-Text goes into a file of its own, which holds all of it.
    """
    return tuple(_losses(disc, charset, has_cdtext_file=has_cdtext_file))


def _cue_track(track: DiscTrack, texts: Texts) -> CueTrack:
    # The first two seconds are in no file, and a pause of just that length is not written.
    marks = [
        CueIndex(index.number, max(0, index.sector - PREGAP_SECTORS))
        for index in track.indexes
        if index.number or track.start_sector > PREGAP_SECTORS
    ]
    named = {
        "DCP": track.is_copy_permitted,
        "PRE": track.has_pre_emphasis,
        "SCMS": track.scms,
    }
    flags = tuple(name for name, is_set in named.items() if is_set)
    sheet_track = CueTrack(track.number, tuple(marks), isrc=track.isrc, flags=flags)
    return replace(sheet_track, **_fields(texts))


def _fields(texts: Texts) -> dict[str, Any]:
    return {name: getattr(texts, name) for name in TEXT_FIELDS}


def _losses(disc: Disc, charset: str, *, has_cdtext_file: bool) -> Iterator[Loss]:
    if disc.master_id:
        yield Loss("master id", disc.master_id, "")
    if has_cdtext_file or not disc.cd_text:
        return
    yield from losses(cue_of_disc(disc, "-"), charset)
    first = disc.cd_text[0]
    for number, block in enumerate(disc.cd_text[1:], start=2):
        yield Loss(f"language {number}", block.disc.title or f"code {block.language}", "")
    if first.language != ENGLISH:
        yield Loss("language code", str(first.language), str(ENGLISH))
    if first.charset is not Charset.LATIN_1:
        yield Loss("CD-Text charset", first.charset.name, Charset.LATIN_1.name)
    if first.is_copyrighted:
        yield Loss("copyright of the texts", "asserted", "")
    others = {
        "disc id": first.disc_id,
        "genre": f"{first.genre.code} {first.genre.text}".strip() if first.genre else "",
        "closed information": first.closed,
        "packs": ", ".join(sorted({f"{pack.kind:02x}" for pack in first.raw})),
    }
    yield from (Loss(name, text, "") for name, text in others.items() if text)
    codes = [("code", first.disc.code, disc.catalog)]
    codes += [
        (f"track {track.number:02d} code", texts.code, track.isrc)
        for track, texts in zip(disc.tracks, first.tracks, strict=True)
    ]
    yield from (Loss(name, code, own) for name, code, own in codes if code not in ("", own))


# --- Reading ---------------------------------------------------------------------------------


def read_cue(path: Path, *, charset: str | None = None) -> Program:
    """Return the disc of a cue sheet, and the pieces of its sound in the files beside it.

    Parameters
    ----------
    path : Path
        The sheet; its files are raw or WAV.
    charset : str or None
        Its encoding; guessed if None (`CueSheet.decode`).

    Raises
    ------
    FormatError
        If sheet, files and CD-Text do not go together.
    """
    sheet = CueSheet.decode(sheet_bytes(path), charset=charset)
    lengths = {
        file.name: file_samples(path.parent, _file_piece(file, 0, None)) for file in sheet.files
    }
    packs = None
    if sheet.cdtext_file:
        packs = sheet_bytes(sheet_file(path.parent, sheet.cdtext_file))
    return Program(
        disc_of_cue(sheet, lengths, cdtext=packs),
        program_of_cue(sheet, lengths),
    )


def disc_of_cue(
    sheet: CueSheet, lengths_samples: Mapping[str, int], *, cdtext: bytes | None = None
) -> Disc:
    """Return the disc that a cue sheet describes.

    Parameters
    ----------
    sheet : CueSheet
        As read.
    lengths_samples : mapping of str to int
        How many samples at 44.1 kHz each FILE holds, by its name.
    cdtext : bytes or None
        What its CDTEXTFILE holds; without, the texts of the sheet are one language, English.

    Raises
    ------
    FormatError
        If an index lies behind the end of its FILE, or a FILE before the last ends inside a
        sector.
    UnsupportedError
        If there are data tracks or four channels.

    Notes
    -----
    A pause of no length, which real sheets have, is read as none. Places may break other rules:
    `formats.disc.refuse_misfits` tells.
    """
    layout = _lay_out(sheet, lengths_samples)
    tracks = []
    for position, track in enumerate(sheet.tracks):
        if track.mode != "AUDIO" or "4CH" in track.flags:
            kind = track.mode if track.mode != "AUDIO" else "in four channels"
            raise UnsupportedError(f"track {track.number:02d} is {kind}; read is stereo audio")
        marks = layout.marks[position]
        if position == 0:
            marks[0] = 0  # on every disc the pause before the first track is there
        if marks.get(0) == marks[1]:
            del marks[0]
        tracks.append(
            DiscTrack(
                track.number,
                tuple(DiscIndex(*mark) for mark in sorted(marks.items())),
                track.isrc,
                has_pre_emphasis="PRE" in track.flags,
                is_copy_permitted="DCP" in track.flags,
                scms="SCMS" in track.flags,
            )
        )
    texts = _blocks(sheet) if cdtext is None else decode_cdtext(cdtext)
    return Disc(tuple(tracks), layout.sector, sheet.catalog, cd_text=texts)


def program_of_cue(sheet: CueSheet, lengths_samples: Mapping[str, int]) -> tuple[Piece, ...]:
    """Return the pieces of the sound from sector 150 of the disc on; raises as `disc_of_cue`.

    Raises
    ------
    UnsupportedError
        If a FILE is neither raw nor WAV, besides.
    """
    for file in sheet.files:
        if file.kind not in (*_RAW_KINDS, "WAVE"):
            raise UnsupportedError(
                f"FILE {file.name!r} is {file.kind}; read are BINARY, MOTOROLA and WAVE"
            )
    layout = _lay_out(sheet, lengths_samples)
    files = {file.name: file for file in sheet.files}
    pieces = [
        SilentPiece(each.n_samples)
        if not each.name
        else _file_piece(files[each.name], each.start_samples, each.n_samples)
        for each in layout.stretches
    ]
    return tuple(pieces)


def _file_piece(file: CueFile, start_samples: int, n_samples: int | None) -> FilePiece:
    return FilePiece(
        file.name,
        start_samples,
        n_samples,
        is_wav=file.kind not in _RAW_KINDS,
        is_big_endian=file.kind == "MOTOROLA",
    )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Part of a file, or silence if it has no name."""

    name: str
    start_samples: int
    n_samples: int


@dataclass(slots=True)
class _Layout:
    """A disc as far as it is laid out: up to `sector`, of tracks the sector of each index."""

    marks: list[dict[int, int]]
    sector: int = PREGAP_SECTORS
    stretches: list[_Stretch] = field(default_factory=list)

    def add(self, name: str, start_sectors: int, n_samples: int) -> None:
        """Lay out a stretch, and silence up to the end of its sector."""
        sectors = -(-n_samples // SAMPLES_PER_SECTOR)
        start = start_sectors * SAMPLES_PER_SECTOR
        filling = sectors * SAMPLES_PER_SECTOR - n_samples
        for each in (_Stretch(name, start, n_samples), _Stretch("", 0, filling)):
            last = self.stretches[-1] if self.stretches else _Stretch("", 0, 0)
            is_next = last.start_samples + last.n_samples == each.start_samples
            if each.name and each.name == last.name and is_next:
                n_samples = last.n_samples + each.n_samples
                self.stretches[-1] = _Stretch(name, last.start_samples, n_samples)
            elif each.n_samples:
                self.stretches.append(each)
        self.sector += sectors

    def add_silence(self, n_sectors: int) -> None:
        """Lay out silence that no file holds."""
        self.add("", 0, n_sectors * SAMPLES_PER_SECTOR)


@dataclass(frozen=True, slots=True)
class _Mark:
    """An index as a sheet has it: of which track, and where in a file."""

    position: int
    number: int
    sectors: int


def _lay_out(sheet: CueSheet, lengths_samples: Mapping[str, int]) -> _Layout:
    tracks = sheet.tracks
    layout = _Layout([{} for _ in tracks])
    for file, marks in zip(sheet.files, _marks(sheet), strict=True):
        n_samples = _length(file, lengths_samples, is_last=file is sheet.files[-1])
        reached = 0
        for mark in marks:
            track = tracks[mark.position]
            if mark.sectors * SAMPLES_PER_SECTOR >= n_samples:
                raise FormatError(
                    f"track {track.number:02d} INDEX {mark.number:02d} is at "
                    f"{sectors_to_msf(mark.sectors)}, where FILE {file.name!r} has ended"
                )
            layout.add(file.name, reached, (mark.sectors - reached) * SAMPLES_PER_SECTOR)
            reached = mark.sectors
            if not layout.marks[mark.position]:
                _open_track(layout, tracks, mark.position)
            layout.marks[mark.position][mark.number] = layout.sector
        layout.add(file.name, reached, n_samples - reached * SAMPLES_PER_SECTOR)
    layout.add_silence(tracks[-1].postgap_sectors)
    return layout


def _open_track(layout: _Layout, tracks: tuple[CueTrack, ...], position: int) -> None:
    """Lay out the silence behind the track before, and that before this one."""
    if position:
        layout.add_silence(tracks[position - 1].postgap_sectors)
    if tracks[position].pregap_sectors:
        layout.marks[position][0] = layout.sector
        layout.add_silence(tracks[position].pregap_sectors)


def _marks(sheet: CueSheet) -> Iterator[list[_Mark]]:
    """Yield the indexes that lie in each file, in order."""
    n_tracks = 0
    for file, after in zip(sheet.files, (*sheet.files[1:], None), strict=True):
        marks = [
            _Mark(position, index.number, index.sectors)
            for position, track in enumerate(file.tracks, start=n_tracks)
            for index in track.indexes
        ]
        n_tracks += len(file.tracks)
        early = after.tracks[0].early_pause_sectors if after and after.tracks else None
        yield marks if early is None else [*marks, _Mark(n_tracks, 0, early)]


def _length(file: CueFile, lengths_samples: Mapping[str, int], *, is_last: bool) -> int:
    if file.name not in lengths_samples:
        raise FormatError(f"FILE {file.name!r}: its length is not known")
    length = lengths_samples[file.name]
    if length % SAMPLES_PER_SECTOR and not is_last:
        raise FormatError(
            f"FILE {file.name!r} ends {length % SAMPLES_PER_SECTOR} samples into a sector of "
            "588; a FILE before the last must end with one"
        )
    return length


def _blocks(sheet: CueSheet) -> tuple[TextBlock, ...]:
    disc, tracks = _texts(sheet), tuple(map(_texts, sheet.tracks))
    has_text = any(each != Texts() for each in (disc, *tracks))
    return (TextBlock(disc, tracks),) if has_text else ()


def _texts(of: CueSheet | CueTrack) -> Texts:
    return Texts(**{name: getattr(of, name) for name in TEXT_FIELDS})
