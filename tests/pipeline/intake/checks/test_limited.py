from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity
from tests.pipeline.intake.checks.songs import RATE_HZ, clipped, limited, song

if TYPE_CHECKING:
    from tests.pipeline.intake.conftest import Judge

TIME_S = np.arange(6 * RATE_HZ) / RATE_HZ


def said(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/limited"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("gain", [1.0, 0.4])
def test_a_limiter_is_heard_at_any_level(judge: Judge, seed: int, gain: float) -> None:
    (found,) = said(judge(gain * limited(song(seed), 8.0)))
    assert (found.code, found.severity) == ("limiter", Severity.WARN)
    assert f"{20 * np.log10(0.5 * gain):.1f} dBFS" in found.message


@pytest.mark.parametrize("seed", range(3))
def test_a_mix_with_its_peaks_has_none(judge: Judge, seed: int) -> None:
    assert said(judge(song(seed))) == []


def test_a_clipped_mix_is_not_called_limited_too(judge: Judge) -> None:
    assert said(judge(clipped(song(), 6.0))) == []


def test_a_steady_tone_is_no_limiter_but_dense(judge: Judge) -> None:
    tone = 0.1 * np.sin(2 * np.pi * 440.0 * TIME_S)
    (found,) = said(judge(np.stack((tone, tone), 1)))
    assert (found.code, found.severity) == ("dense", Severity.INFO)
    assert found.message.startswith("advice:")


def test_a_mix_as_dense_and_loud_as_a_master_is_warned_of(judge: Judge) -> None:
    noise = np.random.default_rng(3).normal(0.0, 0.3, (6 * RATE_HZ, 2))
    loud = 0.8 * np.tanh(2.0 * noise) * (0.9 + 0.1 * np.sin(2 * np.pi * 0.5 * TIME_S))[:, None]
    (found,) = said(judge(loud))
    assert (found.code, found.severity) == ("dense", Severity.WARN)
