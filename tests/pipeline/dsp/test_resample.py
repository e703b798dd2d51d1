from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.resample import Resampler

NOISE = np.random.default_rng(4).normal(0.0, 0.2, (3000, 2))
RATES_HZ = [44_100, 48_000, 88_200, 96_000]


def run(in_hz: int, out_hz: int, signal: Audio, edges: list[int] | None = None) -> Audio:
    resampler = Resampler(in_hz, out_hz, signal.shape[1])
    cuts = [0, len(signal)] if edges is None else edges
    parts = [resampler.process(signal[start:end]) for start, end in pairwise(cuts)]
    return np.concatenate((*parts, resampler.flush()))


def tone(frequency_hz: float, rate_hz: int, n_samples: int) -> Audio:
    return np.sin(2 * np.pi * frequency_hz * np.arange(n_samples) / rate_hz)[:, None]


def level_db(signal: Audio) -> float:
    return float(20 * np.log10(np.abs(signal).max() + 1e-300))


@given(st.integers(0, 3000), st.sampled_from(RATES_HZ), st.sampled_from(RATES_HZ))
@settings(max_examples=40, deadline=None)
def test_the_length_is_exact(n_samples: int, in_hz: int, out_hz: int) -> None:
    out = run(in_hz, out_hz, np.zeros((n_samples, 1)))
    assert len(out) == round(n_samples * out_hz / in_hz)


@given(st.lists(st.integers(0, len(NOISE)), max_size=6), st.sampled_from([44_100, 96_000]))
@settings(max_examples=25, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int], out_hz: int) -> None:
    edges = [0, *sorted(cuts), len(NOISE)]
    np.testing.assert_array_equal(run(48_000, out_hz, NOISE, edges), run(48_000, out_hz, NOISE))


@pytest.mark.parametrize(
    ("n_samples", "in_hz", "out_hz"),
    [(1, 88_200, 44_100), (240, 48_000, 44_100), (3, 96_000, 48_000)],
)
def test_a_half_is_rounded_to_even(n_samples: int, in_hz: int, out_hz: int) -> None:
    out = run(in_hz, out_hz, np.zeros((n_samples, 1)))
    assert len(out) == round(n_samples * out_hz / in_hz)


def test_equal_rates_keep_every_bit() -> None:
    np.testing.assert_array_equal(run(48_000, 48_000, NOISE), NOISE)


@pytest.mark.parametrize(("in_hz", "out_hz"), [(96_000, 44_100), (44_100, 48_000)])
@pytest.mark.parametrize("frequency_hz", [997.0, 10_000.0])
def test_a_tone_comes_out_as_the_same_tone_in_the_same_place(
    frequency_hz: float, in_hz: int, out_hz: int
) -> None:
    out = run(in_hz, out_hz, tone(frequency_hz, in_hz, in_hz))
    wanted = tone(frequency_hz, out_hz, out_hz)
    middle = slice(2000, -2000)
    assert level_db(out[middle] - wanted[middle]) < -140


@pytest.mark.parametrize("frequency_hz", [15_000.0, 19_000.0])
def test_the_highest_octave_keeps_its_level(frequency_hz: float) -> None:
    out = run(48_000, 44_100, tone(frequency_hz, 48_000, 48_000))[2000:-2000]
    assert 10 * np.log10(2 * np.mean(out**2)) == pytest.approx(0.0, abs=0.01)


def test_what_the_lower_rate_cannot_carry_is_not_folded_back() -> None:
    out = run(96_000, 44_100, tone(23_000.0, 96_000, 96_000))
    assert level_db(out[2000:-2000]) < -140


def test_an_impulse_stays_in_its_place() -> None:
    impulse = np.zeros((9600, 1))
    impulse[4800] = 1.0
    assert np.abs(run(96_000, 48_000, impulse)).argmax() == 2400


def test_there_and_back_again_is_the_same_music() -> None:
    slow = np.sum([tone(f, 44_100, 44_100) for f in (100.0, 997.0, 3000.0, 10_000.0)], axis=0)
    back = run(96_000, 44_100, run(44_100, 96_000, slow))
    assert level_db((back - slow)[4000:-4000]) < -130
