from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.dsp import Audio
from pipeline.findings import Severity

if TYPE_CHECKING:
    from tests.pipeline.intake.checks.conftest import Shape
    from tests.pipeline.intake.conftest import Judge


@pytest.mark.parametrize(
    ("above_hz", "gain_db", "expected"),
    [
        (6000.0, 0.0, []),
        (6000.0, 6.0, [("bright", Severity.INFO)]),
        (6000.0, 12.0, [("bright", Severity.WARN)]),
        (5000.0, -50.0, [("dull", Severity.INFO)]),
    ],
)
def test_a_mix_beside_the_usual_tone_is_found(
    judge: Judge,
    programme: Audio,
    equalise: Shape,
    above_hz: float,
    gain_db: float,
    expected: list[tuple[str, Severity]],
) -> None:
    audio = equalise(programme, lambda hz: gain_db * (hz > above_hz))
    found = [each for each in judge(audio) if each.check == "intake/tone_balance"]
    assert [(each.code, each.severity) for each in found] == expected


def test_a_rate_that_holds_no_treble_is_not_called_dull(judge: Judge, programme: Audio) -> None:
    found = judge(programme[::3], samplerate=16_000)
    assert "intake/tone_balance" not in {each.check for each in found}
