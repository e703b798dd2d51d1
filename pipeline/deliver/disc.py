"""An edition as the disc that its marks, codes and texts make, whoever writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from formats.cdtime import PREGAP_SECTORS
from formats.charsets import spell
from formats.disc import (
    MAX_MASTER_ID,
    Charset,
    Disc,
    DiscIndex,
    DiscTrack,
    TextBlock,
    Texts,
)
from formats.discid import disc_ids
from pipeline.assemble.cd import CdLayout, CdTrack
from pipeline.deliver.album import Rendered
from pipeline.spec.model import AlbumInfo, TrackSpec

JAPANESE = 0x69
"""Language code of CD-Text (EBU Tech 3264, appendix 3)."""


@dataclass(frozen=True, slots=True)
class DiscWords:
    """What the subcode of a disc says besides where tracks are: texts and copy flags."""

    cd_text: Literal["latin1", "ms_jis", "off"] = "latin1"
    copying: Literal["prohibited", "permitted", "once"] = "prohibited"


def disc_of(rendered: Rendered, layout: CdLayout, words: DiscWords | None = None) -> Disc:
    """Return the disc of an edition.

    Parameters
    ----------
    rendered : Rendered
        Its names and codes.
    layout : CdLayout
        Its marks, in sectors of an image that begins at sector 150 of the disc.
    words : DiscWords, optional
        What else it says.
    """
    words = words or DiscWords()
    specs = {each.spec.id: each.spec for each in rendered.tracks}
    songs = [specs[each.track] for each in layout.tracks]
    return Disc(
        tuple(
            DiscTrack(
                each.number,
                tuple(_indexes(each)),
                isrc=song.isrc or "",
                has_pre_emphasis=song.pre_emphasis == "yes",
                is_copy_permitted=words.copying == "permitted",
                scms=words.copying == "once",
            )
            for each, song in zip(layout.tracks, songs, strict=True)
        ),
        layout.n_sectors + PREGAP_SECTORS,
        catalog=rendered.product.upc or "",
        master_id=_master_id(rendered.product.catalog_number or ""),
        cd_text=tuple(_texts(rendered, songs, words)),
    )


def image_facts(disc: Disc) -> dict[str, str]:
    """Return what a manifest promises of the whole disc, beside its image."""
    facts = disc_ids(disc) | {"languages": str(len(disc.cd_text))}
    if disc.master_id:
        facts["master_id"] = disc.master_id
    if disc.cd_text:
        first = disc.cd_text[0].disc
        facts |= {"cd_title": first.title, "cd_performer": first.performer}
    return facts


def track_words(disc: Disc, number: int) -> dict[str, str]:
    """Return what a manifest promises that the subcode says of a track."""
    at = next((at for at, each in enumerate(disc.tracks) if each.number == number), None)
    if at is None:
        return {}
    track = disc.tracks[at]
    flags = [
        word
        for word, is_set in (
            ("PRE", track.has_pre_emphasis),
            ("DCP", track.is_copy_permitted),
            ("SCMS", track.scms),
        )
        if is_set
    ]
    said = disc.cd_text[0].tracks[at] if disc.cd_text else Texts()
    found = {
        "flags": " ".join(flags),
        "cd_title": said.title,
        "cd_performer": said.performer,
    }
    return {name: text for name, text in found.items() if text}


@dataclass(frozen=True, slots=True)
class Marks:
    """INDEX 00, INDEX 01, and 02 and up, in sectors of an image; None where there is none."""

    pause: int | None = None
    start: int | None = None
    inside: tuple[int, ...] = ()


def marks_of(layout: CdLayout, number: int, *, first_sector: int) -> Marks:
    """Return the marks of a track in an image.

    Parameters
    ----------
    layout : CdLayout
        The disc.
    number : int
        The track; 0 is hidden before the first, and has none.
    first_sector : int
        Sector of the disc that the image begins with: 0 or 150.
    """
    track = next((each for each in layout.tracks if each.number == number), None)
    if track is None:
        return Marks()
    moved = PREGAP_SECTORS - first_sector
    pause = None if track.pause_sectors is None else track.pause_sectors + moved
    if number == 1 and not first_sector:
        pause = 0
    inside = tuple(each + moved for each in track.index_sectors)
    return Marks(pause, track.start_sectors + moved, inside)


def _indexes(track: CdTrack) -> Iterator[DiscIndex]:
    """Yield the marks in disc sectors: every disc begins with the pause of track 1."""
    if track.number == 1:
        yield DiscIndex(0, 0)
    elif track.pause_sectors is not None:
        yield DiscIndex(0, track.pause_sectors + PREGAP_SECTORS)
    yield DiscIndex(1, track.start_sectors + PREGAP_SECTORS)
    for number, sector in enumerate(track.index_sectors, start=2):
        yield DiscIndex(number, sector + PREGAP_SECTORS)


def _texts(rendered: Rendered, songs: list[TrackSpec], words: DiscWords) -> Iterator[TextBlock]:
    """Yield the languages: Latin letters first, as many players show no other."""
    if words.cd_text == "off":
        return
    info, own = rendered.info, rendered.info.cd_text
    yield TextBlock(
        Texts(
            title=own.title or rendered.title,
            performer=own.performer or info.artist,
            code=rendered.product.upc or "",
        ),
        tuple(
            Texts(
                title=song.cd_text.title or song.title,
                performer=song.cd_text.performer or _performer(song, info),
                code=song.isrc or "",
            )
            for song in songs
        ),
    )
    if words.cd_text == "ms_jis":
        yield TextBlock(
            Texts(title=rendered.title, performer=info.artist),
            tuple(
                Texts(title=each.title, performer=each.artist or info.artist) for each in songs
            ),
            language=JAPANESE,
            charset=Charset.MS_JIS,
        )


def _performer(song: TrackSpec, info: AlbumInfo) -> str:
    """Return who is shown for a song: its own artist, or the album's as CD-Text has it."""
    if song.artist in (None, info.artist):
        return info.cd_text.performer or info.artist
    return song.artist


def _master_id(catalog_number: str) -> str:
    """Return a catalogue number as the plant's field for it can hold it."""
    return spell(catalog_number, Charset.ASCII).written.strip()[:MAX_MASTER_ID].strip()
