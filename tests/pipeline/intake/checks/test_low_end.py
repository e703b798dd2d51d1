from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.dsp import Audio
from pipeline.findings import Severity
from pipeline.intake.verdict import Verdict, verdict

if TYPE_CHECKING:
    from tests.pipeline.intake.checks.conftest import Shape
    from tests.pipeline.intake.conftest import Judge


@pytest.mark.parametrize(
    ("low_hz", "high_hz", "gain_db", "expected"),
    [
        (60.0, 120.0, 0.0, []),
        (60.0, 120.0, 6.0, [("bass", Severity.WARN, Verdict.BY_HAND)]),
        (60.0, 120.0, 14.0, [("bass", Severity.WARN, Verdict.MIX)]),
        (22.0, 38.0, 44.0, [("sub", Severity.WARN, Verdict.MIX)]),
    ],
)
def test_too_much_of_the_low_end_is_found(
    judge: Judge,
    programme: Audio,
    equalise: Shape,
    low_hz: float,
    high_hz: float,
    gain_db: float,
    expected: list[tuple[str, Severity, Verdict]],
) -> None:
    quiet = 0.05 * programme
    audio = equalise(quiet, lambda hz: gain_db * ((hz > low_hz) & (hz < high_hz)))
    found = [each for each in judge(audio) if each.check == "intake/low_end"]
    assert [(each.code, each.severity, verdict(each)) for each in found] == expected
    for each in found:
        assert each.evidence.plot
        assert len(each.evidence.plot.x) == len(each.evidence.plot.y)
