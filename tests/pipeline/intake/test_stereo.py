"""Figures of left and right against values that are known."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.dsp.alignment import NO_LAG, lag_between
from pipeline.intake.listeners.stereo import StereoFigures
from pipeline.intake.listening import Format
from pipeline.intake.survey import hear

RATE_HZ = 48_000


def figures(audio: Audio) -> StereoFigures:
    wanted = Format(RATE_HZ, audio.shape[1], len(audio), 24, is_float=False)
    return hear(iter([audio]), wanted).of(StereoFigures)


def noise(*, n_seconds: float = 4.0) -> Audio:
    return np.random.default_rng(3).normal(0.0, 0.1, (round(n_seconds * RATE_HZ), 2))


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.9, -0.5])
def test_correlation_and_what_mono_loses_are_what_was_mixed(shared: float) -> None:
    audio = noise(n_seconds=10.0)
    audio[:, 1] = shared * audio[:, 0] + np.sqrt(1.0 - shared**2) * audio[:, 1]
    found = figures(audio)
    assert found.correlation == pytest.approx(shared, abs=0.03)
    assert found.mono_loss_lu == pytest.approx(-10 * np.log10((1 + shared) / 2), abs=0.25)
    assert np.mean(found.band_correlations) == pytest.approx(shared, abs=0.1)


def test_a_sine_of_full_scale_on_one_side_reads_minus_three() -> None:
    """BS.1770-5: 997 Hz at 0 dBFS in one channel reads -3.01 LUFS."""
    tone = np.sin(2 * np.pi * 997.0 * np.arange(8192 * 10) / RATE_HZ)
    found = figures(np.column_stack((tone, 0.1 * tone)))
    # The passages are filled up with silence to whole ones: up to one in twelve windows.
    assert found.left_lufs == pytest.approx(-3.01, abs=1.1)
    assert found.left_lufs - found.right_lufs == pytest.approx(20.0, abs=0.01)


def test_a_mono_mix_has_no_stereo_to_speak_of() -> None:
    assert figures(noise()[:, :1]) == StereoFigures()


def test_silence_has_no_lag() -> None:
    empty = np.zeros(513)
    found = lag_between(
        empty.astype(complex), empty, empty, most_samples=100, sample_rate_hz=RATE_HZ
    )
    assert found == NO_LAG


@pytest.mark.parametrize("lag", [0, 7, -300, 1_900])
def test_a_copy_has_full_coherence_at_its_lag_whatever_its_gain(lag: int) -> None:
    audio = noise()
    audio[:, 0] = 0.3 * np.roll(audio[:, 1], lag)
    found = figures(audio)
    assert found.lag_ms == pytest.approx(lag / 48.0, abs=0.002)
    assert found.lag_coherence == pytest.approx(1.0, abs=0.03)
    assert found.lag_likeness > 0.95
