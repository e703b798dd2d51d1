"""Writing DDP 2.00 filesets for audio CDs.

Two dialects: `PLANT` is what most authoring programs write, `CUE2DDP` reproduces the files of
cue2ddp bit for bit. Equal discs and equal audio give equal bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from formats.atomic import sync_folder, write_atomically
from formats.cdtext import encode_cdtext
from formats.cdtime import BYTES_PER_SECTOR, SECTORS_PER_S
from formats.checksums import encode_checksums
from formats.ddp.checksums import CRC_NAME, MD5_NAME, encode_crc_list
from formats.ddp.records import ID_CD, MAP, PQ
from formats.disc import Disc, DiscTrack, refuse_misfits
from formats.errors import EncodeError

IMAGE_NAME = "IMAGE.DAT"
CDTEXT_NAME = "CDTEXT.BIN"

_FIXED_NAME_BYTES = 17
_ORDINARY = "01"  # CB1: no flag, ADR mode 1


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where programs differ in what they write.

    Parameters
    ----------
    name : str
        As users know it.
    pq_name : str
        Name of the PQ file.
    pads_with_zeros : bool
        Whether lengths are filled up with zeros rather than spaces.
    dss : str
        Start of the image on the disc: the first sector, or blank, which says the same.
    scr : str
        SCR of the image. Sonoris and HOFA write 0, cue2ddp 1; readers accept both.
    has_isrc_on_start : bool
        Whether a track with a pause has its ISRC on INDEX 01 too, as REAPER and Pyramix do.
        The author of the ddptools recommends both.
    has_crc : bool
        Whether a list of CRC-32 sums goes with it.
    """

    name: str
    pq_name: str
    pads_with_zeros: bool
    dss: str
    scr: str
    has_isrc_on_start: bool
    has_crc: bool

    def number(self, value: int, n_digits: int) -> str:
        """Return a number that stands right in its field."""
        return f"{value:0{n_digits}d}" if self.pads_with_zeros else f"{value:{n_digits}d}"


PLANT = Dialect("plant", "PQDESCR", True, "00000000", "0", True, False)
CUE2DDP = Dialect("cue2ddp", "SD", False, "", "1", False, True)
DIALECTS = {each.name: each for each in (PLANT, CUE2DDP)}


@dataclass(frozen=True, slots=True)
class Written:
    """File name to MD5, in the order of the list of checksums, which is not in it."""

    digests: Mapping[str, str]


def encode_records(
    disc: Disc, *, dialect: Dialect = PLANT, ends_text_with_zero: bool = False
) -> dict[str, bytes]:
    """Return file name to bytes of everything but the image and the checksums.

    Parameters
    ----------
    disc : Disc
        What to write.
    dialect : Dialect
        How.
    ends_text_with_zero : bool
        Put a zero byte behind the CD-Text, which Sonoris does. Some plants refuse it.

    Raises
    ------
    EncodeError
        If it would corrupt a disc, or does not fit.
    """
    refuse_misfits(disc)
    text = encode_cdtext(disc.cd_text, first_track=disc.first_track) if disc.cd_text else b""
    if text and ends_text_with_zero:
        text += b"\0"
    pq = b"".join(_pq_packets(disc, dialect))
    files = {
        "DDPID": ID_CD.encode(
            DDPID="DDP 2.00", UPC=disc.catalog, MID=disc.master_id, TYPE="CD"
        ),
        "DDPMS": _map(disc, dialect, n_text_bytes=len(text), n_pq_bytes=len(pq)),
    }
    if text:
        files[CDTEXT_NAME] = text
    return files | {dialect.pq_name: pq}


def write_fileset(
    folder: Path,
    disc: Disc,
    audio: Iterable[bytes],
    *,
    dialect: Dialect = PLANT,
    ends_text_with_zero: bool = False,
) -> Written:
    """Write a fileset with its checksums.

    Parameters
    ----------
    folder : Path
        Where to; made if it is not there.
    disc : Disc
        Tracks, flags, codes and texts.
    audio : iterable of bytes
        16-bit little-endian stereo at 44.1 kHz from sector 0 of the disc on, the pause before
        track 1 included (`formats.ddp.image.silence`). Less than a sector too little is filled
        up with silence.
    dialect, ends_text_with_zero
        As `encode_records`.

    Raises
    ------
    EncodeError
        If the disc cannot be written, the audio is longer or shorter than the disc, or the
        folder holds a fileset already.
    OSError
        If the disk refuses.

    Notes
    -----
    The image is written in one pass, with its sums computed on the way. All files have a
    temporary name until they are whole; the list of checksums comes last, so a folder without
    it was not finished.
    """
    files = encode_records(disc, dialect=dialect, ends_text_with_zero=ends_text_with_zero)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("DDPID", "DDPMS"):
        if (folder / name).exists():
            raise EncodeError("folder", str(folder), f"must not hold a {name} already")
    sums = _Sums(has_crc=dialect.has_crc)
    n_bytes = disc.lead_out_sector * BYTES_PER_SECTOR
    _write_image(folder / IMAGE_NAME, _exactly(n_bytes, audio), sums)
    for name, data in files.items():
        write_atomically(folder / name, data)
    digests = {name: _md5(data).hexdigest() for name, data in files.items()}
    digests[IMAGE_NAME] = sums.md5.hexdigest()
    if dialect.has_crc:
        crcs = {name: zlib.crc32(data) for name, data in files.items()}
        write_atomically(folder / CRC_NAME, encode_crc_list(crcs | {IMAGE_NAME: sums.crc32}))
    write_atomically(folder / MD5_NAME, encode_checksums(digests, "md5"))
    return Written(digests)


