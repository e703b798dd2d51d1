"""Reading DDP filesets of any program (DDP 1.01 and 2.00).

Only DDPID and DDPMS have fixed names; the map (DDPMS) tells the others. `read_fileset` takes
what is there apart into records, `disc_of` says what disc they describe, and `read_audio`
yields its sound. What merely contradicts itself is told by `formats.ddp.structure`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from formats.cdtext import decode_cdtext
from formats.cdtime import BYTES_PER_SECTOR, SECTORS_PER_S
from formats.ddp.image import BLOCK_BYTES, silence
from formats.ddp.records import (
    MAP,
    MAP_1,
    PQ,
    TEXT,
    Layout,
    Record,
    RecordFile,
    id_layout,
    split_records,
)
from formats.disc import Disc, DiscIndex, DiscTrack
from formats.errors import DecodeError, FormatError, UnsupportedError

LEAD_IN, LEAD_OUT = "00", "AA"
PRE_EMPHASIS, COPY_PERMITTED, DATA, FOUR_CHANNELS = 1, 2, 4, 8
"""Bits of the Q control nibble (IEC 60908), the first character of CB1."""

# No real file of records is longer: 99 tracks of 100 indexes, eight languages of CD-Text.
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Stream:
    """A packet of the map, and the file it names; `path` is None if the file is missing."""

    record: Record
    path: Path | None
    n_bytes: int

    @property
    def name(self) -> str:
        """Name of the file, as the map has it."""
        return self.record.text("DSI")

    @property
    def is_audio(self) -> bool:
        """Whether it is the sound of an audio disc."""
        return self.record.text("DST") == "D0" and self.record.text("CDM") == "DA"

    @property
    def is_pq(self) -> bool:
        """Whether it tells where tracks and indexes are."""
        return self._is_subcode("PQ DESCR")

    @property
    def is_cdtext(self) -> bool:
        """Whether it holds the CD-Text."""
        return self._is_subcode("CDTEXT")

    def _is_subcode(self, kind: str) -> bool:
        return self.record.text("DST") == "S0" and self.record.text("SUB") == kind


@dataclass(frozen=True, slots=True)
class Fileset:
    """The records of a fileset as they are.

    Parameters
    ----------
    folder : Path
        Where it lies.
    identity : RecordFile
        DDPID, one record.
    map : RecordFile
        DDPMS.
    streams : tuple of Stream
        The packets of the map, each with its file.
    pq : RecordFile
        Tracks and indexes.
    cdtext : bytes
        CDTEXT.BIN as it is; empty if there is none.
    cdtext_name : str
        Its name.
    texts : tuple of RecordFile
        Text streams, if any.
    """

    folder: Path
    identity: RecordFile
    map: RecordFile
    streams: tuple[Stream, ...]
    pq: RecordFile
    cdtext: bytes
    cdtext_name: str
    texts: tuple[RecordFile, ...] = ()

    @property
    def audio(self) -> Stream:
        """The image.

        Raises
        ------
        UnsupportedError
            If there is none or more than one, or it is no plain audio.
        """
        data = [each for each in self.streams if each.record.text("DST").startswith("D")]
        if len(data) != 1 or not data[0].is_audio:
            kinds = [f"{each.record.text('DST')} {each.record.text('CDM')}" for each in data]
            found = ", ".join(kinds) or "none"
            raise UnsupportedError(f"DDPMS has the data streams {found}; read is one D0 DA")
        return data[0]

    @property
    def first_sector(self) -> int:
        """Sector of the disc that the image begins with (DSS); 150 if it holds no pause.

        That the image shifts with it is the rule of two readers (XLD, ddpLib); no such fileset
        was seen.
        """
        return self.audio.record.number("DSS") or 0

    @property
    def n_sectors(self) -> int:
        """Sectors of the image: as the map says, or else as many as the file holds."""
        audio = self.audio
        length = audio.record.number("DSL")
        skipped = audio.record.number("OFS") or 0
        return (audio.n_bytes - skipped) // BYTES_PER_SECTOR if length is None else length


def read_fileset(folder: Path) -> Fileset:
    """Read the records of a fileset.

    Raises
    ------
    FormatError
        If the folder holds none, or a file of records is not made of records.
    UnsupportedError
        If there are two streams of one kind.
    """
    data = _read(_find(folder, "DDPID"), "DDPID")
    identity = split_records(data, id_layout(data), file="DDPID")
    if len(identity.records) != 1 or not data.startswith((b"DDP ", b"DDV ")):
        raise FormatError("DDPID must be one record of 128 bytes that begins with DDP")
    layout = MAP_1 if data.startswith(b"DDP 1") else MAP
    mapped = split_records(_read(_find(folder, "DDPMS"), "DDPMS"), layout, file="DDPMS")
    streams = tuple(_stream(folder, record) for record in mapped)
    pq = _only([each for each in streams if each.is_pq], "PQ DESCR")
    if pq is None:
        raise FormatError("DDPMS names no PQ DESCR: where tracks begin is not told")
    text = _only([each for each in streams if each.is_cdtext], "CDTEXT")
    undeclared = None if text else _find(folder, "CDTEXT.BIN")
    return Fileset(
        folder,
        identity,
        mapped,
        streams,
        _record_file(pq, PQ),
        _content(text) if text else _read(undeclared, "CDTEXT.BIN") if undeclared else b"",
        text.name if text else "CDTEXT.BIN" if undeclared else "",
        tuple(_record_file(each, TEXT) for each in streams if _is_text(each)),
    )


def disc_of(fileset: Fileset, *, with_text: bool = True) -> Disc:
    """Return the disc that a fileset describes.

    Parameters
    ----------
    fileset : Fileset
        As read.
    with_text : bool
        Whether to read the CD-Text too; without, a fileset can be read whose texts cannot.

    Raises
    ------
    FormatError
        If times or flags cannot be read, or an end is missing.
    UnsupportedError
        If it is no audio disc: data tracks, several images, a DVD.

    Notes
    -----
    Places may contradict one another in a `Disc`: `formats.disc.refuse_misfits` tells. A pause
    of no length, which real filesets have, is read as none.
    """
    identity = fileset.identity.records[0]
    if identity.text("TYPE") not in ("CD", ""):
        raise UnsupportedError(f"DDPID is of the type {identity.text('TYPE')!r}, read is CD")
    _ = fileset.audio  # a fileset without one is no audio disc
    by_track: dict[str, list[Record]] = {}
    for packet in fileset.pq:
        by_track.setdefault(packet.text("TRK").zfill(2), []).append(packet)
    if LEAD_OUT not in by_track:
        raise FormatError(
            f"{fileset.pq.name} has no lead-out (AA): where the disc ends is not told"
        )
    tracks = [
        _read_track(packets)
        for number, packets in by_track.items()
        if number not in (LEAD_IN, LEAD_OUT)
    ]
    if not tracks:
        raise FormatError(f"{fileset.pq.name} has no track")
    return Disc(
        (_with_pause(tracks[0]), *tracks[1:]),
        sector_of(by_track[LEAD_OUT][0]),
        _catalog(fileset),
        identity.text("MID"),
        decode_cdtext(fileset.cdtext) if with_text else (),
    )


def sector_of(packet: Record) -> int:
    """Return the place of a PQ packet in disc sectors.

    Raises
    ------
    RecordError
        If it is no time.
    """
    if packet.number("HRS"):
        raise packet.error("HRS", "blank or 00")
    parts = []
    for name, limit in (("MIN", 99), ("SEC", 59), ("FRM", SECTORS_PER_S - 1)):
        number = packet.number(name)
        if number is None or number > limit:
            raise packet.error(name, f"00 to {limit}")
        parts.append(number)
    minutes, seconds, rest = parts
    return (minutes * 60 + seconds) * SECTORS_PER_S + rest


def read_audio(fileset: Fileset, begin_sector: int, end_sector: int) -> Iterator[bytes]:
    """Yield 16-bit little-endian stereo between two places of the disc.

    What lies before an image that holds no pause is silence.

    Raises
    ------
    DecodeError
        If the image ends before.
    """
    first, audio = fileset.first_sector, fileset.audio
    if audio.path is None:
        raise FormatError(f"DDPMS names {audio.name!r}, which is not in the folder")
    silent = max(0, min(first, end_sector) - begin_sector)
    yield from silence(silent)
    at = (audio.record.number("OFS") or 0) + max(0, begin_sector - first) * BYTES_PER_SECTOR
    left = (end_sector - begin_sector - silent) * BYTES_PER_SECTOR
    with audio.path.open("rb") as image:
        image.seek(at)
        while left > 0:
            block = image.read(min(left, BLOCK_BYTES))
            if not block:
                raise DecodeError(image.tell(), f"{left} more bytes of audio", "the end")
            left -= len(block)
            yield block


def _read_track(packets: list[Record]) -> DiscTrack:
    head = packets[0]
    number = head.number("TRK")
    if number is None:
        raise head.error("TRK", "00, a track or AA")
    control, second = control_of(head)
    if control & (DATA | FOUR_CHANNELS):
        kind = "data" if control & DATA else "in four channels"
        raise UnsupportedError(f"track {number:02d} is {kind}; read is stereo audio")
    indexes = tuple(DiscIndex(_index_number(each), sector_of(each)) for each in packets)
    return DiscTrack(
        number,
        _without_empty_pause(indexes),
        next((text for each in packets if (text := each.text("ISRC"))), ""),
        has_pre_emphasis=bool(control & PRE_EMPHASIS),
        is_copy_permitted=bool(control & COPY_PERMITTED),
        scms=second == "S",
    )


def control_of(packet: Record) -> tuple[int, str]:
    """Return the Q control nibble of a packet, and ``1`` or ``S`` (SCMS).

    Raises
    ------
    RecordError
        If CB1 is something else.
    """
    text = packet.raw("CB1")
    if text[0] not in "0123456789ABCDEF" or text[1] not in "1S":
        raise packet.error("CB1", "a hexadecimal digit, then 1 or S")
    return int(text[0], 16), text[1]


def _index_number(packet: Record) -> int:
    number = packet.number("IDX")
    if number is None:
        raise packet.error("IDX", "00 to 99")
    return number


def _without_empty_pause(indexes: tuple[DiscIndex, ...]) -> tuple[DiscIndex, ...]:
    is_empty = len(indexes) > 1 and indexes[0].sector == indexes[1].sector
    return indexes[1:] if is_empty and indexes[0].number == 0 else indexes


def _with_pause(first: DiscTrack) -> DiscTrack:
    """Return the first track with the pause that every disc has before it."""
    if first.pause_sector is not None:
        return first
    return DiscTrack(
        first.number,
        (DiscIndex(0, 0), *first.indexes),
        first.isrc,
        first.has_pre_emphasis,
        first.is_copy_permitted,
        first.scms,
    )


def _catalog(fileset: Fileset) -> str:
    """Return what the disc will carry: PQ comes before DDPID, which may not reach the disc."""
    codes = [packet.text("UPC") for packet in fileset.pq]
    found = next(filter(None, codes), "") or fileset.identity.records[0].text("UPC")
    return found.zfill(13) if len(found) == 12 else found  # HOFA writes a UPC-A as it is


def _is_text(stream: Stream) -> bool:
    return stream.record.text("DST").startswith("T") and stream.path is not None


def _only(streams: list[Stream], kind: str) -> Stream | None:
    if len(streams) > 1:
        raise UnsupportedError(f"DDPMS names {len(streams)} streams {kind}; a CD has one")
    return streams[0] if streams else None


def _stream(folder: Path, record: Record) -> Stream:
    name = record.text("DSI")
    if not name or name in (".", "..") or set(name) & set("/\\:"):
        raise record.error("DSI", "the name of a file in the same folder")
    path = _find(folder, name)
    return Stream(record, path, path.stat().st_size if path else 0)


def _find(folder: Path, name: str) -> Path | None:
    """Return the file of that name; in capitals or not, as discs and archives leave it."""
    exact = folder / name
    if exact.is_file():
        return exact
    if not folder.is_dir():
        return None
    folded = name.casefold()
    found = sorted(each for each in folder.iterdir() if each.name.casefold() == folded)
    return next((each for each in found if each.is_file()), None)


def _record_file(stream: Stream, layout: Layout) -> RecordFile:
    return split_records(_content(stream), layout, file=stream.name)


def _content(stream: Stream) -> bytes:
    """Return the stream without what stands behind it in its file (DSL counts bytes here)."""
    data = _read(stream.path, stream.name)
    skipped = stream.record.number("OFS") or 0
    length = stream.record.number("DSL")
    return data[skipped:] if length is None else data[skipped : skipped + length]


def _read(path: Path | None, name: str) -> bytes:
    if path is None:
        raise FormatError(f"{name} is not in the folder")
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise FormatError(f"{name} is far too long for what it should hold")
    return data
