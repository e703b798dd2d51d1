from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge


def said(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/dropouts"]


@pytest.mark.parametrize("n_sides", [1, 2])
@pytest.mark.parametrize(
    ("length_ms", "severity"),
    [(6, Severity.FAIL), (40, Severity.FAIL), (300, Severity.WARN)],
)
def test_a_hole_in_the_sound_is_told_with_its_place(
    judge: Judge, song: Audio, length_ms: int, severity: Severity, n_sides: int
) -> None:
    audio = song.copy()
    audio[96_500 : 96_500 + 48 * length_ms, :n_sides] = 0.0
    (found,) = said(judge(audio))
    assert (found.severity, found.code) == (severity, "dropout")
    assert f"1 time, first at 0:02.010 for {length_ms} ms" in found.message
    assert found.evidence.times_s == pytest.approx([96_500 / 48_000])


def test_music_that_dies_away_into_silence_and_begins_again_has_no_dropout(
    judge: Judge, song: Audio
) -> None:
    audio = song.copy()
    audio[96_000:100_800] *= np.linspace(1.0, 0.0, 4_800)[:, None]
    audio[100_800:110_400] = 0.0
    audio[110_400:115_200] *= np.linspace(0.0, 1.0, 4_800)[:, None]
    assert not said(judge(audio))


def test_four_milliseconds_are_too_short_to_be_told_from_music(
    judge: Judge, song: Audio
) -> None:
    audio = song.copy()
    audio[96_500:96_692] = 0.0
    assert not said(judge(audio))


def test_a_gate_that_cuts_all_the_time_is_taken_for_music(judge: Judge, song: Audio) -> None:
    audio = song.copy()
    for start in range(20_000, 400_000, 12_000):
        audio[start : start + 2_000] = 0.0
    (found,) = said(judge(audio))
    assert (found.severity, found.code) == (Severity.INFO, "gated")


def test_a_second_of_digital_silence_inside_is_remarked(judge: Judge, song: Audio) -> None:
    audio = np.concatenate((song[:90_000], np.zeros((48_000, 2)), song[90_000:]))
    (found,) = said(judge(audio))
    assert (found.severity, found.code) == (Severity.INFO, "gap")
    assert "1.0 s of digital silence" in found.message
