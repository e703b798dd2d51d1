"""PQ sheet: every mark of a disc, as plants read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from formats.cdtime import PREGAP_SECTORS, sectors_to_msf
from pipeline.assemble.cd import CdLayout, CdTrack
from pipeline.papers.labelcopy import CopyTrack


def pq_sheet(
    layout: CdLayout,
    tracks: Sequence[CopyTrack],
    *,
    facts: Mapping[str, str],
    revision: str,
) -> str:
    """Return the PQ sheet as text; times are of the disc, which begins 2 s before track 1.

    Parameters
    ----------
    layout : CdLayout
        Marks of the disc.
    tracks : sequence of CopyTrack
        What the marked tracks are called, by number.
    facts : mapping of str to str
        Album, artist, catalogue number, UPC, in the order they are printed.
    revision : str
        Printed at the foot of the page.
    """
    return "\n".join(_lines(layout, tracks, facts, revision)) + "\n"


def _lines(
    layout: CdLayout, tracks: Sequence[CopyTrack], facts: Mapping[str, str], revision: str
) -> Iterator[str]:
    yield "PQ SHEET"
    yield ""
    width = max(len(name) for name in facts)
    for name, text in facts.items():
        if text:
            yield f"{name:<{width}}  {text}"
    yield ""
    names = {track.number: track for track in tracks}
    yield "TRK IDX  START     LENGTH    ISRC          TITLE"
    yield "  0   0  00:00:00  00:02:00  -             pause before track 1"
    for track in layout.tracks:
        yield from _marks(track, names[track.number])
    yield f" AA   1  {_disc(layout.n_sectors)}                          lead-out"
    yield ""
    if any(track.offset_sectors for track in layout.tracks):
        first, *others = (track.offset_sectors for track in layout.tracks)
        yield f"start offset: track 1 {first}, others up to {max(others, default=0)} sectors"
    yield "times are mm:ss:ff, 75 sectors to the second"
    yield revision


def _marks(track: CdTrack, name: CopyTrack) -> Iterator[str]:
    place = f"{track.number:3d}"
    if track.pause_sectors is not None:
        length = sectors_to_msf(track.start_sectors - track.pause_sectors)
        yield f"{place}   0  {_disc(track.pause_sectors)}  {length}  {'-':<12}  pause"
    length = sectors_to_msf(track.end_sectors - track.start_sectors)
    mark = f"{place}   1  {_disc(track.start_sectors)}  {length}"
    yield f"{mark}  {name.isrc or '-':<12}  {name.title}"


def _disc(sectors: int) -> str:
    return sectors_to_msf(sectors + PREGAP_SECTORS)
