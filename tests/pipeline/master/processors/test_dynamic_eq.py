from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.master.processors.dynamic_eq import DynamicEq, MovingBands

RATE_HZ = 48_000
TIME_S = np.arange(2 * RATE_HZ) / RATE_HZ
NOISE = np.random.default_rng(5).normal(0.0, 0.2, (5000, 2))
Mono = npt.NDArray[np.float64]


def make(*bands: dict[str, Any], **written: Any) -> MovingBands:
    plain = {"at": "1 kHz", "threshold": "-30 dB", "range": "-12 dB", "knee": "0 dB"}
    return DynamicEq.model_validate(
        {"bands": [plain | band for band in bands or ({},)]} | written
    ).make(RATE_HZ)


def tone(frequency_hz: float, level_dbfs: float, time_s: Mono = TIME_S) -> Mono:
    return np.asarray(10 ** (level_dbfs / 20) * np.sin(2 * np.pi * frequency_hz * time_s))


def stereo(left: Mono, right: Mono | None = None) -> Audio:
    return np.column_stack((left, left if right is None else right))


def run(moving: MovingBands, signal: Audio, cuts: list[int] | None = None) -> Audio:
    edges = [0, *sorted(cuts or []), len(signal)]
    parts = [moving.process(signal[start:end]) for start, end in pairwise(edges)]
    return np.concatenate((*parts, moving.flush()))[moving.latency_samples :]


def level_db(out: Mono, frequency_hz: float) -> float:
    """Return the level of a whole number of Hz in the last second."""
    last = out[-RATE_HZ:]
    return float(20 * np.log10(2 / RATE_HZ * abs(np.fft.rfft(last)[round(frequency_hz)])))


@pytest.mark.parametrize("range_db", [-12.0, -4.0, 12.0, 3.0])
@pytest.mark.parametrize("ratio", [1.5, 4.0])
@pytest.mark.parametrize("level_dbfs", [-40.0, -26.0, -18.0])
def test_a_tone_in_the_band_is_moved_by_threshold_ratio_and_range(
    level_dbfs: float, ratio: float, range_db: float
) -> None:
    moving = make({"ratio": f"{ratio}", "range": f"{range_db} dB", "release": "1 s"})
    out = run(moving, stereo(tone(1000, level_dbfs)))[:, 0]
    move_db = min(max(level_dbfs + 30, 0) * (1 - 1 / ratio), abs(range_db))
    wanted = level_dbfs + np.copysign(move_db, range_db)
    assert level_db(out, 1000) == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize("gain_db", [-9.0, 6.0])
@pytest.mark.parametrize("shape", ["bell", "low_shelf", "high_shelf"])
def test_a_band_that_moved_all_the_way_has_the_curve_of_its_shape(
    shape: str, gain_db: float
) -> None:
    loud_hz = {"bell": 1000, "low_shelf": 60, "high_shelf": 15_000}[shape]
    band = {"shape": shape, "range": f"{gain_db} dB", "ratio": "20", "threshold": "-60 dB"}
    gain = 10 ** (gain_db / 20)
    for at_hz in (100, 500, 1000, 2100, 9000):
        signal = tone(loud_hz, -6.0) * (loud_hz != at_hz) + tone(at_hz, -60.0)
        s, root = 1j * at_hz / 1000, gain**0.5
        wanted = {
            "bell": (s**2 + gain * s + 1) / (s**2 + s + 1),
            "low_shelf": (s**2 + (2 * gain) ** 0.5 * s + gain) / (s**2 + 2**0.5 * s + 1),
            "high_shelf": (gain * s**2 + root * 2**0.5 * s + 1) / (s**2 + 2**0.5 * s + 1),
        }[shape]
        if loud_hz != at_hz:
            got_db = level_db(run(make(band), stereo(signal))[:, 0], at_hz) + 60
            assert got_db == pytest.approx(20 * np.log10(abs(wanted)), abs=0.2), at_hz


def test_below_the_threshold_every_bit_is_kept() -> None:
    bass = stereo(tone(60, -1.0) + 1e-3 * np.random.default_rng(1).normal(size=len(TIME_S)))
    moving = make({"at": "4 kHz", "threshold": "-30 dB"}, {"at": "9 kHz", "range": "6 dB"})
    np.testing.assert_array_equal(run(moving, bass), bass)
    assert [each.max_db for _, each in moving.activities] == [0.0, 0.0]


