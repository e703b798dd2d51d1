"""An audio CD as values: tracks, indexes, flags, codes and texts (IEC 60908).

All places are *disc* sectors: sector 0, 00:00:00, is the first of the pause before track 1. A
cue sheet and a BIN file begin 150 sectors later (`formats.cdtime.disc_to_program_sectors`).

A `Disc` may be read from any file and may break any rule. `refuse_misfits` tells what no writer
may put on a disc; the rules of the Red Book that are only rules belong to a verifier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise

from formats.cdtime import LAST_SECTOR, MAX_INDEX, MAX_TRACKS, PREGAP_SECTORS, sectors_to_msf
from formats.errors import EncodeError

MAX_MASTER_ID = 48
"""Characters of a master id (MID, DDP 2.00)."""
MAX_TEXT_BLOCKS = 8
"""Languages of CD-Text: three bits count them."""
ENGLISH = 0x09

_CATALOG = re.compile(r"[0-9]{13}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_MASTER_ID = re.compile(rf"[!-~]([ -~]{{0,{MAX_MASTER_ID - 2}}}[!-~])?")


class Charset(IntEnum):
    """How the texts of a block are written, by the number that CD-Text has for it."""

    LATIN_1 = 0x00
    ASCII = 0x01
    MS_JIS = 0x80


@dataclass(frozen=True, slots=True)
class Texts:
    """What one language says of the disc or of a track; empty where it says nothing.

    `code` is the UPC/EAN of the disc or the ISRC of the track, as CD-Text repeats it.
    """

    title: str = ""
    performer: str = ""
    songwriter: str = ""
    composer: str = ""
    arranger: str = ""
    message: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Genre:
    """Number of a genre (0 and 1 say none) and the same, or something finer, in words."""

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class RawPack:
    """A pack whose content is not text: its type, track, character position and 12 bytes."""

    kind: int
    track: int
    payload: bytes
    position: int = 0


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One language of the CD-Text of a disc.

    Parameters
    ----------
    disc : Texts
        What is said of the whole disc.
    tracks : tuple of Texts
        What is said of each track of the disc, in order.
    language : int
        Code of EBU Tech 3264, appendix 3; 9 is English.
    charset : Charset
        How title to message are written.
    is_copyrighted : bool
        Whether the texts themselves are asserted to be protected.
    disc_id : str
        Catalogue number or the like, ASCII.
    genre : Genre or None
        What kind of music it is.
    closed : str
        Text that players do not show.
    raw : tuple of RawPack
        Packs of the types 0x88 to 0x8C as they are: tables of contents and reserved ones.
    """

    disc: Texts
    tracks: tuple[Texts, ...]
    language: int = ENGLISH
    charset: Charset = Charset.LATIN_1
    is_copyrighted: bool = False
    disc_id: str = ""
    genre: Genre | None = None
    closed: str = ""
    raw: tuple[RawPack, ...] = ()


@dataclass(frozen=True, slots=True)
class DiscIndex:
    """A point in a track: 0 is where its pause begins, 1 its music, 2 and up are inside."""

    number: int
    sector: int


@dataclass(frozen=True, slots=True)
class DiscTrack:
    """A track: its indexes in order, its code, and the control bits of its subcode.

    `isrc` has 12 characters or none. `has_pre_emphasis` tells that the audio was recorded with
    it, and changes nothing. `scms` says that this is a copy already: it excludes
    `is_copy_permitted`.
    """

    number: int
    indexes: tuple[DiscIndex, ...]
    isrc: str = ""
    has_pre_emphasis: bool = False
    is_copy_permitted: bool = False
    scms: bool = False

    @property
    def pause_sector(self) -> int | None:
        """Where its pause begins; None if it has none."""
        return next((each.sector for each in self.indexes if each.number == 0), None)

    @property
    def start_sector(self) -> int:
        """INDEX 01, where players land.

        Raises
        ------
        EncodeError
            If it has none.
        """
        for index in self.indexes:
            if index.number == 1:
                return index.sector
        raise EncodeError(
            f"track {self.number:02d}", "no INDEX 01", "must have one (IEC 60908)"
        )


