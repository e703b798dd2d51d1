from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Finding, Severity

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge


def said(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/hum"]


def tones(level_dbfs: float, *frequencies_hz: float, n_samples: int = 480_000) -> Audio:
    times_s = np.arange(n_samples) / 48_000
    wave = sum(np.sin(2 * np.pi * each * times_s) for each in frequencies_hz)
    wave *= 10 ** (level_dbfs / 20) / np.sqrt(np.mean(wave**2))
    return np.repeat(wave[:, None], 2, axis=1)


@pytest.mark.parametrize(
    ("mains_hz", "level_dbfs", "severity"),
    [(50.0, -52, Severity.WARN), (59.95, -60, Severity.WARN), (50.1, -76, Severity.INFO)],
)
def test_hum_is_told_with_its_level_and_harmonics(
    judge: Judge, song: Audio, mains_hz: float, level_dbfs: float, severity: Severity
) -> None:
    hum = tones(level_dbfs, mains_hz, 2 * mains_hz, 3 * mains_hz)
    (found,) = said(judge(song + hum))
    nominal = round(mains_hz / 10) * 10
    assert found.severity is severity
    assert f"at {nominal}, {2 * nominal}, {3 * nominal} Hz" in found.message
    numbers = dict(found.evidence.numbers)
    assert numbers["level_dbfs"] == pytest.approx(level_dbfs, abs=2.0)
    assert numbers["mains_hz"] == pytest.approx(mains_hz, abs=0.1)
    assert found.evidence.plot is not None
    assert len(found.evidence.plot.x) <= 200


@pytest.mark.parametrize("note_hz", [49.0, 51.91, 58.27, 61.74, 98.0])
def test_a_bass_note_that_is_held_all_through_does_not_hum(
    judge: Judge, song: Audio, note_hz: float
) -> None:
    assert not said(judge(song + tones(-40, note_hz, 2 * note_hz, 3 * note_hz)))


def test_a_bass_that_comes_and_goes_does_not_hum(judge: Judge, song: Audio) -> None:
    bass = tones(-20, 50.0, 100.0, 150.0)
    bass *= (np.arange(len(bass)) // 144_000 % 2 == 0)[:, None]
    assert not said(judge(song + bass))


def test_a_loud_drone_is_music(judge: Judge, song: Audio) -> None:
    assert not said(judge(song + tones(-18, 50.0, 100.0, 150.0)))


@pytest.mark.parametrize("frequencies_hz", [(50.4, 100.8, 151.2), (49.8, 100.0, 150.9)])
def test_tones_beside_the_mains_or_at_odds_with_one_another_do_not_hum(
    judge: Judge, song: Audio, frequencies_hz: tuple[float, ...]
) -> None:
    assert not said(judge(song + tones(-50, *frequencies_hz)))


def test_one_tone_alone_is_not_enough(judge: Judge, song: Audio) -> None:
    assert not said(judge(song + tones(-50, 50.0)))


def test_plucked_chords_do_not_hum(judge: Judge, song: Audio) -> None:
    assert not said(judge(song))
