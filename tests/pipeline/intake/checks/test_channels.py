"""What is told of left and right: each fault alone, and nothing of mixes that are sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.signal import lfilter

from pipeline.dsp import Audio
from pipeline.findings import Finding, Severity

if TYPE_CHECKING:
    from tests.pipeline.intake.conftest import Judge

RATE_HZ = 48_000
N_SAMPLES = 6 * RATE_HZ
OF_CHANNELS = ("balance", "correlation", "delay", "mono_fold", "near_mono", "polarity")


def music(*, seed: int = 5, room: float = 0.15) -> Audio:
    """Return a mix made with pan pots: bass and a voice in the middle, more around, a room."""
    rng = np.random.default_rng(seed)
    parts = _dull(rng.normal(0.0, 0.02, (N_SAMPLES, 6)))
    parts *= np.repeat(rng.uniform(0.1, 1.0, (N_SAMPLES // 12_000, 6)), 12_000, axis=0)
    places = np.array([0.5, 0.5, 0.2, 0.8, 0.35, 0.6])
    bass = 0.05 * np.sin(2 * np.pi * 80.0 * np.arange(N_SAMPLES) / RATE_HZ)
    mixed = np.column_stack((parts @ np.sqrt(1.0 - places), parts @ np.sqrt(places)))
    return np.asarray(mixed + bass[:, None] + room * _dull(rng.normal(0.0, 0.03, mixed.shape)))


def _dull(noise: Audio) -> Audio:
    return np.asarray(lfilter([1.0], [1.0, -0.9], noise, axis=0))


def of_channels(found: tuple[Finding, ...]) -> dict[str, Finding]:
    return {
        f"{each.check.removeprefix('intake/')}:{each.code}": each
        for each in found
        if each.check.removeprefix("intake/") in OF_CHANNELS
    }


def late(audio: Audio, n_samples: int) -> Audio:
    spoilt = audio.copy()
    spoilt[:, 1] = np.roll(audio[:, 1], n_samples)
    return spoilt


def spaced_pair() -> Audio:
    """Return four players before two microphones a metre apart, each with its own way."""
    rng = np.random.default_rng(8)
    audio = np.zeros((N_SAMPLES, 2))
    for lag in (-70, -25, 31, 88):
        player = rng.normal(0.0, 0.05, N_SAMPLES)
        audio += np.column_stack((player, np.roll(player, lag)))
    return np.asarray(audio + rng.normal(0.0, 0.04, audio.shape))  # and the hall


def band_against_itself(audio: Audio) -> Audio:
    spectrum = np.fft.rfft(audio, axis=0)
    hz = np.fft.rfftfreq(len(audio), 1.0 / RATE_HZ)
    spectrum[(hz > 400.0) & (hz < 1_600.0), 1] *= -1.0
    return np.asarray(np.fft.irfft(spectrum, axis=0))


def section_turned_over(audio: Audio) -> Audio:
    spoilt = audio.copy()
    spoilt[3 * RATE_HZ : 5 * RATE_HZ, 1] *= -1.0
    return spoilt


def mono_with_dither(audio: Audio) -> Audio:
    middle = audio.mean(axis=1, keepdims=True).repeat(2, axis=1)
    return np.asarray(middle + np.random.default_rng(1).normal(0.0, 2.0**-16, audio.shape))


def noise_on_one_side(audio: Audio) -> Audio:
    return np.column_stack((audio[:, 0], np.random.default_rng(2).normal(0, 1e-4, len(audio))))


def test_mixes_made_with_pan_pots_and_with_spaced_microphones_raise_nothing(
    judge: Judge,
) -> None:
    for clean in (music(), music(seed=6, room=0.3), spaced_pair()):
        assert of_channels(judge(clean)) == {}


@pytest.mark.parametrize(
    ("fault", "expected", "severity"),
    [
        (lambda mix: mix * (1.0, -1.0), "polarity:inverted", Severity.FAIL),
        (noise_on_one_side, "balance:side-missing", Severity.FAIL),
        (lambda mix: mix * (1.0, 0.01), "balance:side-missing", Severity.FAIL),
        (lambda mix: mix * (1.0, 0.6), "balance:leans", Severity.WARN),
        (lambda mix: mix * (0.75, 1.0), "balance:leans", Severity.INFO),
        (mono_with_dither, "near_mono:nearly-mono", Severity.INFO),
        (band_against_itself, "mono_fold:lost-in-mono", Severity.INFO),
        (section_turned_over, "correlation:against-each-other", Severity.INFO),
    ],
)
def test_each_fault_is_told_once_and_by_its_own_check(
    judge: Judge, fault: Callable[[Audio], Audio], expected: str, severity: Severity
) -> None:
    found = of_channels(judge(fault(music())))
    assert {name: each.severity for name, each in found.items()} == {expected: severity}


@pytest.mark.parametrize("lag_samples", [3, 24, 960, -2_300])
def test_a_delay_is_told_with_its_size_and_side(judge: Judge, lag_samples: int) -> None:
    found = of_channels(judge(late(music(room=0.05), lag_samples)))["delay:delayed"]
    assert found.severity == Severity.INFO
    lag_ms = dict(found.evidence.numbers)["left_later_by_ms"]
    assert lag_ms == pytest.approx(-lag_samples / 48.0, abs=0.003)
    assert found.message.removeprefix("advice: ").startswith(
        f"the {'right' if lag_samples > 0 else 'left'} channel"
    )


def test_a_delayed_channel_that_is_turned_over_is_told_so(judge: Judge) -> None:
    found = of_channels(judge(late(music(), 480) * (1.0, -1.0)))
    assert "10.00 ms later than the left, and turned over" in found["delay:delayed"].message


def test_the_passage_that_works_against_itself_has_its_place_and_a_picture(
    judge: Judge,
) -> None:
    found = of_channels(judge(section_turned_over(music())))["correlation:against-each-other"]
    assert found.time_s == pytest.approx(3.0, abs=1.1)
    assert found.evidence.plot is not None
    assert len(found.evidence.plot.x) <= 200


def test_the_band_that_vanishes_in_mono_is_named(judge: Judge) -> None:
    found = of_channels(judge(band_against_itself(music())))["mono_fold:lost-in-mono"]
    assert found.evidence.plot is not None
    assert all(400.0 <= hz <= 1_600.0 for hz in found.evidence.plot.marks)
    assert len(found.evidence.plot.marks) >= 5


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 384_000])
@pytest.mark.parametrize("n_samples", [1, 5_000, 30_000])
def test_any_length_and_rate_can_be_judged(judge: Judge, rate_hz: int, n_samples: int) -> None:
    for audio in (np.zeros((n_samples, 2)), np.full((n_samples, 1), 0.1), music()[:n_samples]):
        judge(audio, samplerate=rate_hz)