@dataclass(frozen=True, slots=True)
class Disc:
    """A whole disc.

    Parameters
    ----------
    tracks : tuple of DiscTrack
        In order. The first begins with INDEX 00 at sector 0: on every disc, its pause is there.
    lead_out_sector : int
        Where the audio ends, which is also how many sectors of it there are.
    catalog : str
        EAN-13 of the disc (its MCN), or empty.
    master_id : str
        Catalogue number or the like for the plant, 48 ASCII characters at most; not on disc.
    cd_text : tuple of TextBlock
        Up to eight languages. Most players show the first alone.
    """

    tracks: tuple[DiscTrack, ...]
    lead_out_sector: int
    catalog: str = ""
    master_id: str = ""
    cd_text: tuple[TextBlock, ...] = field(default=())

    @property
    def first_track(self) -> int:
        """Number of the first track."""
        return self.tracks[0].number

    @property
    def last_track(self) -> int:
        """Number of the last track."""
        return self.tracks[-1].number


def refuse_misfits(disc: Disc) -> None:
    """Refuse what would corrupt a disc or could not be written on one.

    Raises
    ------
    EncodeError
        For the first thing found.

    Notes
    -----
    Not refused are short tracks, long discs, wrong check digits and the like: plants may, and
    a verifier tells.
    """
    numbers = [track.number for track in disc.tracks]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise EncodeError("TRACK", numbers, "must count up by one (IEC 60908)")
    if not 1 <= numbers[0] <= numbers[-1] <= MAX_TRACKS:
        raise EncodeError("TRACK", numbers, "must be 1 to 99 (IEC 60908)")
    for track in disc.tracks:
        _refuse_track(track)
    _refuse_order(disc)
    if disc.catalog and not _CATALOG.fullmatch(disc.catalog):
        raise EncodeError("catalog", disc.catalog, "must be 13 digits (GS1)")
    if disc.master_id and not _MASTER_ID.fullmatch(disc.master_id):
        allowed = f"must be ASCII, at most {MAX_MASTER_ID} characters, no space at its ends"
        raise EncodeError("master id", disc.master_id, allowed)
    _refuse_texts(disc)


def _refuse_track(track: DiscTrack) -> None:
    place = f"track {track.number:02d}"
    numbers = [index.number for index in track.indexes]
    first = min(numbers[0], 1) if numbers else 1
    if 1 not in numbers or numbers != list(range(first, first + len(numbers))):
        raise EncodeError(
            f"{place} INDEX", numbers, "must count up from 0 or 1, with a 1 (IEC 60908)"
        )
    if numbers[-1] > MAX_INDEX or numbers[0] < 0:
        raise EncodeError(f"{place} INDEX", numbers, "must be 0 to 99 (IEC 60908)")
    if track.isrc and not _ISRC.fullmatch(track.isrc):
        allowed = "must be 12 characters, no hyphens (ISO 3901)"
        raise EncodeError(f"{place} ISRC", track.isrc, allowed)
    if track.is_copy_permitted and track.scms:
        raise EncodeError(f"{place} flags", "DCP and SCMS", "must not hold both")


def _refuse_order(disc: Disc) -> None:
    """Refuse places that do not rise, or that a disc has no time for."""
    first = disc.tracks[0]
    if first.pause_sector != 0 or first.start_sector < PREGAP_SECTORS:
        raise EncodeError(
            f"track {first.number:02d} INDEX",
            [index.sector for index in first.indexes],
            "must begin with INDEX 00 at sector 0 and INDEX 01 at 150 or later (IEC 60908)",
        )
    if not 0 < disc.lead_out_sector <= LAST_SECTOR:
        allowed = "sectors must be at most 449999 (99:59:74): no disc has a time for more"
        raise EncodeError("lead-out", disc.lead_out_sector, allowed)
    places = [
        (f"track {track.number:02d} INDEX {index.number:02d}", index.sector)
        for track in disc.tracks
        for index in track.indexes
    ]
    for (_, before), (name, sector) in pairwise([*places, ("lead-out", disc.lead_out_sector)]):
        if sector <= before:
            found = sectors_to_msf(sector) if sector >= 0 else str(sector)
            raise EncodeError(name, found, f"must be later than {sectors_to_msf(before)}")


def _refuse_texts(disc: Disc) -> None:
    if len(disc.cd_text) > MAX_TEXT_BLOCKS:
        raise EncodeError("CD-Text", len(disc.cd_text), "languages must be at most 8 (MMC-3)")
    for block in disc.cd_text:
        if len(block.tracks) != len(disc.tracks):
            allowed = f"tracks must be {len(disc.tracks)}, as on the disc"
            raise EncodeError("CD-Text", len(block.tracks), allowed)
