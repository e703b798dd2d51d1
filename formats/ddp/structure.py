"""What in a fileset contradicts itself: DDPID, DDPMS, PQ, CD-Text, sizes and checksums.

A fileset says most things twice. These functions read both and return where they differ, or
where a field holds what no program was seen to write. They do not judge the record: a track
may be too short and the fileset sound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from formats.cdtext import decode_cdtext, decode_packs, size_record
from formats.cdtext_structure import contradictions
from formats.cdtime import BYTES_PER_SECTOR, PREGAP_SECTORS
from formats.ddp.checksums import find_checksums, wrong_sums
from formats.ddp.reader import (
    LEAD_IN,
    LEAD_OUT,
    Fileset,
    Stream,
    control_of,
    disc_of,
    read_audio,
    sector_of,
)
from formats.ddp.records import Record
from formats.disc import TextBlock, refuse_misfits
from formats.errors import FormatError

_LEVELS = ("DDP 1.00", "DDP 1.01", "DDP 2.00")  # 2.10 is for DVD
_ISRC = re.compile(r"[A-Z0-9]{5}[0-9]{7}")
_EAN = re.compile(r"[0-9]{12,13}")
_NO_ISRC = ("", "000000000000")
_PRINTABLE = re.compile(r"[ -~\0]*")
_NAME_FIELD_BYTES = 17
_PLAIN = "01"
# Fields that are blank or zero for an audio CD, by record; whoever fills them means more.
_UNUSED_ID = ("MSS", "MED", "NSIDE", "SIDE", "NLAYER", "LAYER", "PAD")
_UNUSED_MAP = (
    "DSP", "PRE1", "PST", "MED", "TRK", "IDX", "ISRC",
    "NEW", "PRE1NXT", "PAUSEADD", "OFS", "PAD",
)  # fmt: skip
_UNUSED_SUBCODE = ("DSS", "CDM", "SSM", "SCR", "PRE2")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two things that differ, or one that cannot be.

    Parameters
    ----------
    code : str
        What kind it is; does not change with the wording.
    where : str
        File, record and field.
    said : str
        What stands there and what should.
    """

    code: str
    where: str
    said: str


def disagreements(fileset: Fileset) -> tuple[Disagreement, ...]:
    """Return what in the records of a fileset contradicts something else in them.

    Sizes of files are compared too, their content is not: see `checksum_disagreements` and
    `pause_disagreements`.
    """
    found: list[Disagreement] = []
    for check in _CHECKS:
        try:
            found += check(fileset)
        except FormatError as error:
            found.append(Disagreement("unreadable", "", str(error)))
    return tuple(dict.fromkeys(found))


def checksum_disagreements(fileset: Fileset) -> tuple[Disagreement, ...]:
    """Return which files differ from the checksums beside them, and what these leave out.

    Every file is read whole.
    """
    lists = find_checksums(fileset.folder)
    found = [
        Disagreement("checksum/unread", each.name, "is in a form that is not read here")
        for each in lists
        if not each.sums
    ]
    for wrong in wrong_sums(fileset.folder, lists):
        has = f"has {wrong.found}" if wrong.found else "is not there"
        said = f"{has}, {wrong.list_name} says {wrong.promised}"
        found.append(Disagreement("checksum/wrong", wrong.file, said))
    listed = {re.split(r"[/\\]", name)[-1].casefold() for each in lists for name in each.sums}
    names = {"DDPID", "DDPMS", *(stream.name for stream in fileset.streams)}
    found += [
        Disagreement("checksum/missing", name, "is in no list of checksums")
        for name in sorted(names)
        if name.casefold() not in listed
    ]
    return tuple(found)


def pause_disagreements(fileset: Fileset) -> tuple[Disagreement, ...]:
    """Return whether the first two seconds sound: no player and no reader of a disc gets there.

    Raises
    ------
    FormatError
        If the image is missing or shorter than that.
    """
    if any(any(block) for block in read_audio(fileset, 0, PREGAP_SECTORS)):
        said = "is not silent in the first 150 sectors, which no player plays"
        return (Disagreement("image/pause", fileset.audio.name, said),)
    return ()


