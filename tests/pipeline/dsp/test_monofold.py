from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.monofold import FoldMeter

RATE_HZ = 48_000
TIME_S = np.arange(8 * RATE_HZ) / RATE_HZ
AT_HZ = (150.0, 2_000.0)


def picture(mid_hz: float, side_hz: float, side_db: float) -> Audio:
    """Return a tone in the middle and one in the sides, which have so much of its level."""
    mid = 0.3 * np.sin(2 * np.pi * mid_hz * TIME_S)
    side = 0.3 * 10 ** (side_db / 20) * np.sin(2 * np.pi * side_hz * TIME_S)
    return np.column_stack((mid + side, mid - side))


def measured(signal: Audio, cuts: list[int] | None = None) -> list[float | None]:
    meter = FoldMeter(AT_HZ, sample_rate_hz=RATE_HZ)
    for start, end in pairwise([0, *sorted(cuts or []), len(signal)]):
        meter.update(signal[start:end])
    return meter.mid_over_sides_db()


@pytest.mark.parametrize("side_db", [-12.0, -3.0, 0.0, 4.5])
@pytest.mark.parametrize(("band", "hz"), [(0, 40.0), (1, 500.0), (2, 9_000.0)])
def test_it_is_the_level_of_the_middle_over_that_of_the_sides(
    band: int, hz: float, side_db: float
) -> None:
    assert measured(picture(hz, 1.1 * hz, side_db))[band] == pytest.approx(-side_db, abs=0.2)


def test_mono_and_what_is_only_in_the_sides_are_at_the_ends() -> None:
    mono = picture(500.0, 500.0, -300.0)
    assert measured(mono)[1] == 60.0
    assert measured(mono * [1.0, -1.0])[1] == -60.0


def test_a_band_in_which_nothing_sounds_is_left_out() -> None:
    assert measured(picture(60.0, 60.0, -6.0))[2] is None
    assert measured(np.zeros((RATE_HZ, 2))) == [None, None, None]


def test_what_lasts_for_less_than_a_twentieth_does_not_count() -> None:
    signal = picture(500.0, 550.0, -6.0)
    wide = picture(500.0, 550.0, 10.0)
    brief, longer = signal.copy(), signal.copy()
    brief[: round(0.35 * RATE_HZ)] = wide[: round(0.35 * RATE_HZ)]
    longer[: 2 * RATE_HZ] = wide[: 2 * RATE_HZ]
    assert measured(brief)[1] == pytest.approx(6.0, abs=0.3)
    assert measured(longer)[1] == pytest.approx(-10.0, abs=0.3)


NOISE = np.random.default_rng(8).normal(0.0, 0.1, (50_000, 2))


@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
@settings(max_examples=15, deadline=None)
def test_any_block_cut_gives_the_same_figures(cuts: list[int]) -> None:
    assert measured(NOISE, cuts) == measured(NOISE)
