from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.dsp import Audio

WriteMix = Callable[..., Path]


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
