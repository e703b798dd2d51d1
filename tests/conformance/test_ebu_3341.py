"""EBU Tech 3341 (11/2023), table 1: minimum-requirement signals, synthesised.

Cases 7 and 8 are recordings of programmes and cannot be synthesised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.signal import firwin, oaconvolve

from pipeline.dsp import Audio
from pipeline.dsp.loudness import LoudnessMeter, momentary_lufs, short_term_lufs
from pipeline.dsp.meter import Meter

if TYPE_CHECKING:
    from tests.conformance.conftest import Measured, Part, Tone

SILENCE_DBFS = float("-inf")
TOLERANCE = 0.1
# The tone stands at 1000 Hz, where the K-weighting lies 0.006 to 0.011 dB above 997 Hz.
RECORDED_OFFSET_LU, RECORDED_TOLERANCE = 0.008, 0.005


@pytest.mark.parametrize(("case", "level"), [(1, -23.0), (2, -33.0)])
def test_tech_3341_case_1_and_2_a_steady_tone_reads_its_level_on_every_scale(
    tone: Tone, measured: Measured, rate_hz: int, case: int, level: float
) -> None:
    loudness = measured(tone(rate_hz, (20.0, level)), rate_hz)
    for reading in (
        loudness.integrated_lufs,
        loudness.max_momentary_lufs,
        loudness.max_short_term_lufs,
    ):
        assert reading == pytest.approx(level, abs=TOLERANCE)
        assert reading == pytest.approx(level + RECORDED_OFFSET_LU, abs=RECORDED_TOLERANCE)


@pytest.mark.parametrize(
    ("case", "parts"),
    [
        (3, [(10.0, -36.0), (60.0, -23.0), (10.0, -36.0)]),
        (4, [(10.0, -72.0), (10.0, -36.0), (60.0, -23.0), (10.0, -36.0), (10.0, -72.0)]),
        (5, [(20.0, -26.0), (20.1, -20.0), (20.0, -26.0)]),
    ],
)
def test_tech_3341_case_3_to_5_the_gates_leave_minus_23(
    tone: Tone, measured: Measured, rate_hz: int, case: int, parts: list[Part]
) -> None:
    reading = measured(tone(rate_hz, *parts), rate_hz).integrated_lufs
    assert reading == pytest.approx(-23.0, abs=TOLERANCE)


def test_tech_3341_case_6_surround_channels_are_weighted(
    tone: Tone, measured: Measured, rate_hz: int
) -> None:
    levels_db, weights = (-28.0, -28.0, -24.0, -30.0, -30.0), (1.0, 1.0, 1.0, 1.41, 1.41)
    reading = measured(
        tone(rate_hz, (20.0, 0.0), channels_db=levels_db), rate_hz, weights=weights
    )
    assert reading.integrated_lufs == pytest.approx(-23.0, abs=TOLERANCE)


def test_tech_3341_case_9_short_term_is_constant_after_3_s(
    tone: Tone, measured: Measured, rate_hz: int
) -> None:
    blocks = tone(rate_hz, *[(1.34, -20.0), (1.66, -30.0)] * 5)
    readings = short_term_lufs(measured(blocks, rate_hz).energies)
    assert len(readings) == 121
    np.testing.assert_allclose(readings, -23.0, atol=TOLERANCE)


def test_tech_3341_case_10_maximum_short_term_wherever_the_tone_starts(
    tone: Tone, measured: Measured, rate_hz: int
) -> None:
    for i in range(20):
        blocks = tone(rate_hz, (i * 0.15, SILENCE_DBFS), (3.0, -23.0), (1.0, SILENCE_DBFS))
        reading = measured(blocks, rate_hz).max_short_term_lufs
        assert reading == pytest.approx(-23.0, abs=TOLERANCE), i


def test_tech_3341_case_11_successive_maxima_of_short_term(tone: Tone, rate_hz: int) -> None:
    meter = LoudnessMeter(rate_hz, 2)
    for i in range(20):
        head, tail = (i * 0.15, SILENCE_DBFS), (3.0 - i * 0.15, SILENCE_DBFS)
        for block in tone(rate_hz, head, (3.0, -38.0 + i), tail):
            meter.update(block)
        reading = meter.result().max_short_term_lufs
        assert reading == pytest.approx(-38.0 + i, abs=TOLERANCE), i


def test_tech_3341_case_12_momentary_is_constant_after_1_s(
    tone: Tone, measured: Measured, rate_hz: int
) -> None:
    blocks = tone(rate_hz, *[(0.18, -20.0), (0.22, -30.0)] * 25)
    readings = momentary_lufs(measured(blocks, rate_hz).energies)[6:]
    assert len(readings) == 91
    np.testing.assert_allclose(readings, -23.0, atol=TOLERANCE)


def test_tech_3341_case_13_maximum_momentary_wherever_the_tone_starts(
    tone: Tone, measured: Measured, rate_hz: int
) -> None:
    for i in range(20):
        blocks = tone(rate_hz, (i * 0.02, SILENCE_DBFS), (0.4, -23.0), (1.0, SILENCE_DBFS))
        reading = measured(blocks, rate_hz).max_momentary_lufs
        assert reading == pytest.approx(-23.0, abs=TOLERANCE), i


def test_tech_3341_case_14_successive_maxima_of_momentary(tone: Tone, rate_hz: int) -> None:
    meter = LoudnessMeter(rate_hz, 2)
    for i in range(20):
        head, tail = (i * 0.02, SILENCE_DBFS), (0.4 - i * 0.02, SILENCE_DBFS)
        for block in tone(rate_hz, head, (0.4, -38.0 + i), tail):
            meter.update(block)
        reading = meter.result().max_momentary_lufs
        assert reading == pytest.approx(-38.0 + i, abs=TOLERANCE), i


@pytest.mark.parametrize(
    ("case", "divisor", "amplitude", "phase_degrees", "expected"),
    [
        (15, 4, 0.50, 0.0, -6.0),
        (16, 4, 0.50, 45.0, -6.0),
        (17, 6, 0.50, 60.0, -6.0),
        (18, 8, 0.50, 67.5, -6.0),
        (19, 4, 1.41, 45.0, 3.0),
    ],
)
def test_tech_3341_case_15_to_19_true_peak_of_a_tone_between_the_samples(
    rate_hz: int,
    case: int,
    divisor: int,
    amplitude: float,
    phase_degrees: float,
    expected: float,
) -> None:
    n_samples = rate_hz // 2
    angle = 2 * np.pi / divisor * np.arange(n_samples) + np.deg2rad(phase_degrees)
    fade = np.minimum(
        1.0, np.minimum(np.arange(n_samples), np.arange(n_samples)[::-1]) / (rate_hz / 100)
    )
    assert_true_peak(amplitude * fade * np.sin(angle), rate_hz, expected)


@pytest.mark.parametrize("case", [20, 21, 22, 23])
def test_tech_3341_case_20_to_23_true_peak_of_one_loud_period(rate_hz: int, case: int) -> None:
    assert_true_peak(one_loud_period(rate_hz)[case - 20 :: 4], rate_hz, 0.0)


def one_loud_period(rate_hz: int) -> Audio:
    """Return, at four times the rate, fs/6 at 0.5 with one period of fs/4 at 1.0 in it."""
    half = 24 * (rate_hz // 192)
    quiet = 0.5 * np.sin(2 * np.pi / 24 * np.arange(half))
    loud = np.sin(2 * np.pi / 16 * np.arange(16))
    taps = firwin(255, 0.25)
    audio: Audio = oaconvolve(np.concatenate((quiet, loud, quiet)), taps, mode="same")
    return audio


def assert_true_peak(mono: Audio, rate_hz: int, expected: float) -> None:
    meter = Meter(rate_hz, 2)
    meter.update(np.column_stack((mono, mono)))
    found = meter.result()
    for reading in (found.true_peak_dbtp, found.itu_true_peak_dbtp):
        assert expected - 0.4 <= reading <= expected + 0.2
