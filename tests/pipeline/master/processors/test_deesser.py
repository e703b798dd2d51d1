from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from pipeline.dsp import Audio
from pipeline.dsp.biquad import prewarped
from pipeline.master.processors.deesser import (
    Deesser,
    EssReducer,
    hear_band,
    lower,
    want_lower,
)

RATE_HZ = 48_000
TIME_S = np.arange(RATE_HZ) / RATE_HZ
FADE_IN = np.minimum(1.0, TIME_S / 0.02)  # all alike: treble alone would count as an ess
RNG = np.random.default_rng(11)
Mono = npt.NDArray[np.float64]


def make(rate_hz: int = RATE_HZ, /, **written: Any) -> EssReducer:
    return Deesser.model_validate({"threshold": "-8 dB"} | written).make(rate_hz)


def run(deesser: EssReducer, signal: Audio, edges: list[int] | None = None) -> Audio:
    cuts = edges or [0, len(signal)]
    parts = [deesser.process(signal[start:end]) for start, end in pairwise(cuts)]
    return np.concatenate((*parts, deesser.flush()))[deesser.latency_samples :]


def ess(n_samples: int, *, low_hz: float = 5_500.0, high_hz: float = 7_500.0) -> Mono:
    sos = butter(4, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos")
    noise = np.asarray(sosfilt(sos, RNG.normal(0.0, 1.0, n_samples + 2000))[2000:])
    return np.asarray(0.1 * noise / noise.std())


def vowel() -> Mono:
    harmonics = range(1, 16)  # 160 Hz to 2.4 kHz, falling by 6 dB/oct
    waves = np.array([np.sin(2 * np.pi * 160 * n * TIME_S + n) / n for n in harmonics])
    return np.asarray(0.2 * FADE_IN * waves.sum(axis=0))


def cymbal() -> Mono:
    """Return a steady bed of treble, well below what is sung."""
    return 0.05 * FADE_IN * ess(RATE_HZ, low_hz=5_000.0, high_hz=15_000.0)


# A voice: half a second of vowel, then an ess of 200 ms, then the vowel again.
SUNG, ESS = slice(0, RATE_HZ // 2), slice(RATE_HZ // 2, RATE_HZ // 2 + RATE_HZ // 5)
VOICE = vowel() + cymbal()
VOICE[ESS] = ess(RATE_HZ // 5)
SONG = np.column_stack((VOICE, 0.8 * VOICE))


def level_db(samples: Audio) -> float:
    return float(10 * np.log10(np.mean(samples**2)))


@pytest.mark.parametrize(
    "shape", [{"shape": "bell", "q": "0.7"}, {"shape": "high_shelf", "at": "3 kHz"}]
)
@pytest.mark.parametrize("range_db", [3.0, 6.0])
def test_an_ess_is_lowered_by_the_range(range_db: float, shape: dict[str, str]) -> None:
    out = run(make(range=f"{range_db} dB", ratio="20", **shape), SONG)
    inside = slice(ESS.start + RATE_HZ // 20, ESS.stop - RATE_HZ // 20)
    lowered = level_db(SONG[inside]) - level_db(out[inside])
    assert lowered == pytest.approx(range_db, abs=0.5)


@pytest.mark.parametrize("shape", ["bell", "high_shelf"])
def test_what_is_sung_before_and_cymbals_below_it_keep_every_bit(shape: str) -> None:
    deesser = make(shape=shape)
    out = run(deesser, SONG)
    untouched = SUNG.stop - deesser.latency_samples
    np.testing.assert_array_equal(out[:untouched], SONG[:untouched])
    assert deesser.activity.max_db > 2.0  # it was not asleep


def test_every_bit_is_kept_again_after_the_ess() -> None:
    out = run(make(release="5 ms", range="6 dB"), SONG)
    over = ESS.stop + RATE_HZ // 5
    np.testing.assert_array_equal(out[over:], SONG[over:])


def test_a_song_without_esses_keeps_every_bit() -> None:
    deesser = make()
    song = np.column_stack((vowel() + cymbal(), vowel() - cymbal()))
    np.testing.assert_array_equal(run(deesser, song), song)
    assert deesser.activity.max_db == 0.0


@pytest.mark.parametrize("halvings", [1, 4, 7])
def test_it_works_alike_at_any_level(halvings: int) -> None:
    soft = 2.0**-halvings
    np.testing.assert_array_equal(run(make(), soft * SONG), soft * run(make(), SONG))


def test_hiss_in_silence_is_left_alone() -> None:
    hiss = RNG.normal(0.0, 10 ** (-90 / 20), (RATE_HZ, 2))
    np.testing.assert_array_equal(run(make(threshold="-20 dB"), hiss), hiss)


@pytest.mark.parametrize(("beside_db", "ratio"), [(-6.0, 2.0), (-3.0, 4.0), (-1.0, 3.0)])
def test_the_ratio_counts_from_the_threshold(beside_db: float, ratio: float) -> None:
    """A tone of the band beside a low one, at a known share of the whole."""
    share = 10 ** (beside_db / 10)
    low = np.sqrt(1 - share) * np.sin(2 * np.pi * 1_000 * TIME_S)
    high = np.sqrt(share) * np.sin(2 * np.pi * 6_500 * TIME_S)
    song = 0.3 * np.column_stack((low + high, low + high))
    deesser = make(q="4", ratio=f"{ratio}", range="24 dB", release="300 ms")
    run(deesser, song)
    wanted = (1 - 1 / ratio) * (beside_db + 8.0)
    assert deesser.activity.max_db == pytest.approx(wanted, abs=0.35)  # the power ripples


def test_the_start_of_a_drum_is_no_ess() -> None:
    burst = np.where(TIME_S > 0.5, np.exp(-(TIME_S - 0.5) / 0.02), 0.0)
    drum = burst * np.sin(2 * np.pi * 180 * TIME_S)
    song = np.column_stack((drum, drum))
    np.testing.assert_array_equal(run(make(), song), song)


def test_both_channels_are_lowered_alike() -> None:
    out = run(make(), SONG)
    np.testing.assert_allclose(out[:, 1], 0.8 * out[:, 0], rtol=1e-12, atol=1e-15)
    one_side = np.column_stack((VOICE, np.zeros(RATE_HZ)))
    lowered = run(make(), one_side)
    np.testing.assert_allclose(lowered[:, 0], out[:, 0], rtol=1e-9, atol=1e-12)
    assert not lowered[:, 1].any()


@pytest.mark.parametrize(("shape", "share"), [("bell", 1.0), ("high_shelf", 0.5)])
@pytest.mark.parametrize("at_hz", [3_000.0, 6_500.0, 12_000.0])
def test_at_is_the_middle_of_the_bell_and_of_the_slope(
    at_hz: float, shape: str, share: float
) -> None:
    tone = 0.3 * np.sin(2 * np.pi * at_hz * TIME_S)
    written = {"shape": shape, "at": f"{at_hz} Hz", "range": "6 dB", "ratio": "20"}
    song = np.column_stack((tone, tone))
    out = run(make(threshold="-20 dB", **written), song)[RATE_HZ // 2 :]
    lowered = level_db(song[RATE_HZ // 2 :]) - level_db(out)
    assert lowered == pytest.approx(6.0 * share, abs=0.05)


@pytest.mark.parametrize("reduction_db", [1.0, 6.0, 12.0])
@pytest.mark.parametrize("is_shelf", [False, True])
def test_the_filter_follows_its_curve_at_any_gain(is_shelf: bool, reduction_db: float) -> None:
    """``(s² + Gks + 1)`` or ``(Gs² + √G ks + 1)`` over ``(s² + ks + 1)``, bilinear."""
    turn, damping, n_samples = prewarped(6_500.0, RATE_HZ), 2**0.5 if is_shelf else 1.0, 4096
    first = 1 / (1 + turn * (turn + damping))
    steps = np.array([first, turn * first, turn**2 * first, damping, is_shelf])
    samples = np.zeros((n_samples, 2))
    samples[0] = 1.0
    lower(samples, np.full((n_samples, 1), reduction_db), steps, np.zeros((2, 2)))
    got = np.abs(np.fft.rfft(samples[:, 0]))[:-1]
    s = 1j * np.tan(np.pi * np.arange(n_samples // 2) / n_samples) / turn
    gain = 10 ** (-reduction_db / 20)
    above = gain * s**2 + gain**0.5 * damping * s + 1 if is_shelf else s**2 + gain * s + 1
    np.testing.assert_allclose(got, np.abs(above / (s**2 + damping * s + 1)), rtol=1e-9)
    assert got.max() <= 1.0 + 1e-9  # nothing is lifted beside what is lowered


def test_lookahead_catches_the_start_of_the_ess_and_moves_no_audio() -> None:
    late, early = make(lookahead="0 ms", attack="1 ms"), make(lookahead="5 ms", attack="1 ms")
    start = slice(ESS.start + 48, ESS.start + 240)
    caught = level_db(run(late, SONG)[start]) - level_db(run(early, SONG)[start])
    assert early.latency_samples == 240
    assert caught > 1.0


@given(cuts=st.lists(st.integers(0, len(SONG)), max_size=8), shape=st.booleans())
@settings(max_examples=25, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int], shape: bool) -> None:
    written = {"shape": "high_shelf" if shape else "bell"}
    one, many = make(**written), make(**written)
    edges = [0, *sorted(cuts), len(SONG)]
    np.testing.assert_array_equal(run(many, SONG, edges), run(one, SONG))
    assert many.activity == one.activity
    assert one.activity.max_db > 2.0


def test_digital_silence_is_kept_and_leaves_nothing_behind() -> None:
    deesser = make()
    out = run(deesser, np.concatenate((SONG, np.zeros((4 * RATE_HZ, 2)))))
    assert not out[len(SONG) + RATE_HZ :].any()


def test_a_rate_that_cannot_carry_the_esses_is_a_sentence() -> None:
    with pytest.raises(ValueError, match="12000 Hz is too high for a mix at 22050 Hz"):
        make(22_050, at="12 kHz")


def test_the_plain_kernels_do_what_the_compiled_ones_do() -> None:
    part = SONG[ESS.start - 100 : ESS.start + 300]
    band = np.array([0.6, 0.2, 0.07, 0.0, 1.0, 0.0])
    rule = np.array([0.9, 0.999, -8.0, 0.75, 6.0])
    for is_shelf in (0.0, 1.0):
        results = []
        for hear, want, to_lower in (
            (hear_band, want_lower, lower),
            (hear_band.py_func, want_lower.py_func, lower.py_func),
        ):
            heard, reduction_db, out = np.empty_like(part), np.empty((400, 1)), part.copy()
            hear(part, band, np.zeros((2, 2)), heard)
            want(part, heard, rule, np.zeros(3), reduction_db)
            lowering = np.array([*band[:3], 1.0, is_shelf])
            to_lower(out, reduction_db, lowering, np.zeros((2, 2)))
            assert reduction_db.max() > 1.0
            results.append(out)
        np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12)
