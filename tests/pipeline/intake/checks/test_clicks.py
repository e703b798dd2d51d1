from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge


def said(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/clicks"]


@pytest.mark.parametrize("n_sides", [1, 2])
@pytest.mark.parametrize("height", [0.02, -0.1])
def test_a_single_sample_that_stands_out_is_advice_at_its_place(
    judge: Judge, song: Audio, height: float, n_sides: int
) -> None:
    audio = song.copy()
    audio[[96_500, 240_123], :n_sides] += height
    (found,) = said(judge(audio))
    assert found.severity is Severity.INFO
    assert "advice: there may be a click in 2 places, first at 0:02.010" in found.message
    assert found.evidence.times_s == pytest.approx([96_500 / 48_000, 240_123 / 48_000])


def test_a_step_in_the_waveform_is_a_click(judge: Judge, song: Audio) -> None:
    audio = song.copy()
    audio[96_500:] += 0.05 * np.exp(-np.arange(len(audio) - 96_500) / 2_000)[:, None]
    assert len(said(judge(audio))) == 1


def test_plucked_chords_do_not_click(judge: Judge, song: Audio) -> None:
    assert not said(judge(song))


def test_music_that_is_made_of_clicks_is_left_alone(judge: Judge, song: Audio) -> None:
    audio = song.copy()
    audio[20_000:400_000:24_000] += 0.1
    assert not said(judge(audio))
