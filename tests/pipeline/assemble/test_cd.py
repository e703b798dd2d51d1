"""A programme on a disc."""

from fractions import Fraction

from pipeline.assemble.cd import CdLayout, StartOffset, lay_out_cd
from pipeline.assemble.timeline import Join, Take, lay_out

SECOND = 44_100


def disc(
    *takes: Take, first: int = 0, others: int = 0, end: int = 150, hidden: bool = False
) -> CdLayout:
    return lay_out_cd(
        lay_out(takes),
        offset=StartOffset(first, others),
        end_silence_sectors=end,
        is_hidden_first=hidden,
    )


def song(name: str, seconds: int, gap: Fraction | int = 2) -> Take:
    return Take(name, 44_100, 0, seconds * SECOND, Join(Fraction(gap)))


def test_the_pause_of_a_track_is_the_gap_before_it() -> None:
    layout = disc(song("a", 10), song("b", 10))
    assert [(t.pause_sectors, t.start_sectors, t.end_sectors) for t in layout.tracks] == [
        (None, 0, 750),
        (750, 900, 1800),
    ]
    assert layout.n_sectors == 1650 + 150


def test_start_offset_moves_cd_marks_only_and_makes_room_before_the_first() -> None:
    layout = disc(song("a", 10), song("b", 10), first=20, others=5)
    assert layout.lead_sectors == 20
    assert [track.start_sectors for track in layout.tracks] == [0, 915]
    assert [track.offset_sectors for track in layout.tracks] == [20, 5]


def test_start_offset_is_zero_at_joins() -> None:
    layout = disc(song("a", 10), song("b", 10, gap=0), others=5)
    assert (layout.tracks[1].pause_sectors, layout.tracks[1].start_sectors) == (None, 750)


def test_start_offset_is_limited_by_the_silence_there() -> None:
    layout = disc(song("a", 10), song("b", 10, gap=Fraction(2, 75)), others=5)
    assert (layout.tracks[1].pause_sectors, layout.tracks[1].start_sectors) == (None, 750)
    assert layout.tracks[1].offset_sectors == 2


def test_a_track_hidden_before_the_first_lies_in_its_pre_gap() -> None:
    layout = disc(song("ghost", 10), song("a", 10), song("b", 10), hidden=True)
    assert [(t.number, t.track) for t in layout.tracks] == [(1, "a"), (2, "b")]
    assert (layout.tracks[0].pause_sectors, layout.tracks[0].start_sectors) == (0, 900)
