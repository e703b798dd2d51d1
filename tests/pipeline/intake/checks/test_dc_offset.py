from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Severity

if TYPE_CHECKING:
    from tests.pipeline.intake.conftest import Judge


@pytest.mark.parametrize(
    ("offset", "severity"), [(0.0005, None), (0.002, Severity.WARN), (0.02, Severity.FAIL)]
)
def test_direct_current_is_noticed(
    judge: Judge, offset: float, severity: Severity | None
) -> None:
    audio = np.random.default_rng(1).normal(0.0, 0.1, (48_000, 2))
    audio -= audio.mean(axis=0)
    audio[:, 1] += offset
    found = [each for each in judge(audio) if each.check == "intake/dc_offset"]
    assert [each.severity for each in found] == ([severity] if severity else [])
    if found:
        assert "on the right" in found[0].message
