from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.dsp import Audio
from pipeline.findings import Finding
from pipeline.intake.checks import Surveyed, findings, survey_findings
from pipeline.intake.probe import probe
from pipeline.intake.survey import survey

WriteMix = Callable[..., Path]
Judge = Callable[..., tuple[Finding, ...]]


@pytest.fixture(scope="session")
def noise() -> Audio:
    """Two seconds of stereo noise at 48 kHz that 16 bits hold exactly."""
    codes = np.random.default_rng(2).integers(-16000, 16000, (96_000, 2))
    return codes / 2.0**15


@pytest.fixture
def write_mix(tmp_path: Path) -> WriteMix:
    """Write samples into a file of the test's folder and return its path."""

    def write(audio: Audio, name: str = "mix.wav", **how: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        how = {"samplerate": 48_000, "subtype": "PCM_16"} | how
        soundfile.write(path, audio, **how)
        return path

    return write


@pytest.fixture
def judge(write_mix: WriteMix) -> Judge:
    """Return what writes samples into a 24-bit file, hears it and says what is found."""

    def judged(audio: Audio, **how: object) -> tuple[Finding, ...]:
        path = write_mix(audio, **({"subtype": "PCM_24"} | how))
        surveyed = Surveyed(probe(path), survey=survey(path))
        return (*findings(surveyed), *survey_findings(surveyed))

    return judged


@pytest.fixture(scope="session")
def song() -> Audio:
    """Ten seconds of plucked chords at 48 kHz, which begin and ring out, with rests between."""
    rng = np.random.default_rng(6)
    audio = rng.normal(0.0, 10.0 ** (-88 / 20), (480_000, 2))
    for start in np.arange(14_400, 360_000, 36_000):
        times_s = np.arange(len(audio) - start) / 48_000
        for note_hz in rng.choice([110.0, 146.8, 164.8, 220.0, 261.6, 329.6, 440.0], 3):
            partials = np.arange(1, 12)
            phases = rng.uniform(0.0, 6.3, len(partials))
            waves = np.sin(
                2 * np.pi * np.outer(times_s, partials * rng.normal(note_hz, 0.3)) + phases
            )
            note = waves @ (1.0 / partials**1.5) * np.exp(-times_s / 0.25)
            note[:240] *= np.linspace(0.0, 1.0, 240)
            audio[start:] += 0.06 * np.outer(note, rng.uniform(0.5, 1.0, 2))
    return audio