def _map(disc: Disc, dialect: Dialect, *, n_text_bytes: int, n_pq_bytes: int) -> bytes:
    """Return DDPMS: CD-Text, PQ and audio, in the order of Sonoris, HOFA and cue2ddp."""

    def packet(name: str, **values: str) -> bytes:
        assert len(name) <= _FIXED_NAME_BYTES
        return MAP.encode(MPV="VVVM", SIZ=dialect.number(17, 3), DSI=name, **values)

    packets = []
    if n_text_bytes:
        size = dialect.number(n_text_bytes, 8)
        packets.append(packet(CDTEXT_NAME, DST="S0", DSL=size, SUB="CDTEXT", TRK="00"))
    size = dialect.number(n_pq_bytes, 8)
    packets.append(packet(dialect.pq_name, DST="S0", DSL=size, SUB="PQ DESCR"))
    packets.append(
        packet(
            IMAGE_NAME,
            DST="D0",
            DSL=dialect.number(disc.lead_out_sector, 8),
            DSS=dialect.dss,
            CDM="DA",
            SSM="7",
            SCR=dialect.scr,
            PRE2=_pause_field(disc.tracks[0]),
        )
    )
    return b"".join(packets)


def _pause_field(first: DiscTrack) -> str:
    """Return PRE2, which even programs that use zeros elsewhere fill up with spaces."""
    sectors = first.start_sector
    if sectors > 9_999:
        # Four digits end at 2 min 13 s. What others write then was not seen; PQ says it anyway.
        return ""
    return f"{sectors:4d}"


def _pq_packets(disc: Disc, dialect: Dialect) -> Iterator[bytes]:
    yield PQ.encode(SPV="VVVS", TRK="00", IDX="00", **_time(0), CB1=_ORDINARY, UPC=disc.catalog)
    for track in disc.tracks:
        for at, index in enumerate(track.indexes):
            has_isrc = at == 0 or (dialect.has_isrc_on_start and index.number == 1)
            yield PQ.encode(
                SPV="VVVS",
                TRK=f"{track.number:02d}",
                IDX=f"{index.number:02d}",
                **_time(index.sector),
                CB1=_control(track),
                ISRC=track.isrc if has_isrc else "",
            )
    # Twice: so do cue2ddp, Sonoris and HOFA, and one reader counts on it.
    end = PQ.encode(
        SPV="VVVS", TRK="AA", IDX="01", **_time(disc.lead_out_sector), CB1=_ORDINARY
    )
    yield from (end, end)


def _time(sectors: int) -> dict[str, str]:
    seconds, rest = divmod(sectors, SECTORS_PER_S)
    return {"MIN": f"{seconds // 60:02d}", "SEC": f"{seconds % 60:02d}", "FRM": f"{rest:02d}"}


def _control(track: DiscTrack) -> str:
    """Return CB1: the Q control nibble in hexadecimal, then 1 or S for SCMS."""
    nibble = track.has_pre_emphasis + 2 * track.is_copy_permitted
    return f"{nibble:X}{'S' if track.scms else '1'}"


class _Sums:
    """Sums of what has passed: MD5 always, CRC-32 where it is asked for."""

    def __init__(self, *, has_crc: bool) -> None:
        self.has_crc, self.md5, self.crc32 = has_crc, _md5(b""), 0

    def add(self, block: bytes) -> None:
        self.md5.update(block)
        if self.has_crc:
            self.crc32 = zlib.crc32(block, self.crc32)


def _write_image(path: Path, blocks: Iterable[bytes], sums: _Sums) -> None:
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as out:
            for block in blocks:
                sums.add(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _exactly(n_bytes: int, audio: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks, and silence that fills up a last sector; refuse any other length."""
    left = n_bytes
    for block in audio:
        left -= len(block)
        if left < 0:
            raise _wrong_length("more", n_bytes)
        yield block
    if left >= BYTES_PER_SECTOR:
        raise _wrong_length(str((n_bytes - left) // BYTES_PER_SECTOR), n_bytes)
    yield bytes(left)


def _wrong_length(found: str, n_bytes: int) -> EncodeError:
    allowed = f"sectors must be {n_bytes // BYTES_PER_SECTOR}, up to the lead-out"
    return EncodeError("audio", found, allowed)


def _md5(data: bytes) -> hashlib._Hash:
    # It guards against accidents here, not attackers; FIPS machines ask to be told.
    return hashlib.md5(data, usedforsecurity=False)
