from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.master.processors.compressor import (
    Compressor,
    GlueCompressor,
    apply_reduction,
)

RATE_HZ = 48_000
STEP = np.ones(2 * RATE_HZ)
NOISE = np.random.default_rng(5).normal(0.0, 0.2, (5000, 2))


def make(rate_hz: int = RATE_HZ, /, **written: Any) -> GlueCompressor:
    plain = {"threshold": "-20 dB", "ratio": "2", "sidechain_high_pass": "off", "knee": "0 dB"}
    return Compressor.model_validate(plain | written).make(rate_hz)


def stereo(left: Audio, right: Audio | None = None) -> Audio:
    return np.column_stack((left, left if right is None else right))


def run(compressor: GlueCompressor, signal: Audio) -> Audio:
    out = np.concatenate((compressor.process(signal), compressor.flush()))
    return out[compressor.latency_samples :]


def reduction_db(compressor: GlueCompressor, signal: Audio) -> Audio:
    """Return the reduction of a signal that is nowhere zero."""
    return np.asarray(-20 * np.log10(run(compressor, signal) / signal))


def tone(
    frequency_hz: float, level_dbfs: float, n_samples: int = RATE_HZ, rate_hz: int = RATE_HZ
) -> Audio:
    phase = 2 * np.pi * frequency_hz * (np.arange(n_samples) + 0.5) / rate_hz  # never zero
    return 10 ** (level_dbfs / 20) * np.sin(phase)


@pytest.mark.parametrize("knee_db", [0.0, 6.0, 12.0])
@pytest.mark.parametrize("level_dbfs", [-40.0, -26.0, -22.0, -20.0, -17.0, -10.0, -1.0])
@pytest.mark.parametrize("ratio", [1.5, 4.0])
def test_the_static_curve_is_kept(ratio: float, level_dbfs: float, knee_db: float) -> None:
    over = level_dbfs + 20.0
    slope = 1.0 - 1.0 / ratio
    if abs(over) * 2 <= knee_db and knee_db:
        wanted = slope * (over + knee_db / 2) ** 2 / (2 * knee_db)
    else:
        wanted = slope * max(over, 0.0)
    signal = stereo(STEP * 10 ** (level_dbfs / 20))
    got = reduction_db(make(ratio=f"{ratio}", knee=f"{knee_db} dB"), signal)
    assert got[-1, 0] == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("link", ["100 %", "50 %", "0 %"])
@pytest.mark.parametrize("level_dbfs", [-19.0, -15.0, -11.0, -1.0])
def test_the_range_is_the_most_that_is_held_back(level_dbfs: float, link: str) -> None:
    signal = stereo(STEP * 10 ** (level_dbfs / 20))
    got = reduction_db(make(range="4 dB", link=link), signal)
    assert got.max() <= 4.0 + 1e-9
    assert got[-1] == pytest.approx(min((level_dbfs + 20.0) / 2, 4.0), abs=0.02)


