import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.intake.listeners.loudness import LoudnessFigures
from pipeline.intake.listening import SILENCE_DB, Format
from pipeline.intake.survey import hear

RATE_HZ = 48_000


def heard(audio: Audio) -> LoudnessFigures:
    wanted = Format(RATE_HZ, audio.shape[1], len(audio), 24, is_float=False)
    return hear(iter([audio]), wanted).of(LoudnessFigures)


def tone(seconds: float, n_channels: int) -> Audio:
    wave = 0.1 * np.sin(2 * np.pi * 1_000.0 * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)
    return np.repeat(wave[:, None], n_channels, axis=1)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_tone_reads_as_on_any_meter_and_mono_as_it_will_be_heard(n_channels: int) -> None:
    found = heard(tone(5.0, n_channels))
    assert found.integrated_lufs == pytest.approx(-20.0, abs=0.1)  # Tech 3341, case 1 and 2
    assert found.true_peak_dbtp == pytest.approx(-20.0, abs=0.1)
    assert found.plr_db == pytest.approx(0.0, abs=0.2)


def test_silence_is_a_level_and_what_is_too_short_is_undefined() -> None:
    silent = heard(np.zeros((RATE_HZ, 2)))
    assert silent.sample_peak_dbfs == silent.true_peak_dbtp == SILENCE_DB
    assert silent.integrated_lufs in {None, SILENCE_DB}
    assert heard(np.full((1, 1), 0.5)).integrated_lufs is None
