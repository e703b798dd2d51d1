from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.fades import (
    EQUAL_GAIN,
    EQUAL_POWER,
    LEAST_CORRELATION,
    CorrelationMeter,
    Shape,
    correlate,
    crossfade_gains,
    crossing_gains,
    fade_gain,
    rising_gain,
)

SHAPES: list[Shape] = ["linear", "cosine", "exponential"]
NOISE = np.random.default_rng(6).normal(0.0, 0.2, (2, 20_000, 2))
LENGTH = 1001
PLACES = np.arange(-10, LENGTH + 10)
INSIDE = np.arange(LENGTH)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_fade_in_starts_at_true_zero_and_arrives_at_exactly_one(shape: Shape) -> None:
    gain = fade_gain(PLACES, LENGTH, shape=shape, direction="in")
    assert not gain[:11].any()
    assert (gain[10 + LENGTH :] == 1.0).all()
    assert (np.diff(gain[10:]) >= 0).all()
    assert (gain[11:] > 0).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("length", [1, 2, 10, LENGTH])
def test_a_fade_out_is_a_fade_in_backwards(length: int, shape: Shape) -> None:
    places = np.arange(length)
    out = fade_gain(places, length, shape=shape, direction="out")
    np.testing.assert_array_equal(
        out, fade_gain(places, length, shape=shape, direction="in")[::-1]
    )
    assert out[-1] == 0.0
    assert fade_gain(np.array([-1]), length, shape=shape, direction="out")[0] == 1.0


@pytest.mark.parametrize(
    ("shape", "part", "level_db"),
    [
        ("linear", 0.5, -6.0206),
        ("linear", 0.1, -20.0),
        ("cosine", 0.5, -6.0206),
        ("cosine", 0.25, -16.6864),
        ("exponential", 0.05, -60.0),
        ("exponential", 0.525, -30.0),
        ("exponential", 0.025, -66.0206),
    ],
)
def test_a_shape_has_its_level_at_a_part_of_the_fade(
    shape: Shape, part: float, level_db: float
) -> None:
    gain = fade_gain(np.array([round(part * 40_000)]), 40_000, shape=shape, direction="in")
    assert 20 * np.log10(gain[0]) == pytest.approx(level_db, abs=0.001)


def test_a_fade_of_no_length_is_a_switch() -> None:
    gain = fade_gain(np.array([-1, 0, 1]), 0, shape="linear", direction="in")
    assert gain.tolist() == [0.0, 1.0, 1.0]


