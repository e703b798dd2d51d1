from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.dsp import Audio

RATE_HZ = 48_000
Shape = Callable[[Audio, Callable[[Any], Any]], Audio]
"""Returns audio through an equaliser whose curve in dB is a function of the frequencies."""


def shaped(audio: Audio, curve_db: Callable[[Any], Any]) -> Audio:
    """Return audio through an equaliser whose curve is a function of the frequency."""
    hz = np.fft.rfftfreq(len(audio), 1.0 / RATE_HZ)
    gain = 10.0 ** (curve_db(np.maximum(hz, 1.0)) / 20.0)
    spectrum = np.fft.rfft(audio, axis=0) * gain[:, None]
    return np.asarray(np.fft.irfft(spectrum, n=len(audio), axis=0), dtype=np.float64)


@pytest.fixture(scope="session")
def equalise() -> Shape:
    return shaped


@pytest.fixture(scope="session")
def programme() -> Audio:
    """Twelve seconds with the spectrum of a record: beats that die away, soft and loud."""
    noise = np.random.default_rng(8).normal(size=(12 * RATE_HZ, 2))
    coloured = shaped(noise, lambda hz: -6.0 * np.log2(hz / 1000.0) - 30.0 * (hz < 40.0))
    time_s = np.arange(len(noise)) / RATE_HZ
    beats = 10.0 ** (-(time_s % 0.5))
    loud = np.where(time_s % 4.0 < 3.0, 0.4, 1.0)
    music = coloured * (beats * loud)[:, None]
    return np.asarray(music * (0.25 / np.abs(music).max()), dtype=np.float64)
