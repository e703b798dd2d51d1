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
PLACES_S = (1.2, 4.3, 7.1, 10.4)


def with_esses(programme: Audio, equalise: Shape, *, rms: float, length_s: float) -> Audio:
    noise = np.random.default_rng(3).normal(size=programme.shape)
    ess = equalise(noise, lambda hz: np.where((hz > 5200.0) & (hz < 8600.0), 0.0, -90.0))
    ess *= rms / ess.std()
    time_s = np.arange(len(programme)) / RATE_HZ
    on = sum((time_s >= place) & (time_s < place + length_s) for place in PLACES_S)
    return np.asarray(programme + ess * np.asarray(on)[:, None], dtype=np.float64)


def sharp(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/sibilance"]


def test_a_clean_programme_has_no_sharp_esses(judge: Judge, programme: Audio) -> None:
    assert sharp(judge(programme)) == []


def test_sharp_esses_are_found_where_they_are(
    judge: Judge, programme: Audio, equalise: Shape
) -> None:
    (found,) = sharp(judge(with_esses(programme, equalise, rms=0.05, length_s=0.12)))
    assert found.severity is Severity.WARN
    assert found.evidence.times_s == pytest.approx([each + 0.06 for each in PLACES_S], abs=0.06)
    assert "4 s-sounds are sharp" in found.message


def test_what_lasts_half_a_second_is_a_cymbal(
    judge: Judge, programme: Audio, equalise: Shape
) -> None:
    assert sharp(judge(with_esses(programme, equalise, rms=0.05, length_s=0.5))) == []


def test_esses_below_the_middle_are_left_alone(
    judge: Judge, programme: Audio, equalise: Shape
) -> None:
    assert sharp(judge(with_esses(programme, equalise, rms=0.004, length_s=0.12))) == []
