import numpy as np
import pytest

from pipeline.intake.listeners.clicks import ClickFigures, ClickListener, prediction_error
from pipeline.intake.listening import Format, pieces


def test_a_sine_predicts_itself_but_for_the_click_in_it() -> None:
    wave = np.sin(2 * np.pi * 440.0 * np.arange(2_001) / 48_000)
    wave[1_000] += 0.05
    error = np.abs(prediction_error(wave))
    assert error.argmax() in range(1_000, 1_021)
    assert np.median(error) < 1e-3


@pytest.mark.parametrize("rate_hz", [8_000, 48_000, 192_000])
@pytest.mark.parametrize("cuts", [[], [1, 30_000, 30_001, 31_000]])
def test_a_click_is_found_at_any_rate_and_in_any_blocks(rate_hz: int, cuts: list[int]) -> None:
    audio = np.random.default_rng(2).normal(0.0, 0.001, (2 * rate_hz, 2))
    audio += 0.3 * np.sin(2 * np.pi * 200.0 * np.arange(len(audio)) / rate_hz)[:, None]
    place = rate_hz // 2 + 6_000 * (rate_hz > 8_000)
    audio[place, 1] += 0.2
    found = heard(audio, rate_hz, cuts)
    strongest = int(np.argmax(found.strengths))
    assert found.times_s[strongest] == pytest.approx(place / rate_hz, abs=2 / rate_hz)
    assert found.strengths[strongest] > 60.0
    assert found.widths_ms[strongest] < 1.0 + 20_000 / rate_hz


@pytest.mark.parametrize("n_samples", [1, 500, 5_000])
def test_moments_have_no_clicks(n_samples: int) -> None:
    audio = np.zeros((n_samples, 1))
    audio[n_samples // 2] = 1.0
    assert len(heard(audio, 48_000, []).times_s) <= 1


def heard(audio: np.ndarray, rate_hz: int, cuts: list[int]) -> ClickFigures:
    listener = ClickListener(Format(rate_hz, audio.shape[1], len(audio), 24, is_float=False))
    blocks = iter(np.split(audio, cuts))
    for each in pieces(blocks, sample_rate_hz=rate_hz, n_channels=audio.shape[1]):
        listener.hear(each)
    return listener.figures()
