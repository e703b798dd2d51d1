"""What a render step depends on, and nothing else."""

import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pipeline.assemble.timeline import Fade, Join, Take, lay_out
from pipeline.render.score import Score, from_params, to_params

fades = st.none() | st.builds(Fade, st.integers(0, 50), st.integers(60, 90), st.just("cosine"))
takes = st.builds(
    lambda n, rate, ms, fade_in, fade_out, is_finished: Take(
        "",
        rate,
        5,
        5 + n,
        Join(Fraction(0), Fraction(ms, 1000)),
        fade_in,
        fade_out,
        is_finished=is_finished,
    ),
    st.integers(44_100, 90_000),
    st.sampled_from([44_100, 48_000]),
    st.integers(0, 400),
    fades,
    fades,
    st.booleans(),
)


def named(rows: list[Take]) -> list[Take]:
    return [
        Take(
            f"t{number}",
            each.sample_rate_hz,
            each.start_samples,
            each.end_samples,
            each.join,
            each.fade_in,
            each.fade_out,
            is_finished=each.is_finished,
        )
        for number, each in enumerate(rows)
    ]


@given(st.lists(takes, min_size=1, max_size=4))
def test_a_score_survives_json(rows: list[Take]) -> None:
    score = Score(lay_out(named(rows)).segments[0], 48_000)
    params = to_params(score)
    found = from_params(json.loads(json.dumps(params)))
    assert to_params(found) == params
    assert found.n_samples == score.n_samples
    assert list(found.segment.cut_lengths()) == list(score.segment.cut_lengths())
    assert found.segment.is_finished == score.segment.is_finished


def test_where_a_segment_lies_is_no_part_of_it() -> None:
    def second(n_samples: int) -> Score:
        first = Take("a", 48_000, 0, n_samples, Join(Fraction(0)))
        return Score(
            lay_out([first, Take("b", 48_000, 0, 48_000, Join(Fraction(2)))]).segments[1],
            48_000,
        )

    assert second(48_000) != second(96_000)
    assert to_params(second(48_000)) == to_params(second(96_000))


def test_a_gap_before_a_segment_is_no_part_of_it() -> None:
    def second(gap: int) -> Score:
        first = Take("a", 48_000, 0, 48_000, Join(Fraction(0)))
        return Score(
            lay_out([first, Take("b", 48_000, 0, 48_000, Join(Fraction(gap)))]).segments[1],
            48_000,
        )

    assert to_params(second(1)) == to_params(second(2))
