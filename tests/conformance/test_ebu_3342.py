"""EBU Tech 3342 (11/2023), table 1: minimum-requirement signals, synthesised.

Cases 5 and 6 are recordings of programmes and cannot be synthesised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conformance.conftest import Measured, Tone

TOLERANCE_LU = 1.0
RECORDED_TOLERANCE_LU = 0.05

pytestmark = pytest.mark.parametrize(
    ("case", "levels_dbfs", "expected_lu"),
    [
        (1, [-20.0, -30.0], 10.0),
        (2, [-20.0, -15.0], 5.0),
        (3, [-40.0, -20.0], 20.0),
        (4, [-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
    ],
)


def test_tech_3342_case_1_to_4_range_of_a_tone_in_steps(
    tone: Tone,
    measured: Measured,
    rate_hz: int,
    case: int,
    levels_dbfs: list[float],
    expected_lu: float,
) -> None:
    parts = [(20.0, level) for level in levels_dbfs]
    reading = measured(tone(rate_hz, *parts), rate_hz).loudness_range_lu
    assert reading == pytest.approx(expected_lu, abs=TOLERANCE_LU)
    assert reading == pytest.approx(expected_lu, abs=RECORDED_TOLERANCE_LU)


def test_tech_3342_case_1_to_4_repeating_the_signal_changes_nothing(
    tone: Tone, measured: Measured, case: int, levels_dbfs: list[float], expected_lu: float
) -> None:
    parts = [(20.0, level) for level in levels_dbfs] * 3
    reading = measured(tone(48_000, *parts), 48_000).loudness_range_lu
    assert reading == pytest.approx(expected_lu, abs=RECORDED_TOLERANCE_LU)
