import math
from collections.abc import Callable

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import firwin, resample_poly

from pipeline.dsp import Audio
from pipeline.dsp.dither import Quantiser
from pipeline.dsp.limiter import (
    Activity,
    GainLaw,
    Limiter,
    LimiterSettings,
    _release,
    _sliding_maximum,
    _turn_down,
)
from pipeline.dsp.truepeak import CHUNK_SAMPLES, TruePeakMeter

RATE_HZ = 48_000
N = RATE_HZ
TIME_S = np.arange(N) / RATE_HZ
CEILING_DBTP = -1.0
SETTINGS = LimiterSettings(CEILING_DBTP)
MUSIC = np.cumsum(np.random.default_rng(1).standard_normal((2 * CHUNK_SAMPLES + 99, 2)), axis=0)
MUSIC = np.sin(MUSIC) * np.linspace(0.5, 3.0, len(MUSIC))[:, None]
LONG_FILTER = firwin(32 * 128 + 1, 1.0, window=("kaiser", 7.0), fs=64.0)


def limit(
    signal: Audio,
    limiter_settings: LimiterSettings = SETTINGS,
    cuts: list[int] | None = None,
    rate_hz: int = RATE_HZ,
) -> tuple[Audio, Activity]:
    limiter = Limiter(limiter_settings, sample_rate_hz=rate_hz, n_channels=signal.shape[1])
    parts = [limiter.process(block) for block in np.split(signal, sorted(cuts or []))]
    whole = np.concatenate([*parts, limiter.flush()])
    assert len(whole) == len(signal) + limiter.latency_samples
    return whole[limiter.latency_samples :], limiter.activity


def both(wave: Audio) -> Audio:
    return np.column_stack((wave, wave))


def faded(wave: Audio) -> Audio:
    return wave * np.minimum(1.0, np.minimum(np.arange(N), np.arange(N)[::-1]) / 480)


def sparse_impulses() -> Audio:
    rng = np.random.default_rng(4)
    wave = np.zeros(N)
    wave[rng.integers(0, N, 90)] = rng.choice([-3.0, 3.0, 1.0, -1.5], 90)
    return both(wave)


def clicks_between_samples() -> Audio:
    rng = np.random.default_rng(5)
    wave = np.zeros(N)
    for start in rng.integers(10, N - 100, 60):
        wave[start : start + 40] += np.sinc(np.arange(40) - 19.5) * rng.choice([-2, 2])
    return both(wave)


def noise(*, below: float, clipped_at: float = 9.0) -> Audio:
    rows = np.random.default_rng(6).standard_normal((2, N))
    taps = firwin(255, 2 * below)
    clipped = np.clip([np.convolve(row, taps, "same") for row in rows], -clipped_at, clipped_at)
    return np.ascontiguousarray(clipped.T)


def tone(hz: float, level: float = 2.0) -> Audio:
    return level * np.sin(2 * np.pi * hz * TIME_S + 0.3)


def steady(hz: float) -> Callable[[], Audio]:
    return lambda: both(faded(tone(hz)))


TONES_HZ = (30, 997, 4_800, 8_000, 11_025, 12_000, 15_999, 18_001, 20_011)
ADVERSARIES: dict[str, Callable[[], Audio]] = {
    **{f"tone of {hz} Hz": steady(hz) for hz in TONES_HZ},
    "sweep": lambda: both(faded(1.5 * np.sin(2 * np.pi * (20 + 10_500 * TIME_S) * TIME_S))),
    "white noise": lambda: np.random.default_rng(7).standard_normal((N, 2)),
    "music-like noise": lambda: noise(below=0.42),
    "clipped noise": lambda: noise(below=0.3, clipped_at=0.5),
    "square of 997 Hz": lambda: both(np.sign(tone(997.0))),
    "square of 5001 Hz": lambda: both(np.sign(tone(5_001.0))),
    "saw of 1237 Hz": lambda: both(2 * ((1_237 * TIME_S) % 1) - 1),
    "gated tone": lambda: both(tone(9_000.0, 3.0) * (tone(31.0) > 1.0)),
    "sparse impulses": sparse_impulses,
    "clicks between samples": clicks_between_samples,
    "two tones": lambda: np.column_stack((tone(10_007.0), tone(16_001.0))),
    "random signs": lambda: np.random.default_rng(8).choice([-0.6, 0.6], (N, 2)),
}


