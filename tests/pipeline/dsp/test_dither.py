from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.dither import (
    NONE,
    PLAIN,
    Dither,
    Kind,
    Pcm,
    Quantiser,
    all_on_grid,
    dithered,
    note_black,
    on_grid,
    rounded,
    shaped,
    shaping_taps,
    threshold_db,
)

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
    assert not Quantiser(16, 1, dither=NONE).process(sine[:, None]).any()


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
    quantiser = Quantiser(bits, 1, dither=NONE)
    assert quantiser.process(block)[:, 0].tolist() == words
    assert quantiser.n_clipped == 0


def test_the_grid_ends_where_the_word_ends() -> None:
    assert on_grid(np.array([[-1.0]]), 16)
    assert not on_grid(np.array([[1.0]]), 16)
    assert not on_grid(np.array([[0.0], [0.5 / 32768]]), 16)
    assert on_grid(np.array([[0.5 / 32768]]), 24)
    assert on_grid(np.empty((0, 2)), 16)


@pytest.mark.parametrize("dither", [PLAIN, NONE, Dither("high_passed"), Dither("shaped")])
def test_what_is_too_loud_is_clamped_and_counted(dither: Dither) -> None:
    quantiser = Quantiser(16, 2, dither=dither)
    words = quantiser.process(np.array([[1.1, -1.1], [0.0, 0.5], [-2.0, 0.2]]))
    assert words[0].tolist() == [32767, -32768]
    assert words[2, 0] == -32768
    assert quantiser.n_clipped == 3
    quantiser.process(np.array([[2.0, 0.0]]))
    assert quantiser.n_clipped == 4


KINDS: list[Kind] = ["tpdf", "high_passed", "shaped_gentle", "shaped"]
SHAPED: list[Kind] = ["shaped_gentle", "shaped"]


def noise_db(dither: Dither) -> Audio:
    """Return the spectrum of the error over silence, in 128 bands, relative to plain dither."""
    error = Quantiser(16, 1, dither=dither).process(np.full((N, 1), 1e-7))[:, 0]
    power = np.zeros(129)
    for start in range(0, N - 255, 256):
        power += np.abs(np.fft.rfft(error[start : start + 256] * np.hanning(256))) ** 2
    return np.asarray(10 * np.log10(power / (N / 256) / (0.25 * (np.hanning(256) ** 2).sum())))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_the_noise_has_the_spectrum_it_was_designed_for(kind: Kind, rate_hz: int) -> None:
    dither = Dither(kind, rate_hz)
    turn = np.exp(-1j * np.pi * np.arange(129) / 128)
    if kind == "high_passed":  # the dither of 1/6 rises, the rounding of 1/12 does not
        wanted = (np.abs(1 - turn) ** 2 / 12 + 1 / 12) / 0.25
    else:
        filtered = 1 - sum(tap * turn ** (k + 1) for k, tap in enumerate(dither.taps()))
        wanted = np.abs(filtered * np.ones(129)) ** 2
    # A window smears what falls by 40 dB from band to band; the ends are no bands.
    smeared = np.convolve(np.pad(wanted, 2, mode="reflect"), [1, 16, 36, 16, 1], "valid") / 70
    found = noise_db(dither)
    np.testing.assert_allclose(found[2:-2], 10 * np.log10(smeared)[2:-2], atol=0.7)


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_lets_harmonics_of_half_a_step_through(kind: Kind) -> None:
    sine = 0.5 / 32768 * np.sin(2 * np.pi * 21845 * np.arange(N) / N)
    words = Quantiser(16, 1, dither=Dither(kind)).process(sine[:, None])[:, 0]
    spectrum = np.abs(np.fft.rfft(words * np.hanning(N)))
    for number in range(2, 20):
        at = 21845 * number
        floor = np.median(spectrum[at - 500 : at + 500])
        assert 20 * np.log10(spectrum[at - 1 : at + 2].max() / floor) < 14
    assert spectrum[21845] > 30 * np.median(spectrum[21_345:22_345])


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 88_200, 96_000, 192_000])
@pytest.mark.parametrize(("cap_db", "least_db"), [(25.0, 9.0), (40.0, 14.0)])
def test_shaping_is_stable_and_softer_to_the_ear(
    rate_hz: int, cap_db: float, least_db: float
) -> None:
    taps = shaping_taps(rate_hz, cap_db=cap_db)
    polynomial = np.concatenate(([1.0], -taps))
    assert np.abs(np.roots(polynomial)).max() < 0.99
    spectrum = np.abs(np.fft.rfft(polynomial, 65_536)) ** 2
    assert np.log(spectrum[1:-1]).mean() == pytest.approx(0.0, abs=0.01)
    frequency_hz = np.linspace(0, rate_hz / 2, len(spectrum))
    heard = 10.0 ** (-threshold_db(frequency_hz) / 10.0)
    softer_db = -10 * np.log10((heard * spectrum).sum() / heard.sum())
    assert softer_db > least_db


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
@settings(max_examples=15, deadline=None)
def test_any_block_cut_gives_the_same_words_of_every_kind(kind: Kind, cuts: list[int]) -> None:
    block = NOISE.copy()
    block[1000:3000] = 0.0
    edges = [0, *sorted(cuts), len(block)]
    whole, parts = (
        Quantiser(16, 2, dither=Dither(kind, blank_after_samples=700)) for _ in range(2)
    )
    np.testing.assert_array_equal(run(parts, block, edges), whole.process(block))


