"""Every mark of a disc, as plants read it."""

from fractions import Fraction

from pipeline.assemble.cd import StartOffset, lay_out_cd
from pipeline.assemble.timeline import Join, Take, lay_out
from pipeline.papers.labelcopy import CopyTrack
from pipeline.papers.pqsheet import pq_sheet

NAMES = [
    CopyTrack(0, "Ghost", "The Ferrymen", "", 0),
    CopyTrack(1, "Tide", "The Ferrymen", "GBAAA2600002", 0),
    CopyTrack(2, "Undertow", "The Ferrymen", "", 0),
]
FACTS = {"album": "Low Water", "label": ""}


def song(name: str, seconds: int, gap: int = 2) -> Take:
    return Take(name, 44_100, 0, seconds * 44_100, Join(Fraction(gap)))


def test_marks_are_times_of_the_disc_which_begins_2_s_before_track_1() -> None:
    layout = lay_out_cd(
        lay_out([song("a", 10), song("b", 20)]),
        offset=StartOffset(20, 5),
        end_silence_sectors=150,
        is_hidden_first=False,
    )
    text = pq_sheet(layout, NAMES, facts=FACTS, revision="revision 1")
    assert text == (
        "PQ SHEET\n"
        "\n"
        "album  Low Water\n"
        "\n"
        "TRK IDX  START     LENGTH    ISRC          TITLE\n"
        "  0   0  00:00:00  00:02:00  -             pause before track 1\n"
        "  1   1  00:02:00  00:10:20  GBAAA2600002  Tide\n"
        "  2   0  00:12:20  00:01:70  -             pause\n"
        "  2   1  00:14:15  00:22:05  -             Undertow\n"
        " AA   1  00:36:20                          lead-out\n"
        "\n"
        "start offset: track 1 20, others up to 5 sectors\n"
        "times are mm:ss:ff, 75 sectors to the second\n"
        "revision 1\n"
    )


def test_what_is_hidden_first_lies_between_index_00_and_01_of_track_1() -> None:
    layout = lay_out_cd(
        lay_out([song("ghost", 30), song("a", 10), song("b", 20)]),
        offset=StartOffset(),
        end_silence_sectors=0,
        is_hidden_first=True,
    )
    lines = pq_sheet(layout, NAMES, facts=FACTS, revision="").splitlines()
    assert lines[6:8] == [
        "  1   0  00:02:00  00:32:00  -             pause",
        "  1   1  00:34:00  00:10:00  GBAAA2600002  Tide",
    ]


def test_lengths_of_all_marks_add_up_to_the_lead_out() -> None:
    layout = lay_out_cd(
        lay_out([song("a", 10, 1), song("b", 20, 3)]),
        offset=StartOffset(7, 3),
        end_silence_sectors=11,
        is_hidden_first=False,
    )
    lengths = [
        each.end_sectors
        - (each.pause_sectors if each.pause_sectors is not None else each.start_sectors)
        for each in layout.tracks
    ]
    assert sum(lengths) == layout.n_sectors
