"""A programme as tracks and indexes of an audio CD (IEC 60908).

Sectors of the image count from the first sector behind the obligatory pre-gap of track 1, as
cue sheets do: there the disc reads 00:02:00.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.assemble.timeline import Span, Timeline
from pipeline.errors import SourceError


@dataclass(frozen=True, slots=True)
class StartOffset:
    """How much earlier than its sound a track is marked, in sectors."""

    first_sectors: int = 0
    others_sectors: int = 0


@dataclass(frozen=True, slots=True)
class CdTrack:
    """One track on the disc; all places are sectors of the image.

    Parameters
    ----------
    number : int
        1 to 99.
    track : str
        Id of the track.
    pause_sectors : int or None
        INDEX 00, where the pause before the track begins; None if it has none.
    start_sectors : int
        INDEX 01.
    end_sectors : int
        Where the next track's pause or start begins, or the lead-out.
    offset_sectors : int
        How much earlier than its sound it is marked.
    index_sectors : tuple of int
        INDEX 02 and up.
    """

    number: int
    track: str
    pause_sectors: int | None
    start_sectors: int
    end_sectors: int
    offset_sectors: int
    index_sectors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CdLayout:
    """A disc: its tracks, and what its image is put together from.

    Parameters
    ----------
    tracks : tuple of CdTrack
        In order.
    lead_sectors : int
        Silence before the programme, made by the start offset of track 1.
    end_sectors : int
        Silence behind the programme.
    n_sectors : int
        Length of the image.
    """

    tracks: tuple[CdTrack, ...]
    lead_sectors: int
    end_sectors: int
    n_sectors: int


def lay_out_cd(
    timeline: Timeline,
    *,
    offset: StartOffset,
    end_silence_sectors: int,
    is_hidden_first: bool,
    indexes_samples: Mapping[str, Sequence[int]] | None = None,
    pauses_sectors: Mapping[str, int] | None = None,
) -> CdLayout:
    """Mark a programme for CD.

    Parameters
    ----------
    timeline : Timeline
        The programme as the CD has it.
    offset : StartOffset
        Moves marks only, never audio; it is zero at joins and ends where the silence does.
    end_silence_sectors : int
        Silence before the lead-out.
    is_hidden_first : bool
        Whether the first span is hidden in the pre-gap of track 1.
    indexes_samples : mapping of str to sequence of int, optional
        INDEX 02 and up by track, in samples of its mix; rounded down to sectors.
    pauses_sectors : mapping of str to int, optional
        How long before its start the pause of a track begins, where it is not its silence.

    Raises
    ------
    SourceError
        If an index does not lie inside its track, behind the one before; or a pause does not
        begin inside the track before.
    """
    spans = timeline.spans[1:] if is_hidden_first else timeline.spans
    lead = 0 if is_hidden_first else offset.first_sectors
    tracks: list[CdTrack] = []
    inside, pauses = indexes_samples or {}, pauses_sectors or {}
    for number, span in enumerate(spans, start=1):
        before = timeline.spans[timeline.spans.index(span) - 1] if span.start_sectors else None
        wanted = offset.first_sectors if number == 1 else offset.others_sectors
        silence = span.start_sectors - before.sound_end_sectors if before else lead
        moved = min(wanted, silence)
        start = lead + span.start_sectors - moved
        tracks.append(
            CdTrack(
                number,
                span.track,
                _pause(number, before, lead=lead, start=start)
                if span.track not in pauses
                else _early(span.track, start - pauses[span.track], tracks),
                start,
                lead + span.end_sectors,
                moved,
                _inside(
                    [
                        timeline.sector_of(span.track, sample)
                        for sample in inside.get(span.track, ())
                    ],
                    span,
                    lead=lead,
                ),
            )
        )
    end = lead + timeline.n_sectors + end_silence_sectors
    return CdLayout(_closed(tracks, end), lead, end_silence_sectors, end)


def _pause(number: int, before: Span | None, *, lead: int, start: int) -> int | None:
    if before is None:
        return None
    if number == 1:
        return 0  # hidden audio lies in the pre-gap, from its first sector on
    begin = lead + before.sound_end_sectors
    return begin if begin < start else None


def _early(track: str, pause: int, tracks: Sequence[CdTrack]) -> int:
    """Return a pause that begins in what sounds before it; behind all marks there."""
    last = tracks[-1] if tracks else None
    if last is None or pause <= max(last.start_sectors, *last.index_sectors, 0):
        raise SourceError(
            track,
            "its pause does not begin inside the track before it",
            "pause: … is how long before the track its INDEX 00 stands; track 1 takes none",
        )
    return pause


def _inside(sectors: list[int], span: Span, *, lead: int) -> tuple[int, ...]:
    """Return marks inside a track as sectors of the image."""
    places = [span.start_sectors, *sectors, span.end_sectors]
    for number, (before, after) in enumerate(pairwise(places), start=2):
        if after <= before:
            raise SourceError(
                span.track,
                f"INDEX {min(number, len(sectors) + 1):02d} does not lie inside the track, "
                "behind the mark before it and a sector of 1/75 s away from it",
                "times under indexes are times of the mix file, in rising order",
            )
    return tuple(lead + sector for sector in sectors)


def _closed(tracks: list[CdTrack], end: int) -> tuple[CdTrack, ...]:
    """Return the tracks, each ending where the next one's pause or start begins."""
    ends = [
        each.start_sectors if each.pause_sectors is None else each.pause_sectors
        for each in tracks[1:]
    ]
    return tuple(
        CdTrack(
            each.number,
            each.track,
            each.pause_sectors,
            each.start_sectors,
            last,
            each.offset_sectors,
            each.index_sectors,
        )
        for each, last in zip(tracks, [*ends, end], strict=True)
    )