# --- DDPID -----------------------------------------------------------------------------------


def _identity(fileset: Fileset) -> Iterator[Disagreement]:
    record = fileset.identity.records[0]
    if record.raw("DDPID") not in _LEVELS:
        yield _off(record, "DDPID", f"must be one of {', '.join(_LEVELS)}")
    if "TYPE" in record.layout.by_name and record.text("TYPE") != "CD":
        yield _off(record, "TYPE", "must be CD")
    if record.text("BK") not in ("", "O"):  # O on an Enhanced CD of Sonoris
        yield _off(record, "BK", "must be blank")
    yield from _unused(record, _UNUSED_ID)
    if record.text("MSL"):
        record.number("MSL")  # a program that fills it writes the length of the map
    if not _PRINTABLE.fullmatch(record.raw("MID")):
        yield _off(record, "MID", "must be ASCII")
    if (record.number("SIZ") or 0) != len(record.text("TXT")):
        yield _off(record, "SIZ", f"must be the length of TXT, {len(record.text('TXT'))}")


def _catalog(fileset: Fileset) -> Iterator[Disagreement]:
    identity = fileset.identity.records[0]
    of_packets = [each for each in fileset.pq if each.text("UPC")]
    for record in (identity, *of_packets):
        if record.text("UPC") and not _EAN.fullmatch(record.text("UPC")):
            yield _off(record, "UPC", "must be 13 digits (or 12, HOFA)")
    codes = {each.text("UPC").zfill(13) for each in (identity, *of_packets) if each.text("UPC")}
    if len(codes) > 1:
        said = f"is told in several ways: {', '.join(sorted(codes))}"
        yield Disagreement("catalog/differs", "UPC", said)
    if codes and not of_packets:
        said = "stands in DDPID alone: the disc may come without it"
        yield Disagreement("catalog/not-in-pq", "UPC", said)


# --- DDPMS -----------------------------------------------------------------------------------


def _map(fileset: Fileset) -> Iterator[Disagreement]:
    for stream in fileset.streams:
        record = stream.record
        if record.text("MPV") != "VVVM":
            yield _off(record, "MPV", "must be VVVM")
        yield from _unused(record, _UNUSED_MAP)
        if record.number("SIZ") not in (None, _NAME_FIELD_BYTES):
            yield _off(record, "SIZ", "must be 17, the width of DSI")
        if stream.is_audio:
            yield from _audio_packet(record)
        elif stream.is_pq or stream.is_cdtext:
            yield from _unused(record, _UNUSED_SUBCODE)
        elif not record.text("DST").startswith("T"):
            yield _off(record, "SUB", "is a stream that no audio CD has")
    names = [stream.name.casefold() for stream in fileset.streams]
    for name in sorted({each for each in names if names.count(each) > 1}):
        yield Disagreement("map/same-file", name, "is named by two streams")
    if fileset.cdtext and not any(stream.is_cdtext for stream in fileset.streams):
        said = "is not in the map: readers may miss it"
        yield Disagreement("map/undeclared", fileset.cdtext_name, said)


def _audio_packet(record: Record) -> Iterator[Disagreement]:
    for name, allowed in (("SUB", ("",)), ("SSM", ("7", "0")), ("SCR", ("0", "1", ""))):
        if record.text(name) not in allowed:
            yield _off(record, name, f"must be {' or '.join(filter(None, allowed)) or 'blank'}")


def _sizes(fileset: Fileset) -> Iterator[Disagreement]:
    for stream in fileset.streams:
        if stream.path is None:
            yield Disagreement("file/missing", stream.name, "is not in the folder")
        elif fault := _wrong_size(stream):
            yield Disagreement("file/size", stream.name, fault)


