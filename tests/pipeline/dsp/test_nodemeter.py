from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.nodemeter import Metered, NodeLevels, NodeMeter, _note_levels
from pipeline.dsp.routing import Routed
from pipeline.master.processors.compressor import Compressor

RATE_HZ = 48_000
NOISE = np.random.default_rng(1).normal(0.0, 0.1, (31_000, 2))


def measured(audio: Audio, edges: list[int] | None = None) -> NodeLevels:
    meter = NodeMeter(RATE_HZ)
    for start, end in pairwise(edges or [0, len(audio)]):
        meter.update(audio[start:end])
    return meter.result()


@given(st.lists(st.integers(0, len(NOISE)), max_size=8))
@settings(max_examples=20, deadline=None)
def test_any_block_cut_gives_the_same_levels(cuts: list[int]) -> None:
    one, many = measured(NOISE), measured(NOISE, [0, *sorted(cuts), len(NOISE)])
    assert many.peak == one.peak
    np.testing.assert_allclose(many.powers, one.powers, rtol=1e-12)


def test_levels_are_those_that_numpy_finds() -> None:
    found = measured(NOISE)
    whole = NOISE[: len(NOISE) // 960 * 960].reshape(-1, 960, 2)
    assert found.peak == np.abs(NOISE).max()
    np.testing.assert_allclose(found.powers, (whole**2).mean(axis=(1, 2)), rtol=1e-12)
    assert found.rms_dbfs == pytest.approx(-20.0, abs=0.1)


def test_the_compiled_meter_reads_as_the_plain_one() -> None:
    sums = np.zeros((2, 7))
    peak = _note_levels(NOISE[:901], 333, 200, sums[0])
    assert _note_levels.py_func(NOISE[:901], 333, 200, sums[1]) == peak
    np.testing.assert_allclose(sums[0], sums[1], rtol=1e-12)


def test_a_full_scale_sine_reads_minus_three_db_and_silence_reads_nothing() -> None:
    sine = np.sin(2 * np.pi * 1000.0 * np.arange(RATE_HZ) / RATE_HZ)
    found = measured(np.column_stack((sine, sine)))
    assert found.peak_dbfs == pytest.approx(0.0, abs=0.01)
    assert found.rms_dbfs == pytest.approx(-3.01, abs=0.01)
    silent = measured(np.zeros((5 * RATE_HZ, 2)))
    assert (silent.peak_dbfs, silent.rms_dbfs, silent.range_db) == (-120.0, -120.0, None)
    assert silent.attacks_lost_db(silent) == 0.0
    assert measured(np.empty((0, 2))).rms_dbfs == -120.0
    assert measured(NOISE[:100]).range_db is None


def test_the_range_is_how_far_soft_and_loud_lie_apart() -> None:
    noise = np.random.default_rng(2).normal(0.0, 0.1, (20 * RATE_HZ, 2))
    noise[: 10 * RATE_HZ] *= 10.0 ** (-12.0 / 20.0)
    assert measured(noise).range_db == pytest.approx(12.0, abs=0.3)


def drums() -> Audio:
    """Return eight seconds of beats over a bed of noise."""
    time_s = np.arange(8 * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(3).normal(0.0, 0.05, (len(time_s), 2))
    return np.asarray(noise * (0.2 + 3.0 * np.exp(-(time_s % 0.4) / 0.004))[:, None])


def test_clipped_attacks_are_lost_and_a_gain_loses_none() -> None:
    audio = drums()
    before = measured(audio)
    assert measured(0.25 * audio).attacks_lost_db(before) == pytest.approx(0.0, abs=1e-9)
    crests = np.abs(audio).max() * 10.0 ** (-np.array([6.0, 12.0]) / 20.0)
    gentle, hard = (measured(audio.clip(-each, each)) for each in crests)
    assert 0.0 < gentle.attacks_lost_db(before) < hard.attacks_lost_db(before) < 12.0


def test_a_meter_behind_a_processor_that_waits_is_in_time_with_the_mix() -> None:
    waits = Compressor.model_validate(
        {"threshold": "0 dB", "ratio": "2", "lookahead": "10 ms"}
    ).make(RATE_HZ)
    node = Metered(waits, sample_rate_hz=RATE_HZ)
    out = np.concatenate((node.process(NOISE), node.flush()))
    np.testing.assert_array_equal(out, NOISE)
    np.testing.assert_allclose(node.meter.result().powers, measured(NOISE).powers, rtol=1e-12)
    assert Routed(node, channels="stereo", mix=1.0).latency_samples == 0
