from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge


def said(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/noise_floor"]


def noise(level_dbfs: float, n_samples: int = 480_000) -> Audio:
    return np.random.default_rng(8).normal(0.0, 10 ** (level_dbfs / 20), (n_samples, 2))


@pytest.mark.parametrize(
    ("level_dbfs", "severity"), [(-42.0, Severity.WARN), (-54.0, Severity.INFO)]
)
def test_noise_in_the_rests_is_told_with_its_level(
    judge: Judge, song: Audio, level_dbfs: float, severity: Severity
) -> None:
    (found,) = said(judge(song + noise(level_dbfs)))
    assert found.severity is severity
    assert dict(found.evidence.numbers)["noise_dbfs"] == pytest.approx(level_dbfs, abs=1.0)


def test_a_quiet_recording_is_not_spoken_of(judge: Judge, song: Audio) -> None:
    assert not said(judge(song))


def test_without_a_quiet_place_the_floor_is_not_checked_and_that_is_said(judge: Judge) -> None:
    (found,) = said(judge(noise(-12.0)))
    assert (found.severity, found.code) == (Severity.SKIP, "no-quiet-place")


def test_a_fade_of_noise_is_no_floor(judge: Judge) -> None:
    fade = 10 ** (-np.arange(480_000) / 480_000 * 80 / 20)
    assert not said(judge(noise(-12.0) * fade[:, None]))