def _wrong_size(stream: Stream) -> str:
    length = stream.record.number("DSL")
    if length is None:
        return ""
    unit = BYTES_PER_SECTOR if stream.is_audio else 1
    promised = length * unit + (stream.record.number("OFS") or 0)
    return "" if promised == stream.n_bytes else f"has {stream.n_bytes} bytes, not {promised}"


# --- PQ --------------------------------------------------------------------------------------


def _pq_fields(fileset: Fileset) -> Iterator[Disagreement]:
    for packet in fileset.pq:
        if packet.text("SPV") != "VVVS":
            yield _off(packet, "SPV", "must be VVVS")
        yield from _unused(packet, ("HRS", "CB2"))
        control_of(packet)
        if packet.text("ISRC") not in _NO_ISRC and not _ISRC.fullmatch(packet.raw("ISRC")):
            yield _off(packet, "ISRC", "must be 12 characters (ISO 3901)")
        if packet.text("ISRC") and _track_of(packet) in (LEAD_IN, LEAD_OUT):
            yield _off(packet, "ISRC", "must be blank outside of tracks")


def _pq_order(fileset: Fileset) -> Iterator[Disagreement]:
    packets = fileset.pq.records
    places = [(_track_of(each), each.text("IDX").zfill(2)) for each in packets]
    for packet, place, expected in zip(packets, places, _expected(places), strict=True):
        if place != expected:
            yield _off(packet, "TRK", f"and IDX must be {' and '.join(expected)}")
    if sum(track == LEAD_OUT for track, _ in places) > 2:
        yield Disagreement("pq/lead-out", fileset.pq.name, "has more than two lead-outs")
    if sector_of(packets[0]):
        yield _off(packets[0], "MIN", "must be the beginning of the disc, 00:00:00")
    for before, after in pairwise(packets):
        yield from _time_after(before, after)


