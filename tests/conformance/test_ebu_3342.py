"""EBU Tech 3342 (11/2023), table 1: minimum-requirement signals, synthesised.

Cases 5 and 6 are recordings of programmes and cannot be synthesised.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.dsp.loudness import LoudnessMeter

TOLERANCE_LU = 1.0
RECORDED_TOLERANCE_LU = 0.05

CASES = [
    (1, [-20.0, -30.0], 10.0),
    (2, [-20.0, -15.0], 5.0),
    (3, [-40.0, -20.0], 20.0),
    (4, [-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
]


def loudness_range(levels_dbfs: list[float], rate_hz: int, *, times: int = 1) -> float | None:
    """Return the range of 20 s of a 1 kHz sine per level, all of it `times` over."""
    levels = np.repeat(10 ** (np.array(levels_dbfs) / 20), 20 * rate_hz)
    sine = levels * np.sin(2 * np.pi * 1000 / rate_hz * np.arange(len(levels)))
    audio = np.column_stack((sine, sine))
    meter = LoudnessMeter(rate_hz, 2)
    for _ in range(times):
        meter.update(audio)
    return meter.result().loudness_range_lu


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize(("case", "levels_dbfs", "expected_lu"), CASES)
def test_tech_3342_case_1_to_4_range_of_a_tone_in_steps(
    case: int, levels_dbfs: list[float], expected_lu: float, rate_hz: int
) -> None:
    reading = loudness_range(levels_dbfs, rate_hz)
    assert reading == pytest.approx(expected_lu, abs=TOLERANCE_LU)
    assert reading == pytest.approx(expected_lu, abs=RECORDED_TOLERANCE_LU)


@pytest.mark.parametrize(("case", "levels_dbfs", "expected_lu"), CASES)
def test_tech_3342_case_1_to_4_repeating_the_signal_changes_nothing(
    case: int, levels_dbfs: list[float], expected_lu: float
) -> None:
    once, thrice = (loudness_range(levels_dbfs, 48_000, times=times) for times in (1, 3))
    assert once == pytest.approx(thrice, abs=RECORDED_TOLERANCE_LU)
