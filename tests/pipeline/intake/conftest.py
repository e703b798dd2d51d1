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
