"""The PQ sheet of a disc, from the values that its image and its marks are written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import pairwise

from formats.cdtext import losses
from formats.cdtext_codes import LANGUAGES
from formats.cdtime import PREGAP_SECTORS
from formats.charsets import spell
from formats.disc import Disc, DiscTrack, Texts
from pipeline.assemble.cd import CdLayout
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


def text_notes(disc: Disc) -> list[str]:
    """Return a sentence for each text that is shown otherwise than it is written."""
    return [
        f"CD-TEXT shows {loss.written!r} for {loss.text!r} ({loss.field})"
        for block in disc.cd_text
        for loss in losses(block, first_track=disc.first_track)
    ]


def offsets_of(layout: CdLayout) -> dict[int, int]:
    """Return by how many sectors each track is marked before its sound, by its number."""
    return {each.number: each.offset_sectors for each in layout.tracks}


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
                shown = spell(text, block.charset).written
                said[field.name + suffix * (number > 0)] = shown
        if at is None and block.genre and block.genre.text:
            said["genre" + suffix * (number > 0)] = block.genre.text
    return said


def _in_first_pause(name: CopyTrack, first: DiscTrack) -> HiddenSong:
    n_sectors = first.start_sector - PREGAP_SECTORS
    return HiddenSong(1, name.title, name.artist, name.isrc, PREGAP_SECTORS, n_sectors)
