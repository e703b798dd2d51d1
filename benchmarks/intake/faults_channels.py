"""Faults of left and right, to be put into clean programmes.

Every fault takes stereo audio and returns it spoilt, as ``fault(audio, sample_rate_hz, rng)``.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfiltfilt

from benchmarks.intake.corpus import Fault
from pipeline.dsp import Audio

Rng = np.random.Generator


def inverted(audio: Audio, sample_rate_hz: int, rng: Rng) -> Audio:
    """Turn one channel over."""
    del sample_rate_hz
    spoilt = audio.copy()
    spoilt[:, rng.integers(2)] *= -1.0
    return spoilt


def delayed(
    audio: Audio, sample_rate_hz: int, rng: Rng, *, delay_ms: float | None = None
) -> Audio:
    """Let one channel come 0.05 to 40 ms late."""
    delay_ms = delay_ms or float(np.exp(rng.uniform(np.log(0.05), np.log(40.0))))
    n_late = max(1, round(delay_ms / 1000.0 * sample_rate_hz))
    spoilt, channel = audio.copy(), rng.integers(2)
    spoilt[n_late:, channel] = audio[:-n_late, channel]
    spoilt[:n_late, channel] = 0.0
    return spoilt


def dead(audio: Audio, sample_rate_hz: int, rng: Rng) -> Audio:
    """Leave only the noise of a converter in one channel, -80 to -100 dBFS."""
    del sample_rate_hz
    spoilt = audio.copy()
    level = 10.0 ** (rng.uniform(-100.0, -80.0) / 20.0)
    spoilt[:, rng.integers(2)] = rng.normal(0.0, level, len(audio))
    return spoilt


def far_quieter(audio: Audio, sample_rate_hz: int, rng: Rng) -> Audio:
    """Take 28 to 50 dB off one channel."""
    return quieter(audio, sample_rate_hz, rng, by_db=float(rng.uniform(28.0, 50.0)))


def quieter(audio: Audio, sample_rate_hz: int, rng: Rng, *, by_db: float = 7.0) -> Audio:
    """Take some decibels off the channel that is the quieter one already."""
    del sample_rate_hz, rng
    spoilt = audio.copy()
    spoilt[:, int(np.argmin(np.square(audio).sum(axis=0)))] *= 10.0 ** (-by_db / 20.0)
    return spoilt


def nearly_mono(audio: Audio, sample_rate_hz: int, rng: Rng) -> Audio:
    """Leave the middle in both channels, each dithered to 16 bits for itself."""
    del sample_rate_hz
    middle = audio.mean(axis=1, keepdims=True).repeat(2, axis=1)
    dither = rng.uniform(-0.5, 0.5, (2, *audio.shape)).sum(axis=0)
    return np.asarray(np.round(middle * 32_768.0 + dither) / 32_768.0)


def band_inverted(audio: Audio, sample_rate_hz: int, rng: Rng) -> Audio:
    """Take the middle out of two octaves: there one channel is the other turned over."""
    del rng
    sos = butter(4, (400.0, 1_600.0), "bandpass", fs=sample_rate_hz, output="sos")
    band = sosfiltfilt(sos, audio, axis=0)
    against = band.mean(axis=1, keepdims=True) * np.array([1.0, -1.0])
    return np.asarray(audio - band + 1.2 * against)


def section_inverted(audio: Audio, sample_rate_hz: int, rng: Rng) -> Audio:
    """Turn one channel over for a third of the time, as a section that was pasted so."""
    del sample_rate_hz
    third = len(audio) // 3
    spoilt, start = audio.copy(), int(rng.integers(third, 2 * third))
    spoilt[start : start + third, rng.integers(2)] *= -1.0
    return spoilt


FAULTS: list[Fault] = [
    Fault("one channel inverted", "intake/polarity:inverted", inverted),
    Fault("one channel delayed", "intake/delay:delayed", delayed),
    Fault("one channel dead", "intake/balance:side-missing", dead),
    Fault("one channel far quieter", "intake/balance:side-missing", far_quieter),
    Fault("one channel quieter", "intake/balance:leans", quieter, clashes=("intake/balance",)),
    Fault("mono with dither", "intake/near_mono:nearly-mono", nearly_mono),
    Fault("two octaves against each other", "intake/mono_fold:lost-in-mono", band_inverted),
    Fault("a section inverted", "intake/correlation:against-each-other", section_inverted),
]
