from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity
from tests.pipeline.intake.checks.songs import RATE_HZ, song

if TYPE_CHECKING:
    from tests.pipeline.intake.conftest import Judge


def said(found: tuple[Finding, ...]) -> list[tuple[str, Severity]]:
    return [(each.code, each.severity) for each in found if each.check == "intake/headroom"]


@pytest.mark.parametrize(
    ("peak_dbfs", "expected"),
    [
        (-0.5, [("little", Severity.INFO)]),
        (-2.9, [("little", Severity.INFO)]),
        (-3.1, []),
        (-5.9, []),
        (-12.0, []),
        (-19.0, [("low", Severity.INFO)]),
    ],
)
def test_the_band_is_a_remark(
    judge: Judge, peak_dbfs: float, expected: list[tuple[str, Severity]]
) -> None:
    time_s = np.arange(RATE_HZ) / RATE_HZ  # slow enough to have no peaks between the samples
    tone = 10.0 ** (peak_dbfs / 20.0) * np.sin(2 * np.pi * 100.0 * time_s)
    assert said(judge(np.stack((tone, tone), 1))) == expected


def test_peaks_between_the_samples_are_found_where_they_are(judge: Judge) -> None:
    audio = song().copy()
    burst = np.sin(np.pi / 2 * np.arange(64) + np.pi / 4) / np.sqrt(0.5) * 0.95
    audio[2 * RATE_HZ : 2 * RATE_HZ + 64] = burst[:, None]
    (found,) = (each for each in judge(audio) if each.check == "intake/headroom")
    assert (found.code, found.severity) == ("over-between-samples", Severity.WARN)
    assert found.evidence.times_s == (2.0,)
    assert dict(found.evidence.numbers)["true_peak_dbtp"] == pytest.approx(2.6, abs=0.5)


def test_clipped_and_floating_peaks_are_left_to_clipped(judge: Judge) -> None:
    assert said(judge(np.clip(3.0 * song(), -1.0, 1.0))) == []
    assert said(judge(3.0 * song(), subtype="FLOAT")) == []


def test_silence_has_no_headroom_to_speak_of(judge: Judge) -> None:
    assert said(judge(np.zeros((RATE_HZ, 2)))) == []
