"""Mastered tracks as the store keeps them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.dsp import Audio

WriteTrack = Callable[[str, Audio], Path]


@pytest.fixture
def write_track(tmp_path: Path) -> WriteTrack:
    def write(name: str, audio: Audio) -> Path:
        path = tmp_path / f"{name}.f32"
        path.write_bytes(np.ascontiguousarray(audio, dtype="<f4").tobytes())
        return path

    return write


@pytest.fixture
def noise() -> Callable[[int, int], Audio]:
    """Return seeded noise: n samples, stereo, as float32 holds it."""

    def make(seed: int, n_samples: int) -> Audio:
        audio = np.random.default_rng(seed).uniform(-0.5, 0.5, (n_samples, 2))
        return audio.astype(np.float32).astype(np.float64)

    return make
