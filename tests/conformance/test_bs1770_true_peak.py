"""EBU Tech 3341 (2023), Table 1, cases 15 to 23: true peak within +0.2 and -0.4 dB."""

import math

import numpy as np
import pytest
from scipy.signal import firwin

from pipeline.dsp import Audio
from pipeline.dsp.truepeak import TruePeakMeter

RATE_HZ = 48_000


def reading(signal: Audio) -> tuple[float, float]:
    meter = TruePeakMeter(RATE_HZ, 2)
    meter.update(signal)
    return meter.true_peak_dbtp, meter.itu_true_peak_dbtp


def tone(amplitude: float, *, divisor: int, phase_degrees: float) -> Audio:
    n = np.arange(RATE_HZ)
    fade = np.minimum(1.0, np.minimum(n, n[::-1]) / (0.010 * RATE_HZ))
    wave = amplitude * np.sin(2 * np.pi * n / divisor + math.radians(phase_degrees)) * fade
    return np.column_stack((wave, wave))


def burst(offset: int) -> Audio:
    """One period of fs/4 at full scale inside fs/6 at half scale, made at 4 fs."""
    steps = np.full(4 * 6 * 2_000, 2 * math.pi / 24)
    amplitude = np.full(len(steps), 0.5)
    start = 24 * 1_000
    steps[start : start + 16] = 2 * math.pi / 16
    amplitude[start : start + 16] = 1.0
    n = np.arange(len(steps))
    fade = np.minimum(1.0, np.minimum(n, n[::-1]) / (0.010 * 4 * RATE_HZ))
    wave = amplitude * np.sin(np.cumsum(steps) - steps[0]) * fade
    low_passed = np.convolve(wave, firwin(401, 20_000, fs=4 * RATE_HZ), mode="same")
    row = low_passed[offset::4]
    return np.column_stack((row, row))


@pytest.mark.parametrize(
    ("case", "amplitude", "divisor", "phase_degrees", "expected_dbtp"),
    [
        (15, 0.5, 4, 0.0, -6.0),
        (16, 0.5, 4, 45.0, -6.0),
        (17, 0.5, 6, 60.0, -6.0),
        (18, 0.5, 8, 67.5, -6.0),
        (19, 1.41, 4, 45.0, 3.0),
    ],
)
def test_tech_3341_tones(
    case: int, amplitude: float, divisor: int, phase_degrees: float, expected_dbtp: float
) -> None:
    for read in reading(tone(amplitude, divisor=divisor, phase_degrees=phase_degrees)):
        assert -0.4 <= read - expected_dbtp <= 0.2, case


@pytest.mark.parametrize(("case", "offset"), [(20, 0), (21, 1), (22, 2), (23, 3)])
def test_tech_3341_a_period_between_the_samples(case: int, offset: int) -> None:
    for read in reading(burst(offset)):
        assert -0.4 <= read <= 0.2, case
