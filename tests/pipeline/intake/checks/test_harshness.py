from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.findings import Finding, Severity

if TYPE_CHECKING:
    from tests.pipeline.intake.checks.conftest import Shape
    from tests.pipeline.intake.conftest import Judge

RATE_HZ = 48_000


def harsh(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/harshness"]


def lifted_when_loud(programme: Audio, equalise: Shape, gain_db: float) -> Audio:
    time_s = np.arange(len(programme)) / RATE_HZ
    loud = time_s % 4.0 >= 3.0
    lifted = equalise(programme, lambda hz: gain_db * ((hz > 2000.0) & (hz < 5000.0)))
    return np.where(loud[:, None], lifted, programme)


@pytest.mark.parametrize(
    ("gain_db", "severity"), [(0.0, None), (7.5, Severity.INFO), (12.0, Severity.INFO)]
)
def test_presence_that_builds_up_is_found(
    judge: Judge,
    programme: Audio,
    equalise: Shape,
    gain_db: float,
    severity: Severity | None,
) -> None:
    found = harsh(judge(lifted_when_loud(programme, equalise, gain_db)))
    assert [each.severity for each in found] == ([severity] if severity else [])
    for each in found:
        assert {time_s % 4.0 for time_s in each.evidence.times_s} == {3.0}


def test_a_colour_that_is_the_same_all_through_is_no_build_up(
    judge: Judge, programme: Audio, equalise: Shape
) -> None:
    everywhere = equalise(programme, lambda hz: 5.0 * ((hz > 2000.0) & (hz < 5000.0)))
    assert harsh(judge(everywhere)) == []
