from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge


def said(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/repeated_blocks"]


@pytest.mark.parametrize("size", [64, 100, 256, 480, 1024])
@pytest.mark.parametrize("times", [1, 3])
def test_a_buffer_that_is_played_again_is_found(
    judge: Judge, song: Audio, size: int, times: int
) -> None:
    audio = song.copy()
    for number in range(times):
        start = 96_500 + number * size
        audio[start : start + size] = audio[96_500 - size : 96_500]
    (found,) = said(judge(audio))
    assert found.severity is Severity.WARN
    assert f"1 time, first at 0:02.010 ({size} samples)" in found.message


@pytest.mark.parametrize(("size", "gain"), [(60, 1.0), (1_100, 1.0), (256, 0.999)])
def test_smaller_larger_and_altered_repeats_are_not_meant(
    judge: Judge, song: Audio, size: int, gain: float
) -> None:
    audio = song.copy()
    audio[96_500 : 96_500 + size] = gain * audio[96_500 - size : 96_500]
    assert not said(judge(audio))


def test_a_chip_that_repeats_its_wave_does_not_stutter(judge: Judge) -> None:
    wave = np.repeat([0.2, -0.2], 64)
    notes = [np.tile(wave[:: 1 + number % 2], 5 * (1 + number % 2)) for number in range(200)]
    audio = np.repeat(np.concatenate(notes)[:, None], 2, axis=1)
    assert not said(judge(audio))


def test_silence_is_no_repeat(judge: Judge, song: Audio) -> None:
    audio = song.copy()
    audio[100_000:150_000] = 0.0
    assert not said(judge(audio))