def over_ceiling_db(level: float) -> float:
    return 20 * math.log10(level) - CEILING_DBTP


def libebur128_peak(signal: Audio, rate_hz: int = RATE_HZ) -> float:
    tap, factor = np.arange(49), 4 if rate_hz < 96_000 else 2
    taps = np.sinc((tap - 24) / factor) * np.hanning(49)
    rows = np.zeros((signal.shape[1], factor * len(signal)))
    rows[:, ::factor] = signal.T
    return max(float(np.abs(np.convolve(row, taps)).max()) for row in rows)


def itu_peak_dbtp(signal: Audio, rate_hz: int = RATE_HZ) -> float:
    meter = TruePeakMeter(rate_hz, signal.shape[1])
    meter.update(signal)
    return meter.itu_true_peak_dbtp


def kaiser_over_db(signal: Audio) -> float:
    """Return by how much a 32-fold bank of long Kaiser filters reads over the ceiling."""
    padded = np.pad(signal, ((2_000, 2_000), (0, 0)))
    return over_ceiling_db(abs(resample_poly(padded, 32, 1, window=LONG_FILTER)).max())


@pytest.mark.parametrize("name", ADVERSARIES)
def test_no_meter_sees_more_than_the_ceiling(name: str) -> None:
    limited, _ = limit(ADVERSARIES[name]())
    assert itu_peak_dbtp(limited) <= CEILING_DBTP
    assert over_ceiling_db(libebur128_peak(limited)) <= 0.0
    assert kaiser_over_db(limited) <= 0.06
    padded = np.pad(limited, ((2_000, 2_000), (0, 0)))
    soxr_reading = abs(soxr.resample(padded, RATE_HZ, 32 * RATE_HZ, "VHQ")).max()
    assert over_ceiling_db(soxr_reading) <= 0.1  # it rounds off what noise has at the very top


HARDEST = ("white noise", "two tones", "tone of 8000 Hz", "sweep", "sparse impulses")


@pytest.mark.parametrize("name", HARDEST)
@pytest.mark.parametrize(
    ("mix_hz", "rate_hz"),
    [(96_000, 44_100), (44_100, 48_000), (48_000, 88_200), (44_100, 96_000), (96_000, 192_000)],
)
def test_the_ceiling_holds_after_resampling_and_dither_at_every_rate(
    mix_hz: int, rate_hz: int, name: str
) -> None:
    resampled = soxr.resample(ADVERSARIES[name](), mix_hz, rate_hz, "VHQ")
    limited, _ = limit(resampled, rate_hz=rate_hz)
    delivered = Quantiser(16, 2).process(limited) / 2.0**15
    assert np.abs(delivered).max() > 0.7  # it had something to do
    assert itu_peak_dbtp(delivered, rate_hz) <= CEILING_DBTP
    assert over_ceiling_db(libebur128_peak(delivered, rate_hz)) <= 0.0
    assert kaiser_over_db(delivered) <= 0.06


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3_999), st.floats(-4.0, 4.0)), min_size=1, max_size=30),
    st.sampled_from([-12.0, -1.0, 0.0]),
)
def test_no_scatter_of_samples_exceeds_the_ceiling(
    samples: list[tuple[int, float]], ceiling_dbtp: float
) -> None:
    signal = np.zeros((4_000, 1))
    for place, level in samples:
        signal[place] = level
    limited, _ = limit(signal, LimiterSettings(ceiling_dbtp))
    meter = TruePeakMeter(RATE_HZ, 1)
    meter.update(limited)
    assert meter.itu_true_peak_dbtp <= ceiling_dbtp + 0.005
    assert meter.true_peak_dbtp <= ceiling_dbtp + 0.05


def test_what_never_exceeds_the_ceiling_passes_bit_for_bit() -> None:
    quiet = noise(below=0.4)
    meter = TruePeakMeter(RATE_HZ, 2)
    meter.update(quiet)
    gain_db = CEILING_DBTP - 0.3 - max(meter.true_peak_dbtp, meter.itu_true_peak_dbtp)
    quiet = quiet * 10 ** (gain_db / 20)
    limited, activity = limit(quiet)
    np.testing.assert_array_equal(limited, quiet)
    assert activity.max_reduction_db == 0.0