@pytest.mark.parametrize("rms", ["off", "10 ms", "30 ms"])
@pytest.mark.parametrize("level_dbfs", [-24.0, -21.0, -18.0, -10.0, -1.0])
@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_a_sine_is_held_back_as_much_by_peaks_as_by_power(
    rate_hz: int, level_dbfs: float, rms: str
) -> None:
    over = np.clip(level_dbfs + 23.0, 0.0, 6.0)
    wanted = 0.75 * (over**2 / 12.0 + max(level_dbfs + 17.0, 0.0))
    signal = stereo(tone(997.0, level_dbfs, rate_hz, rate_hz=rate_hz))
    compressor = make(rate_hz, ratio="4", knee="6 dB", rms=rms, release="200 ms")
    loudest = np.abs(run(compressor, signal)[-rate_hz // 10 :, 0]).max()
    assert level_dbfs - 20 * np.log10(loudest) == pytest.approx(wanted, abs=0.1)


def test_power_is_not_impressed_by_a_click() -> None:
    click = 0.01 * np.ones(RATE_HZ)
    click[1000] = 1.0
    by_peaks, by_power = make(attack="0.1 ms"), make(attack="0.1 ms", rms="30 ms")
    run(by_peaks, stereo(click))
    run(by_power, stereo(click))
    assert by_power.activity.max_db < 0.2 * by_peaks.activity.max_db


@pytest.mark.parametrize("rms_ms", [5.0, 50.0, 300.0])
def test_63_percent_of_the_power_is_heard_within_the_time_of_rms(rms_ms: float) -> None:
    ratio = 20.0  # nearly all that is over goes away, so the reduction tells the level heard
    signal = stereo(tone(997.0, -1.0, 2 * RATE_HZ))
    got = make(ratio=f"{ratio}", rms=f"{rms_ms} ms", attack="0.1 ms", release="5 s")
    applied = reduction_db(got, signal)[:, 0] / (1.0 - 1.0 / ratio)
    reached = int(np.argmax(applied >= 19.0 + 10.0 * np.log10(1.0 - np.exp(-1.0)))) + 1
    assert reached == pytest.approx(rms_ms * RATE_HZ / 1000, rel=0.05)


@pytest.mark.parametrize("attack_ms", [1.0, 20.0, 100.0])
def test_63_percent_of_the_reduction_comes_within_the_attack(attack_ms: float) -> None:
    got = reduction_db(make(attack=f"{attack_ms} ms", release="1 s"), stereo(STEP))[:, 0]
    reached = int(np.argmax(got >= (1 - np.exp(-1)) * 10.0)) + 1
    assert reached == pytest.approx(attack_ms * RATE_HZ / 1000, rel=0.02, abs=2)


@pytest.mark.parametrize("release_ms", [50.0, 300.0])
def test_the_reduction_falls_to_37_percent_in_each_release(release_ms: float) -> None:
    signal = np.concatenate((STEP, STEP * 0.01))
    compressor = make(attack="0.1 ms", release=f"{release_ms} ms")
    got = reduction_db(compressor, stereo(signal))[len(STEP) :, 0]
    assert got[round(release_ms * RATE_HZ / 1000)] / got[0] == pytest.approx(
        np.exp(-1), rel=0.02
    )


@pytest.mark.parametrize("rate_hz", [44_100, 192_000])
@pytest.mark.parametrize("release_ms", [20.0, 100.0, 800.0])
@pytest.mark.parametrize("attack_ms", [0.5, 30.0, 100.0])
def test_exact_times_are_kept_on_a_sine(
    attack_ms: float, release_ms: float, rate_hz: int
) -> None:
    """Also where the release is shorter than the attack. 10 dB go, on a tone over a bed."""
    n_attack = round(8 * attack_ms * rate_hz / 1000) + rate_hz // 10
    n_release = round(3 * release_ms * rate_hz / 1000)
    loud, quiet = tone(4_001.0, 0.0, n_attack, rate_hz), np.full(n_release, 0.01)
    signal = stereo(np.concatenate((loud, quiet)))
    written = {"attack": f"{attack_ms} ms", "release": f"{release_ms} ms", "timing": "exact"}
    got = reduction_db(make(rate_hz, **written), signal)[:, 0]
    reached = int(np.argmax(got >= (1 - np.exp(-1)) * got[n_attack - 1]))
    given_back = int(np.argmax(got[n_attack:] <= np.exp(-1) * got[n_attack]))
    a_peak = rate_hz / 4_001 / 2  # until the tone says how loud it is
    assert reached == pytest.approx(attack_ms * rate_hz / 1000, rel=0.05, abs=a_peak)
    assert given_back == pytest.approx(release_ms * rate_hz / 1000, rel=0.05, abs=a_peak)


def test_smooth_timing_rounds_the_release_and_exact_timing_does_not() -> None:
    signal = stereo(np.concatenate((STEP, STEP * 0.01)))
    smooth, exact = (
        reduction_db(make(attack="50 ms", release="200 ms", timing=timing), signal)[:, 0]
        for timing in ("smooth", "exact")
    )
    np.testing.assert_array_equal(smooth[: len(STEP)], exact[: len(STEP)])
    after_10_ms = len(STEP) + RATE_HZ // 100
    assert exact[after_10_ms] == pytest.approx(10.0 * np.exp(-10 / 200), rel=0.001)
    assert smooth[after_10_ms] > 9.9


@pytest.mark.parametrize(
    ("loud_s", "since_s", "release_s"), [(0.002, 0.0, 0.1), (3.0, 0.5, 1.0)]
)
def test_auto_release_gives_back_63_percent_in_its_two_times(
    loud_s: float, since_s: float, release_s: float
) -> None:
    """After a passage the slow one is alone from half a second on."""
    loud, quiet = np.ones(round(loud_s * RATE_HZ)), 0.01 * np.ones(2 * RATE_HZ)
    compressor = make(attack="0.1 ms", timing="exact")
    signal = stereo(np.concatenate((loud, quiet)))
    got = reduction_db(compressor, signal)[len(loud) + round(since_s * RATE_HZ) :, 0]
    given_back = int(np.argmax(got <= np.exp(-1) * got[0]))
    assert given_back == pytest.approx(release_s * RATE_HZ, rel=0.05)


def test_auto_release_is_quick_after_a_peak_and_slow_after_a_loud_passage() -> None:
    def left_after(loud_s: float, wait_s: float = 0.4) -> float:
        loud = np.ones(round(loud_s * RATE_HZ))
        signal = stereo(np.concatenate((loud, 0.01 * np.ones(RATE_HZ))))
        got = reduction_db(make(attack="1 ms"), signal)[:, 0]
        return float(got[len(loud) + round(wait_s * RATE_HZ)])

    assert left_after(0.01) < 2.5
    assert left_after(2.0) > 5.0


def test_below_the_knee_every_bit_is_kept() -> None:
    quiet = 0.05 * NOISE
    np.testing.assert_array_equal(run(make(knee="6 dB"), quiet), quiet)


def test_every_bit_is_kept_again_when_the_reduction_is_over() -> None:
    signal = np.concatenate((stereo(STEP[:4800]), 0.01 * np.tile(NOISE, (60, 1))))
    out = run(make(release="100 ms"), signal)
    over = 3 * RATE_HZ  # of the 10 dB less than a thousand millionth is left
    np.testing.assert_array_equal(out[over:], signal[over:])


@pytest.mark.parametrize(("left", "right"), [(0.8, 0.05), (0.05, 0.8)])
def test_linked_channels_keep_their_balance(left: float, right: float) -> None:
    got = reduction_db(make(), stereo(STEP * left, STEP * right))
    assert got[-1, 0] > 8.0
    np.testing.assert_allclose(got[:, 1], got[:, 0], rtol=0, atol=1e-12)


def test_unlinked_channels_move_for_themselves() -> None:
    got = reduction_db(make(link="0 %"), stereo(STEP * 0.8, STEP * 0.05))
    assert got[-1, 0] > 8.0
    assert got[-1, 1] == 0.0


def test_half_a_link_lies_half_way() -> None:
    got = reduction_db(make(link="50 %"), stereo(STEP * 0.8, STEP * 0.05))
    assert got[-1, 1] == pytest.approx(got[-1, 0] / 2, rel=1e-6)


def test_the_sidechain_high_pass_keeps_the_bass_from_driving_it() -> None:
    bass = stereo(tone(30.0, -6.0))
    heard, unheard = make(), make(sidechain_high_pass="120 Hz")
    run(heard, bass)
    run(unheard, bass)
    assert heard.activity.max_db > 6.0
    assert unheard.activity.max_db < 0.1


@pytest.mark.parametrize("lookahead_ms", [0.0, 1.0, 5.0])
def test_lookahead_moves_the_gain_and_not_the_audio(lookahead_ms: float) -> None:
    signal = stereo(np.concatenate((0.01 * np.ones(RATE_HZ), STEP)))
    compressor = make(lookahead=f"{lookahead_ms} ms", attack="1 ms")
    out = run(compressor, signal)
    assert len(out) == len(signal)
    ahead = round(lookahead_ms * RATE_HZ / 1000)
    assert compressor.latency_samples == ahead
    np.testing.assert_array_equal(out[: RATE_HZ - ahead], signal[: RATE_HZ - ahead])
    assert out[RATE_HZ - ahead, 0] < signal[RATE_HZ - ahead, 0]


def test_makeup_is_a_gain_after_it() -> None:
    out = run(make(makeup="6 dB"), 0.01 * NOISE)
    np.testing.assert_allclose(out, 0.01 * NOISE * 10 ** (6 / 20), rtol=1e-15)


def test_a_steady_tone_is_not_distorted() -> None:
    compressor = make(threshold="-20 dB", knee="6 dB", attack="20 ms", release="200 ms")
    out = run(compressor, stereo(tone(1000.0, -12.0, 3 * RATE_HZ)))[-RATE_HZ:, 0]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    harmonics = [spectrum[1000 * n] for n in range(2, 10)]
    assert 20 * np.log10(np.linalg.norm(harmonics) / spectrum[1000]) < -90


def test_the_activity_is_the_reduction_that_was_applied() -> None:
    compressor = make()
    applied = reduction_db(compressor, stereo(STEP * 0.8))[:, 0]
    assert compressor.activity.max_db == pytest.approx(applied.max(), abs=1e-9)
    assert compressor.activity.mean_db == pytest.approx(applied.mean(), abs=1e-9)


@pytest.mark.parametrize("timing", ["smooth", "exact"])
@pytest.mark.parametrize("rms", ["off", "5 ms"])
@pytest.mark.parametrize("release", ["auto", "50 ms"])
@pytest.mark.parametrize("link", ["100 %", "40 %"])
@given(cuts=st.lists(st.integers(0, len(NOISE)), max_size=8))
@settings(max_examples=10, deadline=None)
def test_any_block_cut_gives_the_same_samples(
    cuts: list[int], link: str, release: str, rms: str, timing: str
) -> None:
    written = {"release": release, "link": link, "lookahead": "2 ms", "attack": "1 ms"}
    written |= {"rms": rms, "timing": timing}
    one, many = make(**written), make(**written)
    edges = [0, *sorted(cuts), len(NOISE)]
    parts = [many.process(NOISE[start:end]) for start, end in pairwise(edges)]
    whole = np.concatenate((one.process(NOISE), one.flush()))
    np.testing.assert_array_equal(np.concatenate((*parts, many.flush())), whole)
    assert many.activity == one.activity
    assert one.activity.max_db > 1.0


def test_digital_silence_is_kept() -> None:
    assert not run(make(), np.zeros((1000, 2))).any()


@pytest.mark.parametrize("n_detectors", [1, 2])
def test_the_plain_kernel_does_what_the_compiled_one_does(n_detectors: int) -> None:
    block, reduction_db = NOISE[:200], 10.0 * np.abs(NOISE[200:400, :n_detectors])
    results = []
    for apply in (apply_reduction, apply_reduction.py_func):
        out = np.empty((200, 2))
        apply(block, np.zeros((7, 2)), reduction_db.copy(), 1.2, out)
        results.append(out)
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12)