@pytest.mark.parametrize(("attack_ms", "release_ms"), [(5.0, 200.0), (50.0, 50.0)])
def test_it_moves_in_its_attack_and_comes_back_in_its_release(
    attack_ms: float, release_ms: float
) -> None:
    """Seen in a band so wide, and a tone so high, that neither takes time of its own."""
    band = {"at": "8 kHz", "q": "0.3", "attack": f"{attack_ms} ms", "ratio": "20"}
    moving = make({**band, "release": f"{release_ms} ms"})
    loud = (TIME_S >= 0.5) & (TIME_S < 1.0)
    peaks = np.cos(2 * np.pi * 8000 * TIME_S)  # one in every six samples
    signal = peaks * np.where(loud, 10**-0.5, 10**-3)
    gain = np.abs(run(moving, stereo(signal))[::6, 0] / signal[::6])
    moved_db = -20 * np.log10(gain[4000:])
    reached = int(np.argmax(moved_db >= 12 * (1 - np.exp(-1)))) / 8 + 0.125
    assert reached == pytest.approx(attack_ms, rel=0.1)
    from_end = moved_db[4000 + 8 :]  # behind what rings in the band for a millisecond
    given_back = int(np.argmax(from_end <= 12 * np.exp(-1))) / 8
    assert release_ms <= given_back <= release_ms + 1.5 * attack_ms


def test_lookahead_moves_the_gain_and_not_the_audio() -> None:
    signal = stereo(np.where(TIME_S >= 1.0, tone(1000, -6), tone(1000, -60)))
    now, ahead = make({"attack": "1 ms"}), make({"attack": "1 ms"}, lookahead="5 ms")
    assert (now.latency_samples, ahead.latency_samples) == (0, 240)
    early, late = run(ahead, signal), run(now, signal)
    assert len(early) == len(late) == len(signal)
    np.testing.assert_array_equal(early[: RATE_HZ - 240], signal[: RATE_HZ - 240])
    first_peak = slice(RATE_HZ, RATE_HZ + 24)
    assert np.abs(early[first_peak]).max() < 0.75 * np.abs(late[first_peak]).max()


@pytest.mark.parametrize(("link", "moves"), [("100 %", True), ("0 %", False)])
def test_linked_channels_move_as_one(link: str, moves: bool) -> None:
    signal = stereo(tone(1000, -10), tone(1000, -50))
    out = run(make(link=link), signal)
    assert (level_db(out[:, 1], 1000) < -55) == moves
    assert level_db(out[:, 0], 1000) < -19


def test_a_steady_tone_is_not_distorted() -> None:
    out = run(
        make({"release": "200 ms", "ratio": "2", "range": "-24 dB"}), stereo(tone(1000, -12))
    )
    harmonics = [level_db(out[:, 0], 1000 * n) for n in range(2, 10)]
    assert max(harmonics) < level_db(out[:, 0], 1000) - 70


def test_the_activity_tells_what_each_band_did_and_lifts_are_negative() -> None:
    moving = make(
        {"ratio": "20", "range": "-4 dB"}, {"ratio": "20", "range": "2 dB", "at": "60 Hz"}
    )
    run(moving, stereo(tone(1000, -10) + tone(60, -10)))
    (low, lowered), (high, lifted) = moving.activities
    assert (low, high) == ("bell 1000 Hz", "bell 60 Hz")
    assert lowered.max_db == pytest.approx(4.0, abs=0.01)
    assert 3.5 < lowered.mean_db < lowered.max_db
    assert lifted.max_db == pytest.approx(-2.0, abs=0.01)
    assert lifted.max_db < lifted.mean_db < -1.5


@given(cuts=st.lists(st.integers(0, len(NOISE)), max_size=8))
@settings(max_examples=25, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int]) -> None:
    bands = [
        {"shape": "low_shelf", "at": "200 Hz"},
        {},
        {"shape": "high_shelf", "range": "3 dB"},
    ]
    one, many = (make(*bands, lookahead="2 ms", link="40 %") for _ in range(2))
    np.testing.assert_array_equal(run(many, NOISE, cuts), run(one, NOISE))
    assert many.activities == one.activities
    assert all(abs(each.max_db) > 1.0 for _, each in one.activities)


def test_a_band_that_the_rate_cannot_carry_is_refused() -> None:
    settings = DynamicEq.model_validate(
        {"bands": {"at": "16 kHz", "threshold": "-30 dB", "range": "-3 dB"}}
    )
    with pytest.raises(ValueError, match="16000 Hz is too high for a mix at 32000 Hz"):
        settings.make(32_000)