def test_equal_power_keeps_the_sum_of_powers() -> None:
    outgoing, incoming = crossfade_gains(INSIDE, LENGTH, correlation=EQUAL_POWER)
    np.testing.assert_allclose(outgoing**2 + incoming**2, 1.0, rtol=0, atol=1e-15)
    assert 20 * np.log10(outgoing[LENGTH // 2]) == pytest.approx(-3.01, abs=0.01)


def test_equal_gain_keeps_the_sum_of_gains() -> None:
    outgoing, incoming = crossfade_gains(INSIDE, LENGTH, correlation=EQUAL_GAIN)
    np.testing.assert_allclose(outgoing + incoming, 1.0, rtol=0, atol=1e-15)


@given(st.floats(LEAST_CORRELATION, 1.0))
@settings(max_examples=50, deadline=None)
def test_any_correlation_keeps_the_power_of_the_sum(correlation: float) -> None:
    outgoing, incoming = crossfade_gains(INSIDE, LENGTH, correlation=correlation)
    power = outgoing**2 + incoming**2 + 2 * correlation * outgoing * incoming
    np.testing.assert_allclose(power, 1.0, rtol=0, atol=1e-12)


@pytest.mark.parametrize("correlation", [-1.0, 0.0, 0.4, 1.0, 2.0])
@pytest.mark.parametrize("length", [1, 2, LENGTH])
def test_a_crossfade_begins_and_ends_with_true_zeros(length: int, correlation: float) -> None:
    outgoing, incoming = crossfade_gains(
        np.arange(-5, length + 5), length, correlation=correlation
    )
    assert not incoming[:6].any()
    assert (outgoing[:6] == 1.0).all()
    assert not outgoing[5 + max(length - 1, 1) :].any()
    assert (incoming[5 + max(length - 1, 1) :] == 1.0).all()


def test_a_crossfade_never_lifts_by_more_than_it_may() -> None:
    outgoing, _ = crossfade_gains(INSIDE, LENGTH, correlation=-1.0)
    lift_db = 20 * np.log10(outgoing[LENGTH // 2] / np.cos(np.pi / 4))
    assert lift_db == pytest.approx(1.55, abs=0.01)


@given(st.integers(0, LENGTH), st.sampled_from(SHAPES))
@settings(max_examples=30, deadline=None)
def test_a_gain_depends_on_its_place_alone(cut: int, shape: Shape) -> None:
    whole_fade = fade_gain(INSIDE, LENGTH, shape=shape, direction="out")
    rest = fade_gain(INSIDE[cut:], LENGTH, shape=shape, direction="out")
    np.testing.assert_array_equal(rest, whole_fade[cut:])
    whole = crossfade_gains(INSIDE, LENGTH, correlation=0.3)
    later = crossfade_gains(INSIDE[cut:], LENGTH, correlation=0.3)
    for one, other in zip(whole, later, strict=True):
        np.testing.assert_array_equal(one[cut:], other)


def correlation(outgoing: Audio, incoming: Audio, cuts: list[int] | None = None) -> float:
    meter = CorrelationMeter(48_000)
    for start, end in pairwise([0, *sorted(cuts or []), len(outgoing)]):
        meter.update(outgoing[start:end], incoming[start:end])
    return meter.correlation


@pytest.mark.parametrize("wanted", [-1.0, -0.5, 0.0, 0.3, 0.8, 1.0])
def test_the_meter_finds_the_correlation_of_a_mixture(wanted: float) -> None:
    own = np.sqrt(1 - wanted**2)
    assert correlation(NOISE[0], wanted * NOISE[0] + own * NOISE[1]) == pytest.approx(
        wanted, abs=0.01
    )


def test_level_does_not_count_as_correlation() -> None:
    assert correlation(NOISE[0], 0.01 * NOISE[0]) == pytest.approx(1.0)


def test_loud_windows_count_for_more() -> None:
    loud_alike = np.concatenate((NOISE[0], 0.01 * NOISE[0]))
    quiet_apart = np.concatenate((NOISE[0], 0.01 * NOISE[1]))
    assert correlation(loud_alike, quiet_apart) > 0.99


def test_silence_has_no_correlation() -> None:
    assert correlation(NOISE[0], np.zeros_like(NOISE[0])) == 0.0
    assert CorrelationMeter(48_000).correlation == 0.0


@given(st.lists(st.integers(0, NOISE.shape[1]), max_size=6))
@settings(max_examples=25, deadline=None)
def test_any_block_cut_gives_the_same_correlation(cuts: list[int]) -> None:
    alike = NOISE[0] + 0.5 * NOISE[1]
    assert correlation(NOISE[0], alike, cuts) == correlation(NOISE[0], alike)


def test_the_plain_kernels_do_what_the_compiled_ones_do() -> None:
    places = np.arange(-3, 60)
    for shape in range(3):
        plain = rising_gain.py_func(places, 50, shape)
        np.testing.assert_allclose(plain, rising_gain(places, 50, shape), rtol=1e-14)
    for plain, compiled in zip(
        crossing_gains.py_func(places, 50, 0.3), crossing_gains(places, 50, 0.3), strict=True
    ):
        np.testing.assert_allclose(plain, compiled, rtol=1e-14)
    sums, plain_sums = np.zeros(5), np.zeros(5)
    correlate(NOISE[0, :100], NOISE[1, :100], sums, 0, 30)
    correlate.py_func(NOISE[0, :100], NOISE[1, :100], plain_sums, 0, 30)
    np.testing.assert_allclose(plain_sums, sums, rtol=1e-14)