@pytest.mark.parametrize("kind", KINDS)
def test_digital_silence_stays_black_behind_the_hold_and_before_the_first_sound(
    kind: Kind,
) -> None:
    block = NOISE[:4000].copy()
    block[:500] = block[1000:3000] = 0.0
    block[1200:1250, 0] = 1e-9  # one channel is enough
    dither = Dither(kind, blank_after_samples=700)
    words = Quantiser(16, 2, dither=dither).process(block)
    assert not words[:500].any()
    assert words[1000:1950].any(axis=1).mean() > 0.4
    assert not words[1950:3000].any()
    assert words[3000:3050].any(axis=1).all()
    fresh = Quantiser(16, 2, start_sample=3000, dither=dither)
    np.testing.assert_array_equal(words[3000:], fresh.process(block[3000:]))
    without = Quantiser(16, 2, dither=Dither(kind)).process(block)
    assert without[1950:3000].any()


def test_clipping_does_not_upset_shaped_noise() -> None:
    block = np.concatenate((np.full((5000, 1), 1.5), np.zeros((5000, 1))))
    words = Quantiser(16, 1, dither=Dither("shaped")).process(block)
    assert np.abs(words[5100:]).max() < 60


def test_a_word_length_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="bits must be 8 to 32, got 4"):
        Quantiser(4, 2)


def test_the_plain_kernels_do_what_the_compiled_ones_do() -> None:
    block, seeds = 8 * NOISE[:200], np.array([1, 2], dtype=np.uint64)
    with np.errstate(over="ignore"):  # the noise is made of numbers that wrap around
        for is_rising in (False, True):
            words, n_clipped = dithered.py_func(block, 32768.0, seeds, 77, is_rising)
            compiled, n_compiled = dithered(block, 32768.0, seeds, 77, is_rising)
            np.testing.assert_array_equal(words, compiled)
            assert n_clipped == n_compiled > 0
        is_black, taps = np.arange(200) % 50 > 40, np.array([1.5, -0.7])
        results = []
        for shape in (shaped.py_func, shaped):
            errors = np.zeros((2, 2))
            words, n = shape(block, 32768.0, (seeds, 77), (taps, errors), is_black)
            results.append((words, errors, n))
        np.testing.assert_array_equal(results[0][0], results[1][0])
        np.testing.assert_allclose(results[0][1], results[1][1], atol=1e-9)
    silence, marks = np.zeros((10, 2)), np.zeros(10, dtype=np.bool_)
    assert note_black.py_func(silence, 4, 0, marks) == 10
    assert marks.tolist() == [False] * 4 + [True] * 6
    np.testing.assert_array_equal(rounded.py_func(block, 128.0)[0], rounded(block, 128.0)[0])
    assert not all_on_grid.py_func(block, 128.0)
    assert all_on_grid.py_func(np.zeros((3, 2)), 128.0)