def _expected(places: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield what track and index each packet should have, after the one before it."""
    yield (LEAD_IN, "00")
    for (track, index), (following, its_index) in pairwise(places):
        if LEAD_OUT in (track, following):
            yield (LEAD_OUT, "01")
        elif track == LEAD_IN:  # the first track has any number, and always a pause
            yield (following if following.isdecimal() else "01", "00")
        elif following == track:
            yield (track, f"{_int(index) + 1:02d}")
        else:
            yield (f"{_int(track) + 1:02d}", its_index if its_index in ("00", "01") else "01")


def _time_after(before: Record, after: Record) -> Iterator[Disagreement]:
    was, now = sector_of(before), sector_of(after)
    if _track_of(before) in (LEAD_IN, LEAD_OUT):
        if was != now:
            yield _off(after, "MIN", "must be the time of the packet before it")
    elif was == now and before.text("IDX").zfill(2) == "00":
        said = "is at the time of INDEX 00: a pause of no length, which real discs have"
        yield Disagreement("pq/empty-pause", _place(after, "MIN"), said)
    elif now <= was:
        yield _off(after, "MIN", "must be later than the packet before it")


def _pq_of_track(fileset: Fileset) -> Iterator[Disagreement]:
    """Yield packets that say something else of their track than its first one."""
    first: dict[str, Record] = {}
    isrcs: dict[str, str] = {}
    for packet in fileset.pq:
        track = _track_of(packet)
        if packet.raw("CB1") != first.setdefault(track, packet).raw("CB1"):
            yield _off(packet, "CB1", "must be the same on all packets of a track")
        isrc = packet.text("ISRC")
        if isrc and isrc != isrcs.setdefault(track, isrc):
            yield _off(packet, "ISRC", f"must be {isrcs[track]}, as on the packet before")


def _outside_tracks(fileset: Fileset) -> Iterator[Disagreement]:
    """Yield lead-in and lead-outs whose flags are neither plain nor those of their neighbour.

    Programs do either: cue2ddp writes 01, another copies the first and the last track.
    """
    packets = fileset.pq.records
    tracks = [each for each in packets if _track_of(each) not in (LEAD_IN, LEAD_OUT)]
    for packet in packets if tracks else ():
        neighbours = {LEAD_IN: tracks[0], LEAD_OUT: tracks[-1]}
        neighbour = neighbours.get(_track_of(packet), packet)
        if packet.raw("CB1") not in (_PLAIN, neighbour.raw("CB1")):
            yield _off(packet, "CB1", f"must be {_PLAIN}, or as on the track beside it")


def _ends(fileset: Fileset) -> Iterator[Disagreement]:
    disc = disc_of(fileset, with_text=False)
    end = fileset.first_sector + fileset.n_sectors
    if disc.lead_out_sector != end:
        said = f"is at sector {disc.lead_out_sector}, the image ends at {end} (DSS + DSL)"
        yield Disagreement("ends/lead-out", fileset.pq.name, said)
    record = fileset.audio.record
    pause = disc.tracks[0].start_sector - fileset.first_sector
    if record.number("PRE2") not in (None, pause):
        yield _off(record, "PRE2", f"must be {pause}: there the first track starts")
    refuse_misfits(disc)


# --- CD-Text ---------------------------------------------------------------------------------


def _text_packs(fileset: Fileset) -> Iterator[Disagreement]:
    for said in contradictions(decode_packs(fileset.cdtext)):
        yield Disagreement("text/packs", fileset.cdtext_name, said)


def _text_codes(fileset: Fileset) -> Iterator[Disagreement]:
    """Yield where the CD-Text names other tracks and other codes than PQ."""
    if not fileset.cdtext:
        return
    disc = disc_of(fileset, with_text=False)
    packs = decode_packs(fileset.cdtext)
    for number in sorted({pack.block for pack in packs}):
        size = size_record([pack for pack in packs if pack.block == number])
        if size and (size.first_track, size.last_track) != (disc.first_track, disc.last_track):
            said = f"has tracks {size.first_track} to {size.last_track} in block {number}"
            yield Disagreement("text/tracks", fileset.cdtext_name, said)
    for block in decode_cdtext(fileset.cdtext):
        yield from _codes_of(
            block, fileset, [disc.catalog, *(each.isrc for each in disc.tracks)]
        )


def _codes_of(block: TextBlock, fileset: Fileset, codes: list[str]) -> Iterator[Disagreement]:
    told = [block.disc.code, *(each.code for each in block.tracks)]
    for track, (code, text) in enumerate(zip(codes, told, strict=False)):
        spelled = text.replace("-", "").replace(" ", "")
        if track == 0 and len(spelled) == 12:
            spelled = spelled.zfill(13)
        if spelled not in _NO_ISRC and spelled != code:
            place = f"the code of the {'disc' if not track else f'track no. {track}'}"
            said = f"has {text!r} for {place}, PQ {code or 'none'}"
            yield Disagreement("text/code", fileset.cdtext_name, said)


_CHECKS: tuple[Callable[[Fileset], Iterator[Disagreement]], ...] = (
    _identity,
    _catalog,
    _map,
    _sizes,
    _pq_fields,
    _pq_order,
    _pq_of_track,
    _outside_tracks,
    _ends,
    _text_packs,
    _text_codes,
)


def _unused(record: Record, names: Sequence[str]) -> Iterator[Disagreement]:
    for name in names:
        if name in record.layout.by_name and record.text(name).strip("0"):
            yield _off(record, name, "must be blank or zero")


def _off(record: Record, name: str, allowed: str) -> Disagreement:
    said = f"{allowed}, not {record.raw(name)!r}"
    return Disagreement(
        f"{record.layout.name.lower()}/{name.lower()}", _place(record, name), said
    )


def _place(record: Record, name: str) -> str:
    number = record.offset // record.layout.n_bytes + 1
    return f"{record.file}[{number}] {name}"


def _track_of(packet: Record) -> str:
    return packet.text("TRK").zfill(2)


def _int(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdecimal() else 0
