"""Where tracks lie, and where they are cut."""

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assemble.timeline import Join, Take, Timeline, lay_out

GAP = Join(Fraction(2))
SEGUE = Join(Fraction(0))


def take(name: str, n_samples: int, join: Join = GAP, **more: object) -> Take:
    rate = int(str(more.pop("rate", 48_000)))
    return Take(name, rate, 0, n_samples, join, **more)  # type: ignore[arg-type]


def test_a_gap_counts_from_the_end_of_a_track_to_the_start_of_the_next() -> None:
    timeline = lay_out([take("a", 48_000), take("b", 48_000)])
    assert [segment.start_sectors for segment in timeline.segments] == [0, 225]
    assert timeline.spans[1].gap_before_s == 2


def test_a_gap_is_rounded_up_to_the_grid_and_the_heard_gap_is_told() -> None:
    timeline = lay_out([take("a", 48_001), take("b", 48_000)])
    assert timeline.segments[1].start_sectors == 226
    assert timeline.spans[1].gap_before_s == Fraction(226, 75) - Fraction(48_001, 48_000)


def test_a_segue_moves_no_audio_and_its_mark_is_rounded_down() -> None:
    timeline = lay_out([take("a", 48_639), take("b", 48_000, SEGUE)])
    (segment,) = timeline.segments
    assert [place.start_samples for _, place in segment.placements] == [0, 48_639]
    assert [cut.start_sectors for cut in segment.cuts] == [0, 75]


@pytest.mark.parametrize(("cut", "sectors"), [("start", 150), ("middle", 225), ("end", 300)])
def test_a_crossfades_index_01_is_where_the_spec_cuts(cut: str, sectors: int) -> None:
    join = Join(Fraction(0), Fraction(2), cut=cut)
    timeline = lay_out([take("a", 4 * 48_000), take("b", 5 * 48_000, join)])
    assert timeline.spans[1].start_sectors == sectors
    assert timeline.n_sectors == 7 * 75


def test_a_join_of_two_rates_makes_two_streams_that_meet() -> None:
    timeline = lay_out([take("a", 48_000), take("b", 44_100, SEGUE, rate=44_100)])
    first, second = timeline.segments[0].streams
    assert first.end_s == second.start_s == 1
    assert timeline.n_sectors == 150


def test_a_crossfade_between_two_rates_overlaps_in_time() -> None:
    join = Join(Fraction(0), Fraction(1, 2))
    timeline = lay_out([take("a", 96_000), take("b", 88_200, join, rate=44_100)])
    first, second = timeline.segments[0].streams
    assert second.start_s == Fraction(3, 2)
    assert first.placements[0].overlap_after_samples == 24_000
    assert second.placements[0].overlap_before_samples == 22_050


def test_a_crossfade_longer_than_a_track_is_refused_by_name() -> None:
    join = Join(Fraction(0), Fraction(3))
    with pytest.raises(ValueError, match=r"b: a crossfade of 3 s does not fit, a has 1\.000 s"):
        lay_out([take("a", 48_000), take("b", 480_000, join)])


def test_hidden_material_inside_a_track_gets_no_mark() -> None:
    hidden = take("ghost", 48_000, Join(Fraction(120)), is_marked=False)
    timeline = lay_out([take("a", 48_000), take("b", 48_000), hidden])
    assert [span.track for span in timeline.spans] == ["a", "b"]
    assert timeline.spans[1].pieces == (("b", 9_000), ("ghost", 0))
    assert timeline.spans[1].end_sectors == timeline.n_sectors


joins = st.one_of(
    st.just(SEGUE),
    st.builds(lambda ms: Join(Fraction(ms, 1000)), st.integers(1, 5000)),
    st.builds(lambda ms: Join(Fraction(0), Fraction(ms, 1000)), st.integers(1, 200)),
)
takes = st.lists(
    st.tuples(st.integers(44_100, 200_000), st.sampled_from([44_100, 48_000, 96_000]), joins),
    min_size=1,
    max_size=8,
)


@settings(deadline=None)
@given(takes)
def test_lengths_add_up_and_everything_lies_on_the_grid(
    rows: list[tuple[int, int, Join]],
) -> None:
    timeline = lay_out(
        [take(str(i), n, join, rate=rate) for i, (n, rate, join) in enumerate(rows)]
    )
    spans = timeline.spans
    assert sum(span.n_sectors for span in spans) == timeline.n_sectors
    assert spans[0].start_sectors == 0
    assert [a.end_sectors for a in spans[:-1]] == [b.start_sectors for b in spans[1:]]
    for segment in timeline.segments:
        assert sum(n for _, n in segment.cut_lengths()) == segment.n_sectors
        assert segment.n_sectors == ceil(segment.end_s * 75)
    _gaps_are_never_shortened(timeline, rows)


def _gaps_are_never_shortened(timeline: Timeline, rows: list[tuple[int, int, Join]]) -> None:
    for number, (span, (_, _, join)) in enumerate(zip(timeline.spans, rows, strict=True)):
        if number:
            assert join.gap <= span.gap_before_s < join.gap + Fraction(1, 75)
