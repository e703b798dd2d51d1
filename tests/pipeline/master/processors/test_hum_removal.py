from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.master.processors.hum_removal import HumRemoval, HumRemover, take_tones

RATE_HZ = 48_000
RNG = np.random.default_rng(12)
NOISE = RNG.normal(0.0, 0.1, (RATE_HZ, 2))
Mono = npt.NDArray[np.float64]


def make(rate_hz: int = RATE_HZ, /, **written: Any) -> HumRemover:
    return HumRemoval.model_validate({"mains": "50 Hz"} | written).make(rate_hz)


def run(remover: HumRemover, signal: Audio, edges: list[int] | None = None) -> Audio:
    cuts = edges or [0, len(signal)]
    parts = [remover.process(signal[start:end]) for start, end in pairwise(cuts)]
    return np.concatenate((*parts, remover.flush()))


def tone(at_hz: float, seconds: float, level_dbfs: float) -> Mono:
    place = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.asarray(10 ** (level_dbfs / 20) * np.sin(2 * np.pi * at_hz * place))


def both(mono: Mono) -> Audio:
    return np.column_stack((mono, mono))


def level_db(samples: Audio) -> float:
    """Return the level of a sine's peaks, when there is one of this power."""
    return float(10 * np.log10(2 * np.mean(samples**2) + 1e-30))


@pytest.mark.parametrize("rate_hz", [44_100, 96_000, 192_000])
def test_each_tone_is_met_by_a_notch_of_the_depth_and_width_asked_for(rate_hz: int) -> None:
    """Of one impulse, so soft that nothing is bounded."""
    seconds = 20
    impulse = np.zeros((seconds * rate_hz, 2))
    impulse[0] = 1e-3
    out = run(make(rate_hz, harmonics=4, width="2 Hz", depth="40 dB"), impulse)
    response_db = 20 * np.log10(np.abs(np.fft.rfft(1e3 * out[:, 0])))
    for number in range(1, 5):
        at, half_width = 50 * number * seconds, number * seconds
        assert response_db[at] == pytest.approx(-40.0, abs=0.05)
        # The middle is the geometric mean of the two edges.
        edges = [round(np.hypot(at, half_width) + side * half_width) for side in (-1, 1)]
        np.testing.assert_allclose(response_db[edges], -3.01, atol=0.07)
    between = [75 * seconds, 125 * seconds, 1000 * seconds, 10_000 * seconds]
    np.testing.assert_allclose(response_db[between], 0.0, atol=0.1)


@pytest.mark.parametrize("mains", ["50 Hz", "60 Hz", "49.6 Hz"])
def test_hum_and_its_multiples_are_lowered_by_the_depth(mains: str) -> None:
    at_hz = float(mains.split()[0])
    hum = sum(tone(number * at_hz, 6.0, -50.0 - 3 * number) for number in range(1, 6))
    out = run(make(mains=mains, harmonics=5, depth="30 dB"), both(np.asarray(hum)))
    later = slice(3 * RATE_HZ, None)
    assert level_db(out[later]) - level_db(both(np.asarray(hum))[later]) == pytest.approx(
        -30.0, abs=0.2
    )


@pytest.mark.parametrize(("drift_hz", "least_db"), [(0.05, 19.0), (0.1, 13.5), (-0.1, 13.5)])
def test_hum_that_drifts_is_lowered_at_all_its_multiples(
    drift_hz: float, least_db: float
) -> None:
    hum = both(tone(8 * (50.0 + drift_hz), 4.0, -50.0))
    out = run(make(), hum)
    later = slice(2 * RATE_HZ, None)
    assert level_db(hum[later]) - level_db(out[later]) > least_db


def test_hum_under_music_goes_and_the_music_stays() -> None:
    music = 0.1 * NOISE[np.arange(6 * RATE_HZ) % RATE_HZ]
    hum = both(tone(50.0, 6.0, -55.0) + tone(150.0, 6.0, -60.0))
    left = run(make(), music + hum) - run(make(), music)
    later = slice(3 * RATE_HZ, None)
    assert level_db(left[later]) - level_db(hum[later]) < -35.0
    changed = run(make(), music)[later] - music[later]
    assert level_db(changed) - level_db(music[later]) < -20.0


