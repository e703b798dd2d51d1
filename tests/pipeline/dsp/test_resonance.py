from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.equaliser import bell, equaliser
from pipeline.dsp.resonance import Tame, Tamer, frame_samples

RATE_HZ = 48_000
NOISE = np.random.default_rng(4).normal(0.0, 0.1, (8 * RATE_HZ, 2))
TAME = Tame(150.0, 16_000.0, 6.0, 0.5, 4.0, 20.0, 150.0)


def tamed(signal: Audio, tame: Tame = TAME, cuts: list[int] | None = None) -> Audio:
    tamer = Tamer(tame, sample_rate_hz=RATE_HZ)
    edges = [0, *sorted(cuts or []), len(signal)]
    parts = [tamer.process(signal[start:end]) for start, end in pairwise(edges)]
    out = np.concatenate((*parts, tamer.flush()))
    assert out.shape == signal.shape
    return out


def ringing(at_hz: float, gain_db: float = 18.0, q: float = 30.0) -> Audio:
    return equaliser([bell(at_hz, gain_db, q)], RATE_HZ).process(NOISE)


def change_db(before: Audio, after: Audio, low_hz: float, high_hz: float) -> float:
    """Return the change of a band's power in the second half."""
    half = slice(len(before) // 2, None)
    power = [np.abs(np.fft.rfft(each[half, 0])) ** 2 for each in (before, after)]
    frequency_hz = np.fft.rfftfreq(len(before) - len(before) // 2, 1 / RATE_HZ)
    inside = (frequency_hz >= low_hz) & (frequency_hz <= high_hz)
    return float(10 * np.log10(power[1][inside].sum() / power[0][inside].sum()))


def test_noise_in_which_nothing_sticks_out_keeps_every_bit() -> None:
    np.testing.assert_array_equal(tamed(NOISE), NOISE)


@pytest.mark.parametrize("at_hz", [300.0, 2_000.0, 9_000.0])
def test_a_resonance_is_held_back_and_its_neighbours_are_not(at_hz: float) -> None:
    rings = ringing(at_hz)
    out = tamed(rings)
    assert -4.0 <= change_db(rings, out, at_hz * 0.99, at_hz * 1.01) < -1.0
    assert abs(change_db(rings, out, at_hz * 0.5, at_hz * 0.8)) < 0.02
    assert abs(change_db(rings, out, at_hz * 1.25, min(at_hz * 2, 20_000))) < 0.02


@pytest.mark.parametrize(("low_hz", "high_hz"), [(2_500.0, 16_000.0), (150.0, 1_500.0)])
def test_outside_of_where_it_listens_every_bit_is_kept(low_hz: float, high_hz: float) -> None:
    rings = ringing(2_000.0)
    out = tamed(rings, Tame(low_hz, high_hz, 6.0, 0.5, 4.0, 20.0, 150.0))
    np.testing.assert_array_equal(out, rings)


@pytest.mark.parametrize("range_db", [1.0, 4.0, 9.0])
def test_no_line_loses_more_than_the_range(range_db: float) -> None:
    time_s = np.arange(len(NOISE)) / RATE_HZ
    whistle = NOISE * 0.1 + 0.3 * np.sin(2 * np.pi * 1000 * time_s)[:, None]
    out = tamed(whistle, Tame(150.0, 16_000.0, 6.0, 1.0, range_db, 20.0, 150.0))
    assert change_db(whistle, out, 999, 1001) == pytest.approx(-range_db, abs=0.01)


def test_depth_is_the_share_of_what_sticks_out_further() -> None:
    rings = ringing(2_000.0)
    settings = [Tame(150, 16_000, 6.0, depth, 12.0, 20.0, 150.0) for depth in (0.25, 0.5)]
    quarter, half = (change_db(rings, tamed(rings, each), 1_990, 2_010) for each in settings)
    assert half == pytest.approx(2 * quarter, rel=0.1)


def test_both_channels_are_held_back_alike() -> None:
    rings = np.column_stack((ringing(2_000.0)[:, 0], 0.1 * NOISE[:, 1]))
    out = tamed(rings)
    left = change_db(rings, out, 1_990, 2_010)
    right = change_db(rings[:, ::-1], out[:, ::-1], 1_990, 2_010)
    assert left < -1.0
    assert right == pytest.approx(left, abs=0.3)  # the mean of a gain, by another weight


def test_a_beat_is_neither_delayed_nor_smeared() -> None:
    """What nothing is taken from lies where it lay, sample for sample."""
    clicks = np.zeros((RATE_HZ, 2))
    clicks[[5_000, 20_000, 47_999]] = 0.5
    np.testing.assert_array_equal(tamed(clicks), clicks)


@pytest.mark.parametrize("n_samples", [0, 1, 1_023, 1_024, 4_096, 10_001])
def test_short_signals_come_back_whole(n_samples: int) -> None:
    np.testing.assert_array_equal(tamed(NOISE[:n_samples]), NOISE[:n_samples])


SHORT = ringing(2_000.0)[:30_000]


@given(st.lists(st.integers(0, len(SHORT)), max_size=6))
@settings(max_examples=15, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int]) -> None:
    whole = tamed(SHORT)
    assert np.abs(whole - SHORT).max() > 0.01
    np.testing.assert_array_equal(tamed(SHORT, cuts=cuts), whole)


@pytest.mark.parametrize(
    ("rate_hz", "n_samples"), [(44_100, 4096), (48_000, 4096), (96_000, 8192), (192_000, 16384)]
)
def test_a_frame_lasts_as_long_at_every_rate(rate_hz: int, n_samples: int) -> None:
    assert frame_samples(rate_hz) == n_samples
