from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Severity
from tests.pipeline.intake.checks.songs import RATE_HZ

if TYPE_CHECKING:
    from tests.pipeline.intake.conftest import Judge


@pytest.mark.parametrize(
    ("sign", "share", "words"),
    [(1, 0.5, "further up than down"), (-1, 0.5, "further down than up"), (1, 0.8, "")],
)
def test_a_waveform_that_leans_to_one_side_is_remarked(
    judge: Judge, sign: int, share: float, words: str
) -> None:
    tone = 0.4 * np.sin(2 * np.pi * 200.0 * np.arange(RATE_HZ) / RATE_HZ)
    leaning = sign * np.where(tone > 0.0, tone, share * tone)
    found = [
        each for each in judge(np.stack((tone, leaning), 1)) if each.check == "intake/asymmetry"
    ]
    assert [each.severity for each in found] == ([Severity.INFO] if words else [])
    assert all(f"of the right channel swings 6.0 dB {words}" in each.message for each in found)
