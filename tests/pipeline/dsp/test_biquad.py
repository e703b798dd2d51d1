from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import sosfilt

from pipeline.dsp import Audio
from pipeline.dsp.biquad import (
    Biquad,
    Cascade,
    bell,
    butterworth_high_pass,
    high_shelf,
    low_shelf,
    run_cascade,
)

NOISE = np.random.default_rng(7).normal(0.0, 0.2, (6000, 2))
RATES_HZ = [44_100, 48_000, 96_000]
UP_TO_20_KHZ = np.geomspace(20.0, 20_000.0, 400)
Design = Callable[..., Biquad]


def analogue_bell(ratio: Audio, gain_db: float, q: float) -> Audio:
    root = 10.0 ** (abs(gain_db) / 40.0)
    s = 1j * ratio
    curve = (s * s + s * root / q + 1) / (s * s + s / (root * q) + 1)
    return np.asarray(np.sign(gain_db) * 20 * np.log10(np.abs(curve)))


def analogue_high_shelf(ratio: Audio, gain_db: float, q: float) -> Audio:
    a = 10.0 ** (gain_db / 40.0)
    s = 1j * ratio
    curve = a * (a * s * s + np.sqrt(a) / q * s + 1) / (s * s + np.sqrt(a) / q * s + a)
    return np.asarray(20 * np.log10(np.abs(curve)))


def analogue_low_shelf(ratio: Audio, gain_db: float, q: float) -> Audio:
    return analogue_high_shelf(1.0 / ratio, gain_db, q)


def error_db(section: Biquad, wanted_db: Audio, rate_hz: int) -> Audio:
    return np.abs(20 * np.log10(section.response(UP_TO_20_KHZ, rate_hz)) - wanted_db)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("at_hz", [30.0, 320.0, 2_500.0, 8_000.0, 10_000.0])
@pytest.mark.parametrize("gain_db", [3.0, 6.0, -6.0])
@pytest.mark.parametrize("q", [0.5, 1.0, 4.0])
def test_a_bell_follows_the_analogue_curve(
    at_hz: float, gain_db: float, q: float, rate_hz: int
) -> None:
    section = bell(at_hz, gain_db, q, sample_rate_hz=rate_hz)
    wanted = analogue_bell(UP_TO_20_KHZ / at_hz, gain_db, q)
    error = error_db(section, wanted, rate_hz)
    assert error[UP_TO_20_KHZ <= 10_000].max() <= 0.05
    assert error.max() <= 0.6


@pytest.mark.parametrize("gain_db", [6.0, -6.0])
def test_a_bell_of_the_highest_octave_stays_close(gain_db: float) -> None:
    section = bell(16_000.0, gain_db, 1.0, sample_rate_hz=44_100)
    wanted = analogue_bell(UP_TO_20_KHZ / 16_000.0, gain_db, 1.0)
    assert error_db(section, wanted, 44_100).max() <= 0.4


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("at_hz", [60.0, 1_000.0, 8_000.0, 12_000.0, 16_000.0])
@pytest.mark.parametrize("gain_db", [3.0, -6.0, 12.0, -12.0])
@pytest.mark.parametrize("q", [0.5, 0.71, 1.0])
@pytest.mark.parametrize(
    ("design", "analogue"),
    [(high_shelf, analogue_high_shelf), (low_shelf, analogue_low_shelf)],
)
def test_a_shelf_follows_the_analogue_curve(
    design: Design,
    analogue: Callable[[Audio, float, float], Audio],
    q: float,
    gain_db: float,
    at_hz: float,
    rate_hz: int,
) -> None:
    section = design(at_hz, gain_db, q, sample_rate_hz=rate_hz)
    error = error_db(section, analogue(UP_TO_20_KHZ / at_hz, gain_db, q), rate_hz)
    assert error[UP_TO_20_KHZ <= 10_000].max() <= 0.05
    assert error.max() <= 0.6


@pytest.mark.parametrize(("order", "slope_db"), [(1, 6.0), (2, 12.0), (3, 18.0), (4, 24.0)])
def test_a_high_pass_is_3_db_down_at_its_corner_and_falls_by_its_slope(
    order: int, slope_db: float
) -> None:
    sections = butterworth_high_pass(100.0, order, sample_rate_hz=48_000)
    levels = [np.prod([s.response(f, 48_000) for s in sections]) for f in (10, 5, 100, 5_000)]
    below, octave_below, corner, above = 20 * np.log10(levels)
    assert below - octave_below == pytest.approx(slope_db, abs=0.1)
    assert corner == pytest.approx(-3.01, abs=0.01)
    assert above == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("design", [bell, low_shelf, high_shelf])
