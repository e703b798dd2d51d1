from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity
from pipeline.intake.checks import Surveyed, survey_findings
from pipeline.intake.listeners.words import _step
from pipeline.intake.probe import probe
from pipeline.intake.survey import survey
from tests.pipeline.intake.checks.songs import song

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge, WriteMix


def said(found: tuple[Finding, ...]) -> list[tuple[str, Severity]]:
    return [(each.code, each.severity) for each in found if each.check == "intake/word_length"]


def rounded(audio: Audio, bits: int) -> Audio:
    return np.asarray(np.rint(audio * 2.0 ** (bits - 1)) / 2.0 ** (bits - 1))


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_24", 16), ("PCM_32", 12), ("FLOAT", 16)])
def test_short_words_in_a_long_file_are_found(judge: Judge, subtype: str, bits: int) -> None:
    assert said(judge(rounded(song(), bits), subtype=subtype)) == [("padded", Severity.WARN)]


@pytest.mark.parametrize("gain_db", [-20.0, -0.5, 6.0, 12.0])
def test_16_bits_show_through_a_change_of_level(judge: Judge, gain_db: float) -> None:
    subtype = "FLOAT" if gain_db > 0.0 else "PCM_24"
    turned = rounded(0.25 * song(), 16) * 10.0 ** (gain_db / 20.0)
    (found,) = (
        each for each in judge(turned, subtype=subtype) if each.check == "intake/word_length"
    )
    assert found.code == "turned-16-bits"
    assert dict(found.evidence.numbers)["gain_db"] == pytest.approx(gain_db, abs=0.05)


def test_dither_of_the_change_does_not_hide_it(judge: Judge) -> None:
    rng = np.random.default_rng(4)
    turned = 0.7 * rounded(song(), 16)
    dither = (rng.random(turned.shape) - rng.random(turned.shape)) * 2.0**-23
    assert said(judge(turned + dither)) == [("turned-16-bits", Severity.WARN)]


@pytest.mark.parametrize(("gain", "bits"), [(1.0, 20), (1.99, 24), (0.001, 24)])
def test_true_words_are_left_alone(judge: Judge, gain: float, bits: int) -> None:
    assert said(judge(rounded(gain * song(2), bits))) == []
    assert said(judge(gain * song(2)[:3000])) == []


def test_a_cd_alone_and_a_16_bit_file_are_content_with_16_bits(
    judge: Judge, write_mix: WriteMix
) -> None:
    assert said(judge(song(), subtype="PCM_16")) == []
    path = write_mix(rounded(song(), 16), subtype="PCM_24")
    for_cd = Surveyed(probe(path), release_bits=16, survey=survey(path))
    assert said(survey_findings(for_cd)) == []


def test_gaps_of_two_kinds_have_no_usual_one() -> None:
    gaps = np.repeat([10.0, 1000.0], 10)
    assert _step(gaps) == (505.0, 0.0)
