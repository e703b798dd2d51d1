"""Music that hardly moves is laid upon its copy at the right place all the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.dsp import Audio
from pipeline.intake.comparing import Comparison, compare

RATE_HZ = 48_000


def drone(late_samples: int = 0) -> Audio:
    """Return 12 s out of the middle of a chord with a little noise in it."""
    time_s = (np.arange(12 * RATE_HZ) - late_samples) / RATE_HZ + 5.0
    tones_hz = np.array([110.0, 164.8, 277.2, 440.0])
    chord = (np.sin(2.0 * np.pi * tones_hz[:, None] * time_s) / tones_hz[:, None]).sum(axis=0)
    hiss = np.random.default_rng(4).normal(0.0, 1e-4, (13 * RATE_HZ, 2))
    start = RATE_HZ // 2 - late_samples
    return np.asarray(20.0 * chord[:, None] * (0.6, 0.4) + hiss[start:][: 12 * RATE_HZ])


def compared(folder: Path, *files: Audio) -> Comparison:
    paths = [folder / f"{number}.wav" for number, _ in enumerate(files)]
    for path, audio in zip(paths, files, strict=True):
        soundfile.write(path, audio, RATE_HZ, subtype="PCM_24")
    return compare(*paths, offset_s=0.0)


@pytest.mark.parametrize("late_samples", [0, 960, -14_400])
def test_a_drone_lies_where_it_belongs_and_not_cut_upon_cut(
    tmp_path: Path, late_samples: int
) -> None:
    found = compared(tmp_path, drone(), -0.5 * drone(late_samples))
    assert found.offset_samples == late_samples
    assert found.is_inverted
    assert not found.is_swapped
    assert found.residual_db < -60.0
    assert found.gain_db == pytest.approx(-6.02, abs=0.1)