def test_the_gain_recovers_completely_and_then_passes_every_bit() -> None:
    signal = both(0.2 * np.sin(2 * np.pi * 440 * np.arange(10 * N) / RATE_HZ))
    signal[1_000] = 2.0
    limited, _ = limit(signal)
    np.testing.assert_array_equal(limited[-N:], signal[-N:])
    assert (abs(limited[1_100:1_400]) < abs(signal[1_100:1_400]) + 1e-12).all()


def test_what_is_limited_is_not_limited_again() -> None:
    once, _ = limit(MUSIC)
    _, activity = limit(once)
    assert activity.max_reduction_db <= 0.02


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, len(MUSIC)), max_size=6))
def test_any_block_cut_gives_the_same_samples(cuts: list[int]) -> None:
    whole, done = limit(MUSIC)
    cut, done_in_cuts = limit(MUSIC, cuts=cuts)
    np.testing.assert_array_equal(cut, whole)
    np.testing.assert_array_equal(done_in_cuts.reduction_db, done.reduction_db)
    assert done_in_cuts.mean_reduction_db == done.mean_reduction_db


@pytest.mark.parametrize("n_samples", [0, 1, 31, 32, 33])
def test_the_shortest_programmes_keep_their_length(n_samples: int) -> None:
    limited, activity = limit(np.full((n_samples, 2), 2.0))
    assert len(limited) == n_samples
    assert (abs(limited) <= 10 ** (CEILING_DBTP / 20)).all()
    assert len(activity.reduction_db) == (1 if n_samples else 0)


def test_the_input_is_left_alone() -> None:
    signal = MUSIC.copy()
    limit(signal)
    np.testing.assert_array_equal(signal, MUSIC)


def test_both_channels_get_the_same_gain_and_the_gain_is_in_place() -> None:
    for place in range(3_000, 3_064):
        signal = np.full((6_000, 2), [0.1, -0.05])
        signal[place, 1] = 3.0
        gain = limit(signal)[0] / signal
        np.testing.assert_allclose(gain[:, 0], gain[:, 1], rtol=1e-12)
        assert gain[:, 0].argmin() <= place
        assert gain[place, 0] == pytest.approx(gain[:, 0].min(), rel=1e-9)
        assert (gain[: place - 900, 0] == 1.0).all()


def distortion_db(wave: Audio, hz: float, rate_hz: int = RATE_HZ) -> float:
    """Return what a periodic wave, 5 dB over the ceiling, has after limiting besides itself."""
    level = 10 ** ((CEILING_DBTP + 5) / 20)
    seconds = len(wave) // rate_hz
    limited, activity = limit(level * wave[:, None], rate_hz=rate_hz)
    assert activity.max_reduction_db > 4.9
    middle = slice(2 * rate_hz, (seconds - 1) * rate_hz)
    window = np.blackman(middle.stop - middle.start)
    before, after = (abs(np.fft.rfft(each[middle] * window)) for each in (wave, limited[:, 0]))
    periods = round(hz * (seconds - 3))
    gain = after[periods] / before[periods]
    return float(20 * np.log10(np.linalg.norm(after - gain * before) / after[periods]))


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize(
    ("hz", "most_db"),
    [(30.0, -80.0), (40.0, -80.0), (60.0, -120.0), (82.0, -120.0), (100.0, -120.0),
     (440.0, -120.0), (1_000.0, -120.0), (5_000.0, -120.0)],
)  # fmt: skip
def test_a_tone_is_not_bent(hz: float, most_db: float, rate_hz: int) -> None:
    wave = np.sin(2 * np.pi * hz * np.arange(5 * rate_hz) / rate_hz)
    assert distortion_db(wave, hz, rate_hz) <= most_db


@pytest.mark.parametrize("hz", [41.2, 55.0])
def test_a_bass_note_of_which_one_side_is_over_is_not_bent(hz: float) -> None:
    turn = 2 * np.pi * hz * np.arange(8 * N) / RATE_HZ
    wave = (np.cos(turn) + 0.5 * np.cos(2 * turn)) / 1.5  # the other side reaches half
    assert distortion_db(wave, hz) <= -80.0


