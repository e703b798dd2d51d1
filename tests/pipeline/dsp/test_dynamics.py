"""Level, crest, offset, DR and PSR against what the papers say, written out plainly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.dynamics import Dynamics, DynamicsMeter, dr_db, psr_db, sum_up
from pipeline.dsp.loudness import LoudnessMeter
from pipeline.dsp.truepeak import TruePeakTrace

RATE_HZ = 8_000


def measure(audio: Audio, cuts: list[int] | None = None, *, rate_hz: int = RATE_HZ) -> Dynamics:
    meter = DynamicsMeter(rate_hz, audio.shape[1])
    for block in np.split(audio, sorted(cuts or [])):
        meter.update(block)
    return meter.result()


def sine(seconds: float, amplitude: float, *, hz: float = 500.0) -> Audio:
    wave = amplitude * np.sin(2 * np.pi * hz / RATE_HZ * np.arange(round(seconds * RATE_HZ)))
    return np.column_stack((wave, wave))


def bursts(seconds: float) -> Audio:
    """Return seeded noise whose level moves by 30 dB, and an offset on the right."""
    rng = np.random.default_rng(13)
    n_samples = round(seconds * RATE_HZ)
    levels_db = np.repeat(rng.uniform(-40, -10, n_samples // 4_000 + 1), 4_000)[:n_samples]
    noise = rng.standard_normal((n_samples, 2)) * 10 ** (levels_db / 20)[:, np.newaxis]
    audio: Audio = np.clip(0.5 * noise + [0.0, 0.01], -1, 1)
    return audio


def printed_dr_db(channel: Audio, *, block_samples: int) -> float:
    """Equations 1 to 4 of "Measuring DR"."""
    blocks = channel[: len(channel) // block_samples * block_samples].reshape(-1, block_samples)
    rms = np.sort(np.sqrt(2 * (blocks**2).sum(axis=1) / block_samples))
    peaks = np.sort(abs(blocks).max(axis=1))
    n = int(0.2 * len(blocks))
    return float(-20 * math.log10(math.sqrt((rms[-n:] ** 2).sum() / n) / peaks[-2]))


def test_a_sine_at_full_scale_reads_minus_3_and_has_a_crest_of_3() -> None:
    found = measure(sine(2, 1.0))
    assert found.rms_dbfs == pytest.approx(-3.01, abs=0.01)
    assert found.crest_db == pytest.approx(3.01, abs=0.01)


def test_the_crest_is_that_of_the_channel_with_the_peak() -> None:
    audio = sine(2, 0.01)
    audio[100, 1] = 0.5
    left, right = measure(audio).channels
    assert measure(audio).crest_db == pytest.approx(right.sample_peak_dbfs - right.rms_dbfs)
    assert left.sample_peak_dbfs == pytest.approx(-40, abs=0.01)


def test_an_offset_is_found_on_its_channel() -> None:
    found = measure(sine(2, 0.5) + np.array([0.0, -0.02]))
    assert [each.dc_offset for each in found.channels] == pytest.approx([0, -0.02], abs=1e-9)
    assert found.dc_offset_dbfs == pytest.approx(-33.98, abs=0.01)


def test_dr_is_what_the_paper_computes() -> None:
    audio = bursts(61)
    found = measure(audio)
    wanted = [printed_dr_db(channel, block_samples=3 * RATE_HZ) for channel in audio.T]
    assert [each.dr_db for each in found.channels] == pytest.approx(wanted)
    assert found.dr == math.floor(sum(wanted) / 2 + 0.5)


def test_dr_at_44100_hz_has_the_printed_block_length() -> None:
    rng = np.random.default_rng(1)
    audio = (
        rng.standard_normal((5 * 132_480, 1))
        * np.repeat([0.01, 0.1, 0.2, 0.05, 0.1], 132_480)[:, None]
    )
    found = measure(audio, rate_hz=44_100).channels[0].dr_db
    assert found == pytest.approx(printed_dr_db(audio[:, 0], block_samples=132_480))


def test_a_steady_sine_has_no_dynamics() -> None:
    assert measure(sine(12, 0.3)).dr == 0


def test_dr_is_undefined_under_two_blocks_and_for_silence() -> None:
    assert measure(sine(5.9, 0.3)).dr is None
    assert measure(np.zeros((20 * RATE_HZ, 2))).dr is None


def test_a_silent_channel_takes_no_part_in_dr() -> None:
    audio = bursts(30)
    both, left = measure(audio), measure(audio * [1.0, 0.0])
    assert left.channels[1].dr_db is None
    assert left.dr == math.floor((both.channels[0].dr_db or 0) + 0.5)


def test_silence_is_minus_infinity_and_has_no_crest() -> None:
    found = measure(np.zeros((100, 2)))
    assert (found.rms_dbfs, found.dc_offset_dbfs, found.crest_db) == (
        -math.inf,
        -math.inf,
        None,
    )


@settings(deadline=None)
@given(st.lists(st.integers(0, 40 * RATE_HZ), max_size=5))
def test_any_block_cut_gives_the_same(cuts: list[int]) -> None:
    assert measure(PIECE, cuts) == measure(PIECE)


PIECE = bursts(40)


def test_the_plain_function_sums_as_the_kernel_does() -> None:
    block, so_far, done = bursts(0.1), np.zeros((2, 3)), np.empty((2, 2, 3))
    sum_up.py_func(block, 100, 500, so_far, done)
    for k, part in enumerate((block[:100], block[100:600])):
        np.testing.assert_allclose(done[k, :, 0], part.sum(axis=0))
        np.testing.assert_allclose(done[k, :, 1], (part**2).sum(axis=0))
        np.testing.assert_allclose(done[k, :, 2], abs(part).max(axis=0))
    np.testing.assert_allclose(so_far[:, 1], (block[600:] ** 2).sum(axis=0))


def ratios(audio: Audio) -> Audio:
    loudness, trace = LoudnessMeter(RATE_HZ, 2), TruePeakTrace(RATE_HZ, 2)
    loudness.update(audio)
    trace.update(audio)
    return psr_db(loudness.result().energies, trace.peaks())


def test_psr_of_a_tone_is_its_peak_less_its_loudness() -> None:
    meter = LoudnessMeter(RATE_HZ, 2)
    meter.update(sine(5, 0.1))
    loudness = meter.result().max_short_term_lufs
    assert loudness is not None
    found = ratios(sine(5, 0.1))
    assert len(found) == 21
    np.testing.assert_allclose(found, -20.0 - loudness, atol=0.05)


def test_psr_takes_the_peak_of_the_same_three_seconds() -> None:
    audio = sine(8, 0.1)
    audio[4 * RATE_HZ + 5] = 0.9
    found = ratios(audio)
    is_near = (np.arange(len(found)) > 10) & (np.arange(len(found)) <= 40)
    assert found[is_near].min() > found[~is_near].max() + 15


def test_psr_does_not_look_at_what_the_loudness_range_leaves_out() -> None:
    """A hum of one frequency behind the music would be the least of all."""
    noise = np.random.default_rng(5).standard_normal((10 * RATE_HZ, 2)) * 0.1
    found = ratios(np.concatenate((noise, sine(10, 0.0005))))
    assert np.isnan(found[-60:]).all()
    assert np.nanmin(found) > 5


def test_psr_of_silence_is_undefined() -> None:
    assert np.isnan(ratios(np.zeros((5 * RATE_HZ, 2)))).all()
    assert not len(ratios(np.zeros((2 * RATE_HZ, 2))))


def test_dr_needs_the_second_highest_peak() -> None:
    powers, peaks = np.array([0.1, 0.1, 0.1]), np.array([1.0, 0.5, 0.2])
    assert dr_db(powers, peaks) == pytest.approx(20 * math.log10(0.5 / math.sqrt(0.2)))
