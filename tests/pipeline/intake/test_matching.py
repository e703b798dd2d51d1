"""Files of one recording are found whatever became of them, and others are not."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.dsp.resample import Resampler
from pipeline.intake.listeners.fingerprint import FingerprintFigures
from pipeline.intake.listening import Format
from pipeline.intake.matching import SAME_RECORDING, Match, matches
from pipeline.intake.survey import hear
from tests.end_to_end.test_comparisons import RATE_HZ, limited, song


def print_of(audio: Audio, rate_hz: int = RATE_HZ) -> FingerprintFigures:
    wanted = Format(rate_hz, audio.shape[1], len(audio), 24, is_float=False)
    return hear(iter([audio]), wanted).of(FingerprintFigures)


def match_of(first: FingerprintFigures, second: FingerprintFigures) -> Match:
    (found,) = matches({"a": first, "b": second}, firsts="a", least_agreement=0.0)
    return found


@pytest.fixture(scope="module")
def known() -> FingerprintFigures:
    return print_of(song(0))


def resampled(audio: Audio, rate_hz: int) -> Audio:
    resampler = Resampler(RATE_HZ, rate_hz, 2)
    return np.concatenate((resampler.process(audio), resampler.flush()))


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 96_000])
def test_a_resampled_copy_is_known(known: FingerprintFigures, rate_hz: int) -> None:
    found = match_of(known, print_of(resampled(song(0), rate_hz), rate_hz))
    assert found.agreement > 0.9
    assert not found.is_exact


def test_gain_limiting_mono_and_noise_do_not_hide_a_recording(
    known: FingerprintFigures,
) -> None:
    audio, rng = song(0), np.random.default_rng(9)
    copies = (
        -0.1 * audio,
        limited(audio, 9.0),
        audio.mean(axis=1, keepdims=True),
        audio + rng.normal(0.0, 0.1 * audio.std(), audio.shape),
    )
    assert all(match_of(known, print_of(each)).agreement > SAME_RECORDING for each in copies)


@pytest.mark.parametrize("late_s", [0.125, 1.0, 3.1])
def test_a_recording_that_starts_later_is_known_with_its_offset(
    known: FingerprintFigures, late_s: float
) -> None:
    silence = np.zeros((round(late_s * RATE_HZ), 2))
    found = match_of(known, print_of(np.concatenate((silence, song(0)))))
    assert found.agreement > SAME_RECORDING
    assert found.offset_s == pytest.approx(late_s, abs=0.25)


def test_other_songs_do_not_match() -> None:
    prints = {str(seed): print_of(song(seed)) for seed in range(8)}
    assert list(matches(prints, firsts=prints)) == []


def test_the_same_audio_in_another_file_is_exact(known: FingerprintFigures) -> None:
    assert match_of(known, print_of(song(0))).is_exact


def test_silence_and_short_files_match_nothing() -> None:
    silence = print_of(np.zeros((12 * RATE_HZ, 2)))
    short = print_of(song(0)[: 2 * RATE_HZ])
    assert list(matches({"a": silence, "b": silence, "c": short}, firsts="abc")) == []