def test_a_loud_bass_note_passes_all_but_whole_and_rings_no_louder_than_hum() -> None:
    note = both(np.concatenate((tone(50.0, 1.0, -12.0), np.zeros(2 * RATE_HZ))))
    remover = make(harmonics=1)
    out = run(remover, note)
    assert np.abs(out - note).max() <= 10 ** (-50 / 20)
    assert remover.told["louder_than_hum_percent"][0] > 25.0
    unbounded = run(make(harmonics=1, up_to="0 dBFS"), note)
    rings = slice(RATE_HZ + RATE_HZ // 100, None)
    assert np.abs(unbounded[rings]).max() > 0.1  # this is what a plain notch does
    assert 20 * np.log10(np.abs(out[rings]).max()) < -50.0
    assert 20 * np.log10(np.abs(out[2 * RATE_HZ :]).max()) < -70.0


def test_a_drum_does_not_ring() -> None:
    place = np.arange(2 * RATE_HZ) / RATE_HZ
    sweep = np.cumsum(45.0 + 120.0 * np.exp(-place / 0.03)) / RATE_HZ
    drum = both(0.7 * np.exp(-place / 0.06) * np.sin(2 * np.pi * sweep))
    ring = run(make(), drum) - drum
    assert 20 * np.log10(np.abs(ring[RATE_HZ // 2 :]).max()) < -48.0
    assert 20 * np.log10(np.abs(ring[RATE_HZ:]).max()) < -70.0


def test_what_is_taken_of_a_loud_tone_is_a_tone() -> None:
    """It is bounded by its size, which is steady, and not cut off."""
    note = both(tone(50.0, 8.0, -12.0))
    out = run(make(harmonics=1), note)[4 * RATE_HZ :, 0]
    spectrum = np.abs(np.fft.rfft(out * np.kaiser(len(out), 24.0)))
    beside = np.concatenate((spectrum[: 4 * 40], spectrum[4 * 60 :]))
    assert 20 * np.log10(beside.max() / spectrum.max()) < -70.0


def test_it_tells_what_it_took() -> None:
    remover = make(harmonics=3)
    run(remover, both(tone(100.0, 20.0, -50.0)))
    told = remover.told
    assert told["tones_hz"] == [50.0, 100.0, 150.0]
    assert told["taken_dbfs"][1] == pytest.approx(-53.2, abs=0.2)
    assert told["louder_than_hum_percent"] == [0.0, 0.0, 0.0]
    assert told["did"].startswith("took away 100 Hz -53 dBFS")
    loud = make(harmonics=1)
    run(loud, both(tone(50.0, 2.0, -12.0)))
    assert "a tone was louder than hum for" in loud.told["did"]


def test_it_tells_that_there_was_nothing() -> None:
    remover = make()
    assert not run(remover, np.zeros((1000, 2))).any()
    assert remover.told["did"] == "found nothing to take away"


@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
@settings(deadline=None)
def test_any_block_cut_gives_the_same_samples_and_tells_the_same(cuts: list[int]) -> None:
    one, many = make(up_to="-60 dBFS"), make(up_to="-60 dBFS")
    whole = run(one, NOISE)
    np.testing.assert_array_equal(run(many, NOISE, [0, *sorted(cuts), len(NOISE)]), whole)
    np.testing.assert_array_equal(many._taken, one._taken)


def test_what_rings_in_silence_ends() -> None:
    silence = np.zeros((12 * RATE_HZ, 2))
    out = run(make(width="5 Hz"), np.concatenate((NOISE, silence)))
    assert not out[-RATE_HZ:].any()


def test_a_rate_that_cannot_carry_the_highest_tone_is_a_sentence() -> None:
    with pytest.raises(ValueError, match="2030 Hz is too high for a mix at 4000 Hz"):
        make(4_000, mains="70 Hz", harmonics=40)


def test_the_plain_kernel_does_what_the_compiled_one_does() -> None:
    tones = np.array([[0.9, 0.05, 0.003, 0.2, 0.1], [0.8, 0.1, 0.01, 0.3, 0.2]])
    results = []
    for take in (take_tones, take_tones.py_func):
        samples, taken = NOISE[:300].copy(), np.zeros((2, 2, 2))
        take(samples, tones, np.array([0.9, 0.002]), np.zeros((2, 2, 2)), taken)
        assert (taken > 0.0).all()
        results.append((samples, taken))
    for compiled, plain in zip(*results, strict=True):
        np.testing.assert_allclose(compiled, plain, rtol=0, atol=1e-12)
