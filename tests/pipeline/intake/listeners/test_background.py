import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.intake.listeners.background import BackgroundFigures, BackgroundListener
from pipeline.intake.listening import Format, pieces


def heard(audio: Audio, rate_hz: int) -> BackgroundFigures:
    listener = BackgroundListener(
        Format(rate_hz, audio.shape[1], len(audio), 24, is_float=False)
    )
    blocks = iter(np.array_split(audio, 7))
    for each in pieces(blocks, sample_rate_hz=rate_hz, n_channels=audio.shape[1]):
        listener.hear(each)
    return listener.figures()


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 192_000])
def test_a_low_tone_has_its_level_and_frequency_at_any_rate(rate_hz: int) -> None:
    times_s = np.arange(6 * rate_hz) / rate_hz
    tone = 0.01 * np.sin(2 * np.pi * 123.0 * times_s)
    figures = heard(tone[:, None], rate_hz)
    spectrum = np.array(figures.quiet_spectrum_db)
    assert spectrum.argmax() * figures.tone_bin_hz == pytest.approx(123.0, abs=1.0)
    assert spectrum.max() == pytest.approx(-43.0, abs=1.5)  # between bins a Hann peak is lower
    assert figures.all_dbfs == pytest.approx(-43.0, abs=0.2)
    assert figures.loud_dbfs == pytest.approx(-43.0, abs=0.6)


def test_noise_has_its_share_below_hearing() -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.1, (480_000, 2))
    figures = heard(noise, 48_000)
    share_db = 10 * np.log10(16.0 / 24_000.0)
    assert figures.all_dbfs == pytest.approx(-20.0, abs=0.1)
    assert figures.subsonic_dbfs - figures.all_dbfs == pytest.approx(share_db, abs=1.5)


@pytest.mark.parametrize("n_samples", [1, 4_096, 20_000])
def test_silence_and_moments_have_no_background(n_samples: int) -> None:
    figures = heard(np.zeros((n_samples, 2)), 48_000)
    assert figures.loud_dbfs is figures.noise_dbfs is None
    assert figures.quiet_spectrum_db == ()
    assert figures.subsonic_dbfs == figures.all_dbfs == -200.0
