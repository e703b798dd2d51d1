"""ITU-R BS.2217: the compliance material of BS.1770 that can be synthesised.

The gate tests are those of the files ``1770-2_Comp_AbsGateTest`` and ``RelGateTest``: bursts
between, and steps over, levels that a gate must leave out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conformance.conftest import Measured, Tone


SILENCE_DBFS = float("-inf")
TOLERANCE = 0.1
NOISE_DBFS = -88.8  # what their dither amounts to
CHANNELS = ("L", "R", "C", "LFE", "Ls", "Rs")
WEIGHTS = (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)


def test_bs_2217_abs_gate_test_reads_minus_69_5(
    tone: Tone, measured: Measured, rate_hz: int
) -> None:
    bursts = [(0.5, -69.5), (0.5, NOISE_DBFS)] * 3
    reading = measured(tone(rate_hz, (0.8, NOISE_DBFS), *bursts), rate_hz).integrated_lufs
    assert reading == pytest.approx(-69.5, abs=TOLERANCE)


def test_bs_2217_rel_gate_test_reads_minus_10(
    tone: Tone, measured: Measured, rate_hz: int
) -> None:
    edge = (0.5, NOISE_DBFS)
    steps = (edge, (0.9, -19.9), (1.3, -7.1), (0.8, -19.9), edge)
    reading = measured(tone(rate_hz, *steps), rate_hz).integrated_lufs
    assert reading == pytest.approx(-10.0, abs=TOLERANCE)


@pytest.mark.parametrize("name", CHANNELS)
def test_bs_2217_channel_check(tone: Tone, measured: Measured, rate_hz: int, name: str) -> None:
    """One channel alone: -24 LKFS in front, 1.5 dB more behind, nothing in the LFE."""
    levels_db = [0.0 if each == name else SILENCE_DBFS for each in CHANNELS]
    blocks = tone(rate_hz, (2.0, -24.0 + 3.01), channels_db=levels_db)
    reading = measured(blocks, rate_hz, weights=WEIGHTS).integrated_lufs
    expected = {"LFE": -math.inf, "Ls": -22.5, "Rs": -22.5}.get(name, -24.0)
    assert reading == pytest.approx(expected, abs=TOLERANCE)


def test_bs_2217_summing_test(tone: Tone, measured: Measured, rate_hz: int) -> None:
    """All six channels together, so set that they add up to -24 LKFS without the LFE."""
    each_dbfs = -24.0 + 3.01 - 10 * math.log10(sum(WEIGHTS))
    blocks = tone(rate_hz, (2.0, each_dbfs), channels_db=[0.0] * 6)
    reading = measured(blocks, rate_hz, weights=WEIGHTS).integrated_lufs
    assert reading == pytest.approx(-24.0, abs=TOLERANCE)
