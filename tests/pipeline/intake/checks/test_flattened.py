from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity
from pipeline.intake.checks import Surveyed
from pipeline.intake.checks.flattened import flattened
from pipeline.intake.listeners.crest import CrestFigures
from pipeline.intake.survey import Survey
from tests.pipeline.intake.checks.songs import RATE_HZ, clipped, limited, song
from tests.pipeline.intake.test_checks import FINE

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge

TIME_S = np.arange(2 * RATE_HZ) / RATE_HZ


def said(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/flattened"]


@pytest.mark.parametrize(
    ("over_db", "gain", "subtype"),
    [(2.0, 0.8, "PCM_24"), (3.0, 0.8, "PCM_16"), (6.0, 0.3, "PCM_16"), (3.0, 0.3, "FLOAT")],
)
def test_clipping_is_found_after_the_level_was_lowered(
    judge: Judge, over_db: float, gain: float, subtype: str
) -> None:
    (found,) = said(judge(gain * clipped(song(), over_db), subtype=subtype))
    assert found.code == "cut-below-full-scale"
    assert found.severity is not Severity.INFO
    assert found.evidence.plot is not None


def test_places_of_clipping_are_told(judge: Judge) -> None:
    audio = 0.9 * song()
    for second in (1, 3):
        place = slice(second * RATE_HZ, second * RATE_HZ + 6)
        audio[place, 0] = 0.6
    (found,) = said(judge(audio))
    assert found.severity is Severity.INFO
    assert found.evidence.times_s == pytest.approx((1.0, 3.0), abs=0.001)
    assert "cut flat 2 times at -4.4 dBFS, first at 0:01.000" in found.message


def test_clipping_at_full_scale_is_left_to_clipped(judge: Judge) -> None:
    found = judge(np.clip(4.0 * song(), -1.0, 1.0))
    assert said(found) == []
    assert [each.severity for each in found if each.check == "intake/clipped"] == [
        Severity.FAIL
    ]


def test_whole_crests_are_left_alone(judge: Judge) -> None:
    for audio in (song(2), limited(song(3), 4.0), np.rint(song(4) * 512) / 512):
        assert said(judge(audio)) == []


def square(hz: float) -> Audio:
    return np.sign(np.sin(2 * np.pi * hz * TIME_S))


@pytest.mark.parametrize(
    "mono",
    [
        0.9 * np.sin(2 * np.pi * 20.0 * TIME_S),
        0.5 * np.sin(2 * np.pi * 440.0 * TIME_S),
        0.5 * square(220.0),
        0.3 * square(220.0) + 0.2 * square(331.0) + 0.1 * square(55.0),
        0.4 * square(220.0) * np.exp(-2.0 * (TIME_S % 0.5)),
    ],
    ids=["sub", "sine", "square", "chip", "decaying squares"],
)
def test_steady_waves_and_squares_are_not_clipped(judge: Judge, mono: Audio) -> None:
    assert said(judge(np.stack((mono, mono), 1), subtype="PCM_16")) == []


def test_a_saturated_mix_gets_advice(judge: Judge) -> None:
    driven = 0.5 * np.tanh(2.0 * song(seconds=12) / 0.5)
    (found,) = said(judge(driven))
    assert (found.code, found.severity) == ("rounded", Severity.INFO)
    assert found.message.startswith("advice:")


def test_crests_of_which_no_place_is_kept_are_told_without_one() -> None:
    figures = CrestFigures(
        highest=(0.7, 0.7),
        lowest=(-0.7, -0.7),
        n_flat=(40, 0),
        n_flat_below=(0, 0),
        flat_share=(0.01, 0.0),
        crest_share=(0.01, 0.01),
        middle_share=(0.1, 0.1),
        flat_places_samples=(),
        histogram=(0.0,) * 128,
        n_waves_high=0,
        n_waves_middle=0,
        fill_high=0.0,
        fill_middle=0.0,
        frames_near=(0.0, 0.0),
        reaching_spread_db=0.0,
    )
    surveyed = Surveyed(FINE, survey=Survey({"crest": asdict(figures)}))
    (found,) = flattened.run(surveyed)
    assert found.time_s is None
    assert "first at" not in found.message
