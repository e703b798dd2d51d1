from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.findings import Finding
from pipeline.intake.listening import Format
from pipeline.intake.survey import MASTER_EARS, Survey, hear
from pipeline.match.checks import Mastered, mastered_findings
from pipeline.match.mastered import Reduction

RATE_HZ = 48_000
SECONDS = 12
Compare = Callable[..., list[Finding]]


def heard(audio: Audio) -> Survey:
    wanted = Format(RATE_HZ, 2, len(audio), 0, is_float=True)
    return hear(iter([audio]), wanted, ears=MASTER_EARS)


@pytest.fixture(scope="session")
def compare() -> Compare:
    """Return what is found of a master beside its mix, by one check."""

    def compared(
        rule: str, mix: Audio, master: Audio, *, reduction_db: tuple[float, ...] = ()
    ) -> list[Finding]:
        mastered = Mastered(heard(mix), heard(master), 0.0, Reduction(reduction_db))
        found = mastered_findings(mastered, track="tide", intent={})
        assert all(each.track == "tide" for each in found)
        return [each for each in found if each.check == f"match/{rule}"]

    return compared


@pytest.fixture(scope="session")
def mix() -> Audio:
    """Twelve seconds of pink noise in beats, wide enough to have two channels."""
    noise = np.random.default_rng(5).normal(size=(SECONDS * RATE_HZ, 2))
    hz = np.fft.rfftfreq(len(noise), 1.0 / RATE_HZ)
    pink = np.fft.irfft(np.fft.rfft(noise, axis=0) / np.sqrt(1.0 + hz / 50.0)[:, None], axis=0)
    beats = 0.15 + np.exp(-(np.arange(len(noise)) / RATE_HZ % 0.5) / 0.06)
    narrow = pink + pink[:, ::-1]
    return np.asarray(narrow * (0.05 * beats / narrow.std())[:, None])


def band(audio: Audio, low_hz: float, high_hz: float) -> Audio:
    """Return what lies between two frequencies."""
    hz = np.fft.rfftfreq(len(audio), 1.0 / RATE_HZ)
    spectrum = np.fft.rfft(audio, axis=0) * ((hz >= low_hz) & (hz < high_hz))[:, None]
    return np.asarray(np.fft.irfft(spectrum, n=len(audio), axis=0))


@pytest.fixture(scope="session")
def between() -> Callable[[Audio, float, float], Audio]:
    return band
