from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.dsp.biquad import Cascade, bell
from pipeline.findings import Finding, Severity

if TYPE_CHECKING:
    from tests.pipeline.intake.conftest import Judge

RATE_HZ = 48_000


def rings(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/resonance"]


def ringing(audio: Audio, at_hz: float, gain_db: float, q: float) -> Audio:
    ring = Cascade([bell(at_hz, gain_db, q, sample_rate_hz=RATE_HZ)])
    return ring.process(np.array(audio, order="C"))


@pytest.mark.parametrize("at_hz", [700.0, 1500.0, 4200.0])
def test_a_resonance_is_named_by_frequency_quality_and_gain(
    judge: Judge, programme: Audio, at_hz: float
) -> None:
    (found,) = rings(judge(ringing(programme, at_hz, 14.0, 10.0)))
    assert found.severity is Severity.INFO
    assert found.message.startswith("advice:")
    numbers = dict(found.evidence.numbers)
    assert numbers["frequency_hz"] == pytest.approx(at_hz, rel=0.02)
    assert numbers["q"] == pytest.approx(10.0, rel=0.35)
    assert numbers["gain_db"] == pytest.approx(11.5, abs=2.0)


def test_a_clean_programme_does_not_ring(judge: Judge, programme: Audio) -> None:
    assert rings(judge(programme)) == []


def test_held_notes_with_a_vibrato_are_music(judge: Judge, programme: Audio) -> None:
    time_s = np.arange(len(programme)) / RATE_HZ
    for hz in (880.0, 1760.0, 2640.0, 3520.0):
        swing = 0.008 * hz / 5.5 * np.sin(2 * np.pi * 5.5 * time_s)
        programme = programme + 0.004 * np.sin(2 * np.pi * hz * time_s + swing)[:, None]
    assert rings(judge(programme)) == []


def test_what_rings_in_one_half_only_belongs_to_a_passage(
    judge: Judge, programme: Audio
) -> None:
    half = len(programme) // 2
    audio = np.concatenate((programme[:half], ringing(programme[half:], 1500.0, 16.0, 10.0)))
    assert rings(judge(audio)) == []