def test_no_gain_is_a_wire(design: Design) -> None:
    assert design(1_000.0, 0.0, 0.7, sample_rate_hz=48_000).is_wire


@pytest.mark.parametrize("design", [bell, low_shelf, high_shelf])
def test_a_cut_undoes_its_boost(design: Design) -> None:
    boost = design(3_000.0, 6.0, 0.9, sample_rate_hz=48_000)
    cut = design(3_000.0, -6.0, 0.9, sample_rate_hz=48_000)
    left = Cascade([boost, cut]).process(NOISE) - NOISE
    assert 20 * np.log10(np.abs(left).max()) < -120


def test_a_corner_that_the_rate_cannot_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="20000 Hz is too high for a mix at 32000 Hz"):
        bell(20_000.0, 3.0, 1.0, sample_rate_hz=32_000)


SECTIONS = [
    *butterworth_high_pass(30.0, 3, sample_rate_hz=48_000),
    bell(320.0, -1.2, 0.9, sample_rate_hz=48_000),
    high_shelf(8_000.0, 2.0, 0.7, sample_rate_hz=48_000),
]


TAPS = (1.1, -0.2, 0.05, 0.01, -0.02, 0.003, 0.0, 0.001)


def test_taps_are_a_filter_before_the_sections() -> None:
    convolved = np.column_stack([np.convolve(each, TAPS)[: len(NOISE)] for each in NOISE.T])
    wanted = Cascade(SECTIONS).process(convolved)
    np.testing.assert_allclose(Cascade(SECTIONS, TAPS).process(NOISE), wanted, atol=1e-14)
    np.testing.assert_allclose(Cascade([], TAPS).process(NOISE), convolved, atol=1e-14)


def test_a_cascade_equals_an_independent_filter() -> None:
    sos = np.array([[s.b0, s.b1, s.b2, 1.0, s.a1, s.a2] for s in SECTIONS])
    wanted = sosfilt(sos, NOISE, axis=0)
    np.testing.assert_allclose(Cascade(SECTIONS).process(NOISE), wanted, rtol=0, atol=1e-11)


def test_a_fused_cascade_gives_the_bits_of_its_parts() -> None:
    one_by_one = NOISE
    for section in SECTIONS:
        one_by_one = Cascade([section]).process(one_by_one)
    np.testing.assert_array_equal(Cascade(SECTIONS).process(NOISE), one_by_one)


@given(st.lists(st.integers(0, len(NOISE)), max_size=8))
@settings(max_examples=25, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int]) -> None:
    cascade = Cascade(SECTIONS, TAPS)
    edges = [0, *sorted(cuts), len(NOISE)]
    parts = [cascade.process(NOISE[start:end]) for start, end in pairwise(edges)]
    whole = Cascade(SECTIONS, TAPS).process(NOISE)
    np.testing.assert_array_equal(np.concatenate([*parts, cascade.flush()]), whole)


def test_the_input_is_left_alone_and_wires_pass_it_on() -> None:
    before = NOISE.copy()
    Cascade(SECTIONS).process(NOISE)
    np.testing.assert_array_equal(NOISE, before)
    assert Cascade([Biquad()]).process(NOISE) is NOISE


def test_a_tail_ends_in_true_silence() -> None:
    cascade = Cascade(SECTIONS, TAPS)
    cascade.process(NOISE)
    cascade.process(np.zeros((200_000, 2)))
    assert not cascade.process(np.zeros((100, 2))).any()


def test_the_plain_kernel_does_what_the_compiled_one_does() -> None:
    row = SECTIONS[-1]
    sections = np.array([[row.b0, row.b1, row.b2, row.a1, row.a2]])
    out = NOISE[:300].copy()
    fir = np.array(TAPS), np.zeros((len(TAPS) + 300, 2))
    run_cascade.py_func(out, fir, sections, np.zeros((1, 4)), 0)
    compiled = Cascade([row], TAPS).process(NOISE[:300])
    np.testing.assert_allclose(out, compiled, rtol=0, atol=1e-15)
