"""Music for tests: hits and chords over noise, with crests like a mix has."""

from __future__ import annotations

from functools import cache

import numpy as np

from pipeline.dsp import Audio

RATE_HZ = 48_000


@cache
def song(seed: int = 1, *, seconds: int = 6, rate_hz: int = RATE_HZ) -> Audio:
    """Return stereo whose peak is 0.5: decaying chords and hits of changing strength."""
    rng = np.random.default_rng(seed)
    n_samples = seconds * rate_hz
    audio = rng.normal(0.0, 0.002, (n_samples, 2))
    time_s = np.arange(rate_hz) / rate_hz
    decay = np.exp(-6.0 * time_s)[:, None]
    for start in range(0, n_samples, rate_hz // 6):
        length = min(rate_hz, n_samples - start)
        sound = rng.normal(0.0, 0.1, (rate_hz, 2)) * np.exp(-60.0 * time_s)[:, None]
        for hz in 55.0 * 2.0 ** (rng.integers(0, 60, 5) / 12.0):
            tone = np.sin(2 * np.pi * hz * time_s + rng.uniform(0.0, 2 * np.pi))
            sound += decay * tone[:, None] * rng.random(2)
        audio[start : start + length] += rng.uniform(0.4, 1.0) * sound[:length]
    return np.asarray(audio * (0.5 / np.abs(audio).max()))


def clipped(audio: Audio, over_db: float) -> Audio:
    """Return audio that was driven over its ceiling by so much and cut."""
    ceiling = np.abs(audio).max() * 10.0 ** (-over_db / 20.0)
    return np.clip(audio, -ceiling, ceiling)


def limited(audio: Audio, over_db: float, *, rate_hz: int = RATE_HZ) -> Audio:
    """Return audio behind a look-ahead limiter, driven by so much, at the peak it had."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    driven = audio * 10.0 ** (over_db / 20.0)
    loudest = np.maximum(np.abs(driven).max(axis=1), 1e-9)
    wanted = np.minimum(1.0, np.abs(audio).max() / loudest)
    held = minimum_filter1d(wanted, 2 * (rate_hz // 100) + 1)
    gain = uniform_filter1d(held, rate_hz // 200)
    return np.asarray(driven * np.minimum(gain, wanted)[:, None])
