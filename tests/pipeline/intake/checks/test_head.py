from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge


def said(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/head"]


@pytest.mark.parametrize("start", [20_000, 61_234, 150_001])
def test_a_mix_that_starts_in_the_middle_of_sound_has_lost_its_head(
    judge: Judge, song: Audio, start: int
) -> None:
    (found,) = said(judge(song[start:]))
    assert (found.severity, found.code) == (Severity.WARN, "cut")
    assert found.evidence.plot is not None


def test_a_mix_that_starts_with_a_chord_at_its_first_sample_is_whole(
    judge: Judge, song: Audio
) -> None:
    assert not said(judge(song[14_400:]))


@pytest.mark.parametrize("decay_s", [0.02, 0.15])
def test_a_drum_at_the_first_sample_is_whole(judge: Judge, decay_s: float) -> None:
    times_s = np.arange(48_000) / 48_000
    kick = 0.7 * np.sin(2 * np.pi * 52 * times_s) * np.exp(-times_s / decay_s)
    hat = np.random.default_rng(1).normal(0, 0.1, 48_000) * np.exp(-times_s / 0.02)
    assert not said(judge(np.repeat(kick[:, None], 2, axis=1)))
    assert not said(judge(np.repeat(hat[:, None], 2, axis=1)))


def test_a_fade_in_is_whole(judge: Judge, song: Audio) -> None:
    audio = song[61_234:].copy()
    audio[:9_600] *= np.linspace(0.0, 1.0, 9_600)[:, None]
    assert not said(judge(audio))


@pytest.mark.parametrize(("silence_s", "n_said"), [(0.1, 0), (1.5, 1)])
def test_long_silence_in_front_is_remarked(
    judge: Judge, song: Audio, silence_s: float, n_said: int
) -> None:
    found = said(judge(np.concatenate((np.zeros((round(silence_s * 48_000), 2)), song))))
    assert [each.code for each in found] == n_said * ["long-silence"]
    assert all("1.80 s of silence" in each.message for each in found)
