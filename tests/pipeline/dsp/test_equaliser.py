from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, freqs

from pipeline.dsp import Audio
from pipeline.dsp.equaliser import (
    Curve,
    bell,
    correction,
    equaliser,
    high_pass,
    high_shelf,
    low_pass,
    low_shelf,
    notch,
    tilt,
)

RATES_HZ = [44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
PROMISED_DB = 0.1
RECORDED_DB = 0.035  # the worst there is; more tells that something moved
FOLLOWED_DB = -60.0
AT_HZ = (
    20,
    60,
    320,
    1_000,
    2_500,
    5_000,
    8_000,
    10_000,
    12_000,
    14_000,
    16_000,
    18_000,
    20_000,
)
GAINS_DB = (1.0, -3.0, 6.0, -12.0, 24.0, -24.0)

Case = tuple[Curve, "Wanted"]


class Wanted:
    """An analogue filter by its textbook formula: its level in dB at frequencies in Hz."""

    def __init__(self, shape: str, at_hz: float, gain_db: float = 0.0, q: float = 0.0) -> None:
        self.shape, self.at_hz, self.gain_db, self.q = shape, at_hz, gain_db, q

    def __repr__(self) -> str:
        return f"{self.shape} {self.at_hz:g} Hz {self.gain_db:g} dB q {self.q:g}"

    def level_db(self, frequency_hz: Audio) -> Audio:
        s = 1j * frequency_hz / self.at_hz
        a, q = 10.0 ** (self.gain_db / 40.0), self.q
        with np.errstate(divide="ignore"):
            match self.shape:
                case "bell":
                    h = (s**2 + s * a / q + 1) / (s**2 + s / a / q + 1)
                case "high_shelf":
                    h = a * (a * s**2 + a**0.5 / q * s + 1) / (s**2 + a**0.5 / q * s + a)
                case "low_shelf":
                    h = a * (s**2 + a**0.5 / q * s + a) / (a * s**2 + a**0.5 / q * s + 1)
                case "tilt":
                    h = (a**2 * s + 1) / (s + a**2)
                case "notch":
                    h = (s**2 + 1) / (s**2 + s / q + 1)
                case kind:
                    zpk = butter(round(q), 1.0, kind, analog=True)
                    h = freqs(*zpk, frequency_hz / self.at_hz)[1]
            return np.asarray(20 * np.log10(np.abs(h)))


def cases(shape: str) -> Iterator[Case]:
    orders = range(1, 9)
    match shape:
        case "bell":
            for at_hz, gain_db, q in product(
                AT_HZ, GAINS_DB, (0.1, 0.3, 0.71, 2.0, 10.0, 30.0)
            ):
                yield bell(at_hz, gain_db, q), Wanted(shape, at_hz, gain_db, q)
        case "high_shelf" | "low_shelf":
            design = high_shelf if shape == "high_shelf" else low_shelf
            for at_hz, gain_db, q in product(AT_HZ, GAINS_DB, (0.3, 0.71, 1.0, 1.5)):
                yield design(at_hz, gain_db, q), Wanted(shape, at_hz, gain_db, q)
        case "tilt":
            for at_hz, gain_db in product(AT_HZ, (0.5, -1.0, 3.0, -6.0, 12.0)):
                yield tilt(at_hz, gain_db), Wanted(shape, at_hz, gain_db)
        case "notch":
            for at_hz, q in product(AT_HZ, (0.3, 1.0, 5.0, 30.0, 100.0)):
                yield notch(at_hz, q), Wanted(shape, at_hz, q=q)
        case "high_pass":
            for at_hz, order in product((10, 25, 80, 320, 1_000), orders):
                yield high_pass(at_hz, order), Wanted("highpass", at_hz, q=order)
        case _:
            for at_hz, order in product((200, *AT_HZ[3:]), orders):
                yield low_pass(at_hz, order), Wanted("lowpass", at_hz, q=order)


def level_db(curves: list[Curve], rate_hz: int, frequency_hz: Audio) -> Audio:
    """Return the level of the digital filter, from its coefficients."""
    sections = [section for curve in curves for section in curve.design(rate_hz)]
    total = np.ones(len(frequency_hz))
    for section in sections:
        total *= section.response(frequency_hz, rate_hz)
    taps = np.array(correction(curves, sections, rate_hz) or (1.0,))
    turn = 2 * np.pi * np.outer(frequency_hz, np.arange(len(taps))) / rate_hz
    total *= np.abs(np.exp(-1j * turn) @ taps)
    return np.asarray(20 * np.log10(np.maximum(total, 1e-30)))


def listened_hz(at_hz: float) -> Audio:
    """Return frequencies from 20 Hz to 20 kHz, closer together around a band."""
    near = at_hz * np.linspace(0.8, 1.25, 121)
    together = np.concatenate((np.geomspace(20.0, 20_000.0, 300), near))
    return np.unique(together[(together >= 20.0) & (together <= 20_000.0)])


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(
    "shape", ["bell", "high_shelf", "low_shelf", "tilt", "notch", "high_pass", "low_pass"]
)
def test_every_shape_follows_its_analogue_curve_to_20_khz(shape: str, rate_hz: int) -> None:
    worst = (0.0, "")
    for curve, wanted in cases(shape):
        frequency_hz = listened_hz(wanted.at_hz)
        wanted_db = wanted.level_db(frequency_hz)
        error_db = np.abs(level_db([curve], rate_hz, frequency_hz) - wanted_db)
        worst = max(
            worst, (float(error_db[wanted_db > FOLLOWED_DB].max(initial=0)), f"{wanted}")
        )
    assert worst[0] <= PROMISED_DB, worst
    assert worst[0] <= RECORDED_DB, worst


bands = st.one_of(
    st.builds(
        lambda at_hz, gain_db, q: (bell(at_hz, gain_db, q), Wanted("bell", at_hz, gain_db, q)),
        st.floats(100.0, 20_000.0),
        st.floats(-12.0, 12.0),
        st.floats(0.1, 10.0),
    ),
    st.builds(
        lambda at_hz, gain_db, q: (
            high_shelf(at_hz, gain_db, q),
            Wanted("high_shelf", at_hz, gain_db, q),
        ),
        st.floats(100.0, 20_000.0),
        st.floats(-12.0, 12.0),
        st.floats(0.3, 1.5),
    ),
    st.builds(
        lambda at_hz, order: (low_pass(at_hz, order), Wanted("lowpass", at_hz, q=order)),
        st.floats(5_000.0, 20_000.0),
        st.integers(1, 8),
    ),
    st.builds(
        lambda at_hz, q: (notch(at_hz, q), Wanted("notch", at_hz, q=q)),
        st.floats(100.0, 20_000.0),
        st.floats(0.5, 20.0),
    ),
)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@given(st.lists(bands, min_size=1, max_size=6))
@settings(max_examples=15, deadline=None)
def test_the_audio_takes_the_sum_of_all_curves(rate_hz: int, drawn: list[Case]) -> None:
    impulse = np.zeros((2 * rate_hz, 2))
    impulse[0] = 1.0
    out = equaliser([curve for curve, _ in drawn], rate_hz).process(impulse)
    got = np.abs(np.fft.rfft(out[:, 0]))[40 : 2 * 20_000 + 1 : 9]
    frequency_hz = np.arange(40, 2 * 20_000 + 1, 9) / 2
    wanted_db = np.sum([wanted.level_db(frequency_hz) for _, wanted in drawn], axis=0)
    error_db = np.abs(20 * np.log10(got) - wanted_db)[wanted_db > FOLLOWED_DB]
    assert error_db.max(initial=0.0) <= PROMISED_DB


@pytest.mark.parametrize("rate_hz", [22_050, 32_000])
def test_low_rates_are_followed_as_far_up_as_44_1_khz_in_proportion(rate_hz: int) -> None:
    top_hz = rate_hz * 20_000 / 44_100
    curve, wanted = bell(top_hz, 6.0, 0.7), Wanted("bell", top_hz, 6.0, 0.7)
    frequency_hz = np.linspace(20.0, top_hz, 200)
    error_db = level_db([curve], rate_hz, frequency_hz) - wanted.level_db(frequency_hz)
    assert np.abs(error_db).max() <= PROMISED_DB


def taps(curve: Curve, rate_hz: int) -> Audio:
    return np.array(correction([curve], curve.design(rate_hz), rate_hz))


def test_what_sections_follow_by_themselves_is_not_corrected() -> None:
    assert not taps(bell(320.0, -6.0, 0.9), 44_100).size
    assert not taps(bell(16_000.0, 6.0, 0.9), 192_000).size
    assert not taps(high_pass(25.0, 4), 44_100).size


def test_a_correction_is_short_and_minimum_phase() -> None:
    found = taps(high_shelf(16_000.0, 6.0, 0.71), 44_100)
    assert 8 <= len(found) <= 16
    assert np.abs(np.roots(found)).max() < 1.0


def test_a_frequency_that_the_rate_cannot_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="20000 Hz is too high for a mix at 32000 Hz"):
        equaliser([low_pass(20_000.0, 2)], 32_000)
