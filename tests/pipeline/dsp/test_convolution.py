from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import fftconvolve

from pipeline.dsp import Audio
from pipeline.dsp.convolution import Convolver

RNG = np.random.default_rng(11)
NOISE = RNG.normal(0.0, 0.2, (30_000, 2))
HALF = RNG.normal(0.0, 0.1, 700) * np.geomspace(1.0, 1e-3, 700)


def run(filtering: Convolver, cuts: list[int], signal: Audio = NOISE) -> Audio:
    edges = [0, *sorted(cuts), len(signal)]
    parts = [filtering.process(signal[start:end]) for start, end in pairwise(edges)]
    return np.concatenate((*parts, filtering.flush()))


@pytest.mark.parametrize("n_samples", [0, 1, 699, 700, 6794, 6795, 30_000])
@pytest.mark.parametrize("reach", [0, 1, 699])
def test_it_is_the_convolution_as_long_as_the_input_and_its_latency(
    n_samples: int, reach: int
) -> None:
    half, signal = HALF[: reach + 1], NOISE[:n_samples]
    filtering = Convolver(half)
    assert filtering.latency_samples == reach
    out = run(filtering, [], signal)
    assert out.shape == (n_samples + reach, 2)
    if n_samples:
        taps = np.concatenate((half[:0:-1], half))
        wanted = fftconvolve(signal, taps[:, None], axes=0)[: n_samples + reach]
        np.testing.assert_allclose(out, wanted, rtol=0, atol=1e-14)


@given(st.lists(st.integers(0, len(NOISE)), max_size=8))
@settings(max_examples=25, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int]) -> None:
    np.testing.assert_array_equal(run(Convolver(HALF), cuts), run(Convolver(HALF), []))


def test_mono_stays_mono_and_the_input_is_left_alone() -> None:
    mono = np.repeat(NOISE[:, :1], 2, axis=1)
    before = mono.copy()
    out = run(Convolver(HALF), [5000], mono)
    np.testing.assert_array_equal(out[:, 0], out[:, 1])
    np.testing.assert_array_equal(mono, before)
