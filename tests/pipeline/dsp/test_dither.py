from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.dither import Pcm, Quantiser, all_on_grid, dithered, on_grid, rounded

N = 1 << 20
NOISE = np.random.default_rng(2).normal(0.0, 0.1, (5000, 2))


def error_steps(value_steps: float, bits: int = 16) -> Audio:
    """Return the error in steps over a constant input, shape ``(N, 2)``."""
    block = np.full((N, 2), value_steps / 2 ** (bits - 1))
    return Quantiser(bits, 2).process(block).astype(np.float64) - value_steps


def run(quantiser: Quantiser, block: Audio, edges: list[int]) -> Pcm:
    parts = [quantiser.process(block[start:end]) for start, end in pairwise(edges)]
    return np.concatenate(parts)


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("value_steps", [0.0, 0.25, 0.5, -0.3])
def test_the_error_has_a_quarter_step_variance_whatever_the_input(
    value_steps: float, bits: int
) -> None:
    error = error_steps(value_steps, bits)
    assert error.var(axis=0) == pytest.approx([0.25, 0.25], rel=0.01)
    assert error.mean(axis=0) == pytest.approx([0.0, 0.0], abs=0.002)
    assert np.abs(error).max() <= 1.5


def test_a_tone_of_half_a_step_is_kept_and_has_no_harmonics() -> None:
    sine = 0.5 / 32768 * np.sin(2 * np.pi * 21845 * np.arange(N) / N)
    words = Quantiser(16, 1).process(sine[:, None])[:, 0]
    spectrum = np.abs(np.fft.rfft(words * np.hanning(N)))
    floor = np.median(spectrum)
    assert 20 * np.log10(spectrum[21845] / floor) > 40
    harmonics = spectrum[21845 * np.arange(2, 20)]
    assert 20 * np.log10(harmonics.max() / floor) < 10


def test_without_dither_the_same_tone_is_lost() -> None:
    sine = 0.49 / 32768 * np.sin(np.arange(1000) / 7)
    assert not Quantiser(16, 1, dither=False).process(sine[:, None]).any()


def test_the_noise_is_white() -> None:
    error = error_steps(0.0)[:, 0]
    spectrum = np.abs(np.fft.rfft(error)) ** 2
    bands = spectrum[1 : 1 + 16 * 32_768].reshape(16, -1).mean(axis=1)
    np.testing.assert_allclose(bands / bands.mean(), 1.0, atol=0.03)


def test_left_and_right_are_independent() -> None:
    left, right = error_steps(0.0).T
    for lag in range(-3, 4):
        assert abs(np.corrcoef(left[10:-10], np.roll(right, lag)[10:-10])[0, 1]) < 0.01


def test_word_lengths_and_channels_have_noise_of_their_own() -> None:
    silence = np.zeros((1000, 3))
    runs = [
        Quantiser(bits, 3).process(silence)[:, channel]
        for bits in (16, 24)
        for channel in range(3)
    ]
    assert all(not np.array_equal(a, b) for i, a in enumerate(runs) for b in runs[:i])


def test_two_runs_are_the_same() -> None:
    np.testing.assert_array_equal(
        Quantiser(16, 2).process(NOISE), Quantiser(16, 2).process(NOISE)
    )


def test_the_noise_depends_on_the_place_in_the_segment_and_on_nothing_else() -> None:
    whole = Quantiser(16, 2).process(NOISE)
    later = Quantiser(16, 2, start_sample=1234).process(NOISE[1234:])
    np.testing.assert_array_equal(later, whole[1234:])


@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
@settings(max_examples=25, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int]) -> None:
    whole = Quantiser(24, 2).process(NOISE)
    edges = [0, *sorted(cuts), len(NOISE)]
    np.testing.assert_array_equal(run(Quantiser(24, 2), NOISE, edges), whole)


@given(st.sampled_from([8, 16, 24, 32]), st.data())
@settings(max_examples=50, deadline=None)
def test_without_dither_what_is_on_the_grid_keeps_every_bit(
    bits: int, data: st.DataObject
) -> None:
    top = 2 ** (bits - 1)
    words = data.draw(st.lists(st.integers(-top, top - 1), min_size=1, max_size=20))
    block = np.array(words, dtype=np.float64)[:, None] / top
    assert on_grid(block, bits)
    quantiser = Quantiser(bits, 1, dither=False)
    assert quantiser.process(block)[:, 0].tolist() == words
    assert quantiser.n_clipped == 0


def test_the_grid_ends_where_the_word_ends() -> None:
    assert on_grid(np.array([[-1.0]]), 16)
    assert not on_grid(np.array([[1.0]]), 16)
    assert not on_grid(np.array([[0.0], [0.5 / 32768]]), 16)
    assert on_grid(np.array([[0.5 / 32768]]), 24)
    assert on_grid(np.empty((0, 2)), 16)


@pytest.mark.parametrize("dither", [True, False])
def test_what_is_too_loud_is_clamped_and_counted(dither: bool) -> None:
    quantiser = Quantiser(16, 2, dither=dither)
    words = quantiser.process(np.array([[1.1, -1.1], [0.0, 0.5], [-2.0, 0.2]]))
    assert words[0].tolist() == [32767, -32768]
    assert words[2, 0] == -32768
    assert quantiser.n_clipped == 3
    quantiser.process(np.array([[2.0, 0.0]]))
    assert quantiser.n_clipped == 4


def test_a_word_length_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="bits must be 8 to 32, got 4"):
        Quantiser(4, 2)


def test_the_plain_kernels_do_what_the_compiled_ones_do() -> None:
    block, seeds = 8 * NOISE[:200], np.array([1, 2], dtype=np.uint64)
    with np.errstate(over="ignore"):  # the noise is made of numbers that wrap around
        words, n_clipped = dithered.py_func(block, 32768.0, seeds, 77)
    compiled, n_compiled = dithered(block, 32768.0, seeds, 77)
    np.testing.assert_array_equal(words, compiled)
    assert n_clipped == n_compiled > 0
    np.testing.assert_array_equal(rounded.py_func(block, 128.0)[0], rounded(block, 128.0)[0])
    assert not all_on_grid.py_func(block, 128.0)
    assert all_on_grid.py_func(np.zeros((3, 2)), 128.0)
