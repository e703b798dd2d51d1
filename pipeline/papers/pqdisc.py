"""The PQ sheet of a disc, from the values that its image and its marks are written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import pairwise

from formats.cdtext_codes import LANGUAGES
from formats.cdtime import PREGAP_SECTORS
from formats.disc import Disc, DiscIndex, DiscTrack, TextBlock, Texts
from pipeline.assemble.cd import CdLayout, CdTrack
from pipeline.papers.heading import Heading
from pipeline.papers.labelcopy import CopyTrack
from pipeline.papers.pqsheet import HiddenSong, PqIndex, PqSheet, PqTrack


def pq_sheet(
    disc: Disc,
    names: Sequence[CopyTrack],
    *,
    heading: Heading,
    offsets_sectors: Mapping[int, int] | None = None,
    hidden: Sequence[HiddenSong] = (),
    disc_ids: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> PqSheet:
    """Return the PQ sheet of a disc, as far as it is known before a file is written.

    Parameters
    ----------
    disc : Disc
        What is written: marks, flags, codes and CD-TEXT.
    names : sequence of CopyTrack
        What the tracks are called on the record, by number; 0 is hidden in the pause of the
        first. CD-TEXT may have to spell it otherwise.
    heading : Heading
        Which record it is.
    offsets_sectors : mapping of int to int, optional
        How much earlier than its sound a track is marked, by its number.
    hidden : sequence of HiddenSong
        Songs inside tracks.
    disc_ids : mapping of str to str, optional
        Identities of the disc by the name of the database.
    notes : sequence of str
        Sentences for whoever reads it.
    """
    named = {each.number: each for each in names}
    offsets = offsets_sectors or {}
    first = disc.tracks[0]
    before = [_in_first_pause(named[0], first)] if 0 in named else []
    return PqSheet(
        heading=heading,
        tracks=tuple(
            _track(
                track, named[track.number], end, offsets.get(track.number, 0), _texts(disc, at)
            )
            for at, (track, end) in enumerate(zip(disc.tracks, _ends(disc), strict=True))
        ),
        lead_out_sectors=disc.lead_out_sector,
        hidden=(*before, *hidden),
        cd_text=_texts(disc),
        disc_ids=dict(disc_ids or {}),
        notes=tuple(notes),
    )


def burned_disc(
    layout: CdLayout, names: Sequence[CopyTrack], *, title: str, performer: str, upc: str
) -> Disc:
    """Return the disc that a burner makes of an image and a cue sheet.

    Parameters
    ----------
    layout : CdLayout
        Its marks, in sectors of the image.
    names : sequence of CopyTrack
        What its tracks are called, by number.
    title, performer, upc : str
        Of the disc; `upc` may be empty.
    """
    named = {each.number: each for each in names}
    songs = [named[each.number] for each in layout.tracks]
    return Disc(
        tuple(
            DiscTrack(each.number, tuple(_indexes(each)), isrc=song.isrc)
            for each, song in zip(layout.tracks, songs, strict=True)
        ),
        layout.n_sectors + PREGAP_SECTORS,
        catalog=upc,
        # What a burner writes into the lead-in when it follows the cue sheet.
        cd_text=(
            TextBlock(
                Texts(title=title, performer=performer),
                tuple(Texts(title=song.title, performer=song.artist) for song in songs),
            ),
        ),
    )


def offsets_of(layout: CdLayout) -> dict[int, int]:
    """Return by how many sectors each track is marked before its sound, by its number."""
    return {each.number: each.offset_sectors for each in layout.tracks}


def _indexes(track: CdTrack) -> Iterator[DiscIndex]:
    """Yield the marks in disc sectors: every disc begins with the pause of track 1."""
    if track.number == 1:
        yield DiscIndex(0, 0)
    elif track.pause_sectors is not None:
        yield DiscIndex(0, track.pause_sectors + PREGAP_SECTORS)
    yield DiscIndex(1, track.start_sectors + PREGAP_SECTORS)


def _ends(disc: Disc) -> Iterator[int]:
    """Yield where each track ends: where the next one's pause or start begins."""
    for _, after in pairwise(disc.tracks):
        yield after.indexes[0].sector
    yield disc.lead_out_sector


def _track(
    track: DiscTrack,
    name: CopyTrack,
    end_sectors: int,
    offset_sectors: int,
    cd_text: Mapping[str, str],
) -> PqTrack:
    return PqTrack(
        number=track.number,
        title=name.title,
        performer=name.artist,
        isrc=track.isrc,
        indexes=tuple(PqIndex(each.number, each.sector) for each in track.indexes),
        end_sectors=end_sectors,
        flags=tuple(_flags(track)),
        offset_sectors=offset_sectors,
        cd_text=cd_text,
    )


def _flags(track: DiscTrack) -> Iterator[str]:
    if track.has_pre_emphasis:
        yield "PRE"
    if track.is_copy_permitted:
        yield "DCP"
    if track.scms:
        yield "SCMS"


def _texts(disc: Disc, at: int | None = None) -> dict[str, str]:
    """Return what CD-TEXT says of a track, by its place, or of the disc; in all languages."""
    said = {}
    for number, block in enumerate(disc.cd_text):
        spoken = block.disc if at is None else block.tracks[at]
        # Most players show the first language alone, so that only others are named.
        suffix = f" ({LANGUAGES.get(block.language, f'{block.language:02X}h')})"
        for field in fields(Texts):
            if text := getattr(spoken, field.name):
                said[field.name + suffix * (number > 0)] = text
        if at is None and block.genre and block.genre.text:
            said["genre" + suffix * (number > 0)] = block.genre.text
    return said


def _in_first_pause(name: CopyTrack, first: DiscTrack) -> HiddenSong:
    n_sectors = first.start_sector - PREGAP_SECTORS
    return HiddenSong(1, name.title, name.artist, name.isrc, PREGAP_SECTORS, n_sectors)
