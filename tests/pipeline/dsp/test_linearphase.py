from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp.equaliser import (
    Curve,
    analogue_power,
    bell,
    high_pass,
    high_shelf,
    low_pass,
    low_shelf,
    notch,
    tilt,
)
from pipeline.dsp.linearphase import TooNarrowError, linear_phase

RATES_HZ = [44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
PROMISED_DB = 0.06
RECORDED_DB = 0.035  # the worst there is; more tells that something moved
FOLLOWED_DB = -20.0
EXTREMES: dict[str, tuple[Callable[..., Curve], list[tuple[float, ...]]]] = {
    "bell": (
        bell,
        [
            *[(30, 6, 1), (60, 6, 2), (100, -6, 4), (1000, 6, 8), (30, 24, 4), (30, -24, 4)],
            *[(1000, 24, 30), (20_000, -24, 0.1), (20_000, 24, 30), (10, 24, 30)],
        ],
    ),
    "high_shelf": (high_shelf, [(30, 24, 1.5), (20_000, 24, 1.5), (10, -24, 0.3)]),
    "low_shelf": (low_shelf, [(30, 24, 1.5), (40, -24, 1.5), (20_000, -24, 0.3)]),
    "tilt": (tilt, [(20, 12), (700, -12), (20_000, 12)]),
    "notch": (notch, [(50, 1), (1000, 10), (15_625, 40)]),
    "high_pass": (high_pass, [(10, 8), (30, 1), (30, 8), (1000, 8)]),
    "low_pass": (low_pass, [(200, 8), (1000, 1), (20_000, 8)]),
}


def response(curves: list[Curve], rate_hz: int) -> tuple[Any, Any]:
    """Return frequencies and the spectrum of what an impulse becomes, its middle at 0."""
    made = linear_phase(curves, rate_hz)
    reach = made.latency_samples
    impulse = np.zeros((2 * reach + 1, 2))
    impulse[reach] = 1.0
    out = np.concatenate((made.process(impulse), made.flush()))[reach:, 0]
    assert len(out) == 2 * reach + 1
    np.testing.assert_allclose(out, out[::-1], rtol=0, atol=1e-12)
    size = 1 << (8 * len(out)).bit_length()
    around_zero = np.concatenate((out[reach:], np.zeros(size - len(out)), out[:reach]))
    return np.fft.rfftfreq(size, 1 / rate_hz), np.fft.rfft(around_zero)


def worst_db(curves: list[Curve], rate_hz: int) -> float:
    frequency_hz, got = response(curves, rate_hz)
    wanted_db = 10 * np.log10(np.maximum(analogue_power(curves, frequency_hz), 1e-30))
    is_heard = (frequency_hz >= 30.0) & (frequency_hz <= 20_000.0) & (wanted_db > FOLLOWED_DB)
    assert np.abs(got.imag[is_heard]).max() < 1e-10
    return float(np.abs(20 * np.log10(got.real[is_heard]) - wanted_db[is_heard]).max())


@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
@pytest.mark.parametrize("shape", EXTREMES)
def test_every_shape_follows_its_analogue_curve_above_30_hz(shape: str, rate_hz: int) -> None:
    make, settings = EXTREMES[shape]
    worst = max((worst_db([make(*each)], rate_hz), each) for each in settings)
    assert worst[0] <= PROMISED_DB, worst
    assert worst[0] <= RECORDED_DB, worst


bands = st.one_of(
    st.builds(bell, st.floats(30.0, 20_000.0), st.floats(-12.0, 12.0), st.floats(0.1, 3.0)),
    st.builds(high_shelf, st.floats(30.0, 20_000.0), st.floats(-12, 12), st.floats(0.3, 1.5)),
    st.builds(low_shelf, st.floats(30.0, 20_000.0), st.floats(-12, 12), st.floats(0.3, 1.5)),
    st.builds(high_pass, st.floats(10.0, 100.0), st.integers(1, 8)),
)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@given(st.lists(bands, min_size=1, max_size=6))
@settings(max_examples=8, deadline=None)
def test_the_audio_takes_the_sum_of_all_curves(rate_hz: int, curves: list[Curve]) -> None:
    assert worst_db([*curves, tilt(1000.0, 0.5)], rate_hz) <= PROMISED_DB


def test_tone_is_no_longer_than_it_must_be() -> None:
    tone = [bell(320.0, -1.2, 0.9), high_shelf(8000.0, 2.0, 0.71)]
    assert linear_phase(tone, 48_000).latency_samples == 2400


def test_bands_without_gain_keep_every_bit() -> None:
    noise = np.random.default_rng(2).normal(0.0, 0.2, (2000, 2))
    flat = linear_phase([bell(320.0, 0.0, 0.9), tilt(700.0, 0.0)], 44_100)
    np.testing.assert_array_equal(np.concatenate((flat.process(noise), flat.flush())), noise)


def test_a_needle_in_the_bass_is_refused() -> None:
    with pytest.raises(TooNarrowError, match="so narrow that it would sound seconds ahead"):
        linear_phase([notch(50.0, 100.0)], 44_100)
