from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.dsp import Audio
from pipeline.master.processors.width import Width, widen

NOISE = np.random.default_rng(1).normal(0.0, 0.2, (500, 2))


def run(amount: str, block: Audio) -> Audio:
    width = Width.model_validate({"amount": amount}).make(48_000)
    return np.concatenate((width.process(block), width.flush()))


def mid_and_side(block: Audio) -> tuple[Audio, Audio]:
    return block[:, 0] + block[:, 1], block[:, 0] - block[:, 1]


@pytest.mark.parametrize(("amount", "factor"), [("110 %", 1.1), ("50 %", 0.5), ("0 %", 0.0)])
def test_the_side_is_scaled_and_the_mono_sum_stays(amount: str, factor: float) -> None:
    mid, side = mid_and_side(NOISE)
    got_mid, got_side = mid_and_side(run(amount, NOISE))
    np.testing.assert_allclose(got_mid, mid, rtol=0, atol=1e-15)
    np.testing.assert_allclose(got_side, factor * side, rtol=0, atol=1e-15)


def test_one_hundred_percent_keeps_every_bit() -> None:
    np.testing.assert_array_equal(run("100 %", NOISE), NOISE)


def test_mono_keeps_every_bit_at_any_width() -> None:
    mono = np.repeat(NOISE[:, :1], 2, axis=1)
    np.testing.assert_array_equal(run("150 %", mono), mono)


RATE_HZ = 48_000
LONG = np.random.default_rng(2).normal(0.0, 0.2, (2 * RATE_HZ, 2))
BANDS: list[dict[str, Any]] = [
    {"up_to": "150 Hz", "amount": "0 %"},
    {"up_to": "4 kHz", "amount": "100 %"},
    {"amount": "150 %"},
]


def band_by_band(bands: list[dict[str, Any]], signal: Audio, cuts: list[int]) -> Audio:
    width = Width.model_validate({"bands": bands}).make(RATE_HZ)
    edges = [0, *sorted(cuts), len(signal)]
    parts = [width.process(signal[start:end]) for start, end in pairwise(edges)]
    return np.concatenate((*parts, width.flush()))


def test_each_band_has_its_own_width_and_the_mono_sum_stays() -> None:
    impulse = np.zeros((RATE_HZ, 2))
    impulse[RATE_HZ // 2] = (1.0, -1.0)
    out = band_by_band(BANDS, impulse, [])
    _, side = mid_and_side(out)
    gains = np.abs(np.fft.rfft(side / 2))  # 1 Hz apart
    frequency_hz = np.array([20, 60, 150, 400, 1500, 4000, 8000, 20_000])
    low, high = (1 / (1 + (frequency_hz / at_hz) ** 4) for at_hz in (150, 4000))
    wanted = 0.0 * low + 1.0 * (high - low) + 1.5 * (1 - high)
    np.testing.assert_allclose(gains[frequency_hz], wanted, rtol=0, atol=1e-3)
    np.testing.assert_allclose(side, np.roll(side[::-1], 1), rtol=0, atol=1e-12)
    noisy = band_by_band(BANDS, LONG, [])
    np.testing.assert_allclose(mid_and_side(noisy)[0], mid_and_side(LONG)[0], atol=1e-12)


@pytest.mark.parametrize("amount", ["100 %", "130 %"])
def test_bands_of_one_width_do_what_one_width_does(amount: str) -> None:
    bands = [{"up_to": "1 kHz", "amount": amount}, {"amount": amount}]
    out = band_by_band(bands, LONG, [])
    np.testing.assert_allclose(out, run(amount, LONG), rtol=0, atol=1e-12)
    if amount == "100 %":
        np.testing.assert_array_equal(out, LONG)


def test_mono_keeps_every_bit_in_every_band() -> None:
    mono = np.repeat(LONG[:, :1], 2, axis=1)
    np.testing.assert_array_equal(band_by_band(BANDS, mono, []), mono)


@given(st.lists(st.integers(0, 30_000), max_size=6))
@settings(max_examples=15, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int]) -> None:
    signal = LONG[:30_000]
    one = band_by_band(BANDS, signal, [])
    assert one.shape == signal.shape
    np.testing.assert_array_equal(band_by_band(BANDS, signal, cuts), one)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "a width has either an amount or bands; write one of them"),
        ({"amount": "90 %", "bands": BANDS}, "a width has either an amount or bands"),
        ({"bands": BANDS[:2]}, "the last band reaches up to 4000 Hz; leave its up_to out"),
        ({"bands": [BANDS[2], BANDS[2]]}, "band 1 has no up_to, and is not the last"),
        ({"bands": [BANDS[1], BANDS[0], BANDS[2]]}, "the band up to 150 Hz comes after that"),
    ],
)
def test_what_is_wrong_with_a_width_is_a_sentence(written: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Width.model_validate(written)


def test_the_plain_kernel_does_what_the_compiled_one_does() -> None:
    np.testing.assert_array_equal(widen.py_func(NOISE, 1.3), widen(NOISE, 1.3))
