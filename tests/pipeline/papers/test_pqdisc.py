"""The PQ sheet of a disc: of one that is burned, and of one that lies in a DDP fileset."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from formats.cdtime import BYTES_PER_SECTOR, PREGAP_SECTORS
from formats.ddp.reader import disc_of, read_fileset
from formats.ddp.writer import write_fileset
from formats.disc import Disc, DiscIndex, DiscTrack, Genre, TextBlock, Texts
from pipeline.assemble.cd import CdLayout, StartOffset, lay_out_cd
from pipeline.assemble.timeline import Join, Take, lay_out
from pipeline.deliver.album import Rendered, RenderedTrack
from pipeline.deliver.disc import disc_of as disc_of_album
from pipeline.papers.heading import Heading
from pipeline.papers.labelcopy import CopyTrack
from pipeline.papers.pqdisc import offsets_of, pq_sheet
from pipeline.papers.pqsheet import PqIndex, PqSheet
from pipeline.papers.pqtext import pq_text
from pipeline.spec.model import AlbumInfo, Product, TrackSpec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEADING = Heading("Low Water", "The Ferrymen", deliverable="cd", revision=1, short_hash="ab12")
NAMES = [
    CopyTrack(1, "Tide", "The Ferrymen", "GBAAA2600002", 0),
    CopyTrack(2, "Undertow", "The Ferrymen", "", 0),
]
GHOST = CopyTrack(0, "Ghost", "The Ferrymen", "GBAAA2600099", 0)


def song(name: str, seconds: int, gap: int = 2) -> Take:
    return Take(name, 44_100, 0, seconds * 44_100, Join(Fraction(gap)))


def two_songs(first: int = 20, others: int = 5, *, with_ghost: bool = False) -> CdLayout:
    ghost = [song("ghost", 30)] if with_ghost else []
    return lay_out_cd(
        lay_out([*ghost, song("a", 10), song("b", 20)]),
        offset=StartOffset(first, others),
        end_silence_sectors=150,
        is_hidden_first=with_ghost,
    )


def rendered(names: Sequence[CopyTrack]) -> Rendered:
    """Return an album of tracks named so, hidden ones called ghost, then a and b."""
    ids = ["ghost", "a", "b"] if any(each.number == 0 for each in names) else ["a", "b"]
    tracks = []
    for track_id, name in zip(ids, sorted(names, key=lambda each: each.number), strict=True):
        spec = TrackSpec(title=name.title, artist=name.artist, isrc=name.isrc or None)
        spec._id = track_id
        tracks.append(RenderedTrack(spec, name.number, 0, 0, (), "", None))
    info = AlbumInfo(title="Low Water", artist="The Ferrymen")
    return Rendered(info, "Low Water", Product(), tuple(tracks), None)


def sheet_of(layout: CdLayout, *names: CopyTrack) -> PqSheet:
    disc = disc_of_album(rendered(names), layout)
    return pq_sheet(disc, names, heading=HEADING, offsets_sectors=offsets_of(layout))


def test_marks_are_shown_in_the_time_of_the_disc_of_the_program_and_of_the_track() -> None:
    lines = pq_text(sheet_of(two_songs(), *NAMES)).splitlines()
    start = lines.index("MARKS") + 1
    assert lines[start : start + 9] == [
        "TRK  IDX  DISC TIME  PROGRAM    IN TRACK   LENGTH    GAP       ISRC          "
        "FLAGS     TITLE     PERFORMER",
        "01   00   00:00:00   -00:02:00  -00:02:00  00:02:00  -         -             "
        "-         pause     -",
        "01   01   00:02:00    00:00:00   00:00:00  00:10:20  00:02:00  GBAAA2600002  "
        "-         Tide      The Ferrymen",
        "02   00   00:12:20    00:10:20  -00:01:70  00:01:70  -         -             "
        "-         pause     -",
        "02   01   00:14:15    00:12:15   00:00:00  00:22:05  00:01:70  -             "
        "-         Undertow  The Ferrymen",
        "AA   01   00:36:20    00:34:20          -  -         -         -             "
        "-         lead-out  -",
        "",
        "marked before the sound, in sectors: 01 by 20, 02 by 5",
        "times are mm:ss:ff, 75 sectors to the second; disc time begins with the pause before "
        "track 1, program time with the image, as cue sheets count",
    ]


def test_what_is_hidden_first_lies_in_the_pause_with_which_the_disc_begins() -> None:
    layout = two_songs(0, 0, with_ghost=True)
    sheet = sheet_of(layout, GHOST, *NAMES)
    assert sheet.tracks[0].indexes == (PqIndex(0, 0), PqIndex(1, 34 * 75))
    (ghost,) = sheet.hidden
    assert (ghost.track, ghost.title, ghost.start_sectors) == (1, "Ghost", PREGAP_SECTORS)
    assert ghost.start_sectors + ghost.n_sectors == sheet.tracks[0].start_sectors
    assert "in 01  00:02:00  00:32:00  GBAAA2600099  Ghost" in pq_text(sheet)


def test_lengths_of_all_marks_add_up_to_the_lead_out() -> None:
    sheet = sheet_of(two_songs(7, 3), *NAMES)
    lengths = [length for track in sheet.tracks for _, length in track.index_lengths()]
    assert sum(lengths) == sheet.lead_out_sectors


PRESSED = Disc(
    (
        DiscTrack(
            1,
            (DiscIndex(0, 0), DiscIndex(1, 150), DiscIndex(2, 500)),
            isrc="GBAAA2600002",
            has_pre_emphasis=True,
            is_copy_permitted=True,
        ),
        DiscTrack(2, (DiscIndex(0, 900), DiscIndex(1, 1_000)), scms=True),
    ),
    1_700,
    catalog="5012345678900",
    cd_text=(
        TextBlock(
            Texts("Low Water", "The Ferrymen"),
            (Texts("Tide", songwriter="Ada Quill"), Texts("Undertow")),
            genre=Genre(23, "Folk Rock"),
        ),
        TextBlock(Texts("Niedrigwasser"), (Texts("Flut"), Texts("Sog")), language=8),
    ),
)


def test_indexes_flags_and_texts_of_a_disc_are_all_on_its_sheet() -> None:
    sheet = pq_sheet(PRESSED, NAMES, heading=HEADING)
    first, second = sheet.tracks
    assert first.indexes == (PqIndex(0, 0), PqIndex(1, 150), PqIndex(2, 500))
    assert (first.end_sectors, second.end_sectors, sheet.lead_out_sectors) == (
        900,
        1_700,
        1_700,
    )
    assert (first.flags, second.flags) == (("PRE", "DCP"), ("SCMS",))
    assert (first.isrc, second.isrc) == ("GBAAA2600002", "")
    assert first.cd_text == {
        "title": "Tide", "songwriter": "Ada Quill", "title (German)": "Flut",
    }  # fmt: skip
    assert sheet.cd_text == {
        "title": "Low Water", "performer": "The Ferrymen", "genre": "Folk Rock",
        "title (German)": "Niedrigwasser",
    }  # fmt: skip


def test_a_fileset_that_is_read_back_has_the_sheet_it_was_written_with(tmp_path: Path) -> None:
    audio = [bytes(PRESSED.lead_out_sector * BYTES_PER_SECTOR)]
    write_fileset(tmp_path / "ddp", PRESSED, audio)
    found = disc_of(read_fileset(tmp_path / "ddp"))
    assert pq_sheet(found, NAMES, heading=HEADING) == pq_sheet(PRESSED, NAMES, heading=HEADING)
