from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge


def said(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/tail"]


@pytest.mark.parametrize("end", [200_000, 301_234, 360_001])
@pytest.mark.parametrize("silence_s", [0.0, 1.0])
def test_a_mix_that_stops_in_the_middle_of_sound_has_lost_its_tail(
    judge: Judge, song: Audio, end: int, silence_s: float
) -> None:
    silence = np.zeros((round(silence_s * 48_000), 2))
    (found,) = said(judge(np.concatenate((song[:end], silence))))
    assert (found.severity, found.code) == (Severity.WARN, "cut")
    assert ("digital silence follows" in found.message) == (silence_s > 0)


def test_a_mix_that_rings_out_is_whole(judge: Judge, song: Audio) -> None:
    assert not said(judge(song[:450_000]))


@pytest.mark.parametrize("fade_ms", [30, 2_000])
def test_a_mix_that_is_faded_out_is_whole(judge: Judge, song: Audio, fade_ms: int) -> None:
    audio = song[:320_000].copy()
    audio[-48 * fade_ms :] *= np.linspace(1.0, 0.0, 48 * fade_ms)[:, None]
    assert not said(judge(audio))


def test_tape_that_hisses_to_the_end_is_whole(judge: Judge, song: Audio) -> None:
    hiss = np.random.default_rng(8).normal(0.0, 10 ** (-50 / 20), song.shape)
    assert not said(judge(song + hiss))


def test_long_silence_behind_is_remarked(judge: Judge, song: Audio) -> None:
    (found,) = said(judge(np.concatenate((song, np.zeros((5 * 48_000, 2))))))
    assert found.code == "long-silence"
