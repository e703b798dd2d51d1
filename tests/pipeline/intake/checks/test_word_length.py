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


@pytest.mark.parametrize("subtype", ["PCM_24", "PCM_32", "FLOAT"])
@pytest.mark.parametrize("bits", [12, 16])
def test_short_words_in_a_long_file_are_found(judge: Judge, subtype: str, bits: int) -> None:
    assert said(judge(rounded(song(), bits), subtype=subtype)) == [("padded", Severity.WARN)]


@pytest.mark.parametrize("gain_db", [-20.0, -3.0, -0.5, 0.7, 6.02, 12.0])
@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_16_bits_show_through_a_change_of_level(
    judge: Judge, gain_db: float, subtype: str
) -> None:
    turned = rounded(0.25 * song(), 16) * 10.0 ** (gain_db / 20.0)
    found = [each for each in judge(turned, subtype=subtype) if "word" in each.check]
    assert [each.code for each in found] in (["turned-16-bits"], ["padded"])
    if found[0].code == "turned-16-bits":
        told = dict(found[0].evidence.numbers)["gain_db"]
        assert told == pytest.approx(gain_db, abs=0.05)
    else:
        assert gain_db == 6.02  # doubled, 16 bits have one bit less


def test_dither_of_the_change_does_not_hide_it(judge: Judge) -> None:
    rng = np.random.default_rng(4)
    turned = 0.7 * rounded(song(), 16)
    dither = (rng.random(turned.shape) - rng.random(turned.shape)) * 2.0**-23
    assert said(judge(turned + dither)) == [("turned-16-bits", Severity.WARN)]


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.001, 1.99])
@pytest.mark.parametrize("bits", [20, 24])
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