def test_after_a_lone_peak_the_gain_comes_back_at_once() -> None:
    signal = np.full((N, 2), 0.1)
    signal[N // 2] = 3.0
    gain = limit(signal)[0][:, 0] / signal[:, 0]
    away_s = np.flatnonzero(gain < 10 ** (-1 / 20)) / RATE_HZ - 0.5
    assert -0.012 < away_s[0] < -0.003
    assert 0.003 < away_s[-1] < 0.025


def test_between_peaks_that_follow_one_another_the_gain_stands_still() -> None:
    signal = np.full((N, 2), 0.1)
    signal[N // 2 :: RATE_HZ // 50] = 3.0  # every 20 ms
    gain = limit(signal)[0][:, 0] / signal[:, 0]
    steady = gain[N // 2 + N // 4 : N - N // 4 // 2]
    np.testing.assert_allclose(steady, steady[0], rtol=1e-3)


def test_activity_says_how_much_how_long_and_when() -> None:
    signal = both(0.1 * np.sin(2 * np.pi * 100 * np.arange(2 * N) / RATE_HZ))
    signal[N : N + N // 2] *= 20.0
    activity = limit(signal)[1]
    assert activity.reduction_db.shape == (20,)
    assert activity.reduction_db.dtype == np.float32
    assert activity.max_reduction_db == pytest.approx(7.02, abs=0.1)
    np.testing.assert_allclose(activity.reduction_db[:9], 0.0)
    np.testing.assert_allclose(activity.reduction_db[10:15], 7.0, atol=0.1)
    assert activity.fraction_over_3_db == pytest.approx(0.26, abs=0.02)
    assert activity.mean_reduction_db == pytest.approx(2.2, abs=0.1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.0, 8.0), max_size=200), st.sampled_from([44_100, 48_000, 96_000]))
def test_the_reduction_covers_every_need_ahead(peaks: list[float], rate_hz: int) -> None:
    law = GainLaw(SETTINGS, rate_hz)
    delay, ahead = law.delay_cells, law.lookahead_cells
    reduction_db = law.next(np.array([*peaks] + [0.0] * delay))
    for cell, peak in enumerate(peaks):
        need_db = 20 * math.log10(max(peak, 1e-9)) - CEILING_DBTP
        window_db = reduction_db[cell + delay - ahead : cell + delay + 1]
        assert (window_db >= need_db).all()


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("lookahead_ms", [0.5, 2.0, 20.0])
def test_the_window_is_a_mean_of_present_and_past(rate_hz: int, lookahead_ms: float) -> None:
    weights = GainLaw(LimiterSettings(-1.0, lookahead_ms=lookahead_ms), rate_hz).weights
    assert (weights >= 0.0).all()
    np.testing.assert_allclose(weights.sum(axis=0), 1.0)


@pytest.mark.parametrize(
    "wrong",
    [{"ceiling_dbtp": 0.1}, {"lookahead_ms": 0.1}, {"release_ms": 0.5}, {"slow_share": 1.5}],
)
def test_settings_outside_their_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LimiterSettings(**{"ceiling_dbtp": -1.0, **wrong})


def test_the_plain_kernels_agree_with_the_compiled_ones() -> None:
    held_db = np.repeat([0.0, 6.0, 1.0, 0.0], 40)
    results = []
    for run in (_release, _release.py_func):
        reduction_db = np.empty_like(held_db)
        run(held_db, np.array([0.02, 0.005, 0.001, 0.3]), np.zeros(2), reduction_db)
        results.append(reduction_db)
    np.testing.assert_allclose(results[0], results[1], rtol=1e-12)
    law = GainLaw(SETTINGS, RATE_HZ)
    gains = 10 ** (results[0][: 65 + law.lookahead_cells] / -20)
    blocks = [np.ones((65 * 32, 2)) for _ in range(2)]
    _turn_down(blocks[0], gains, law.weights)
    _turn_down.py_func(blocks[1], gains, law.weights)
    np.testing.assert_allclose(blocks[0], blocks[1], rtol=1e-12)


@given(st.lists(st.floats(0, 9), min_size=1, max_size=50), st.integers(1, 50))
def test_the_sliding_maximum_is_that_of_each_run(values: list[float], width: int) -> None:
    if width <= len(values):
        runs = [max(values[at : at + width]) for at in range(len(values) - width + 1)]
        assert _sliding_maximum(np.array(values), width).tolist() == runs
