import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.dsp.meter import Meter
from pipeline.intake.listeners.loudness import LoudnessFigures
from pipeline.intake.listening import Format
from pipeline.intake.survey import hear

RATE_HZ = 48_000


def heard(audio: Audio, n_pieces: int = 3) -> LoudnessFigures:
    wanted = Format(RATE_HZ, audio.shape[1], len(audio), 24, is_float=False)
    return hear(iter(np.array_split(audio, n_pieces)), wanted).of(LoudnessFigures)


@pytest.fixture(scope="module")
def song() -> Audio:
    """Eight seconds, of which the last four are 10 dB louder."""
    rng = np.random.default_rng(3)
    noise = 0.02 * rng.standard_normal((8 * RATE_HZ, 2))
    noise[4 * RATE_HZ :] *= 10**0.5
    return noise


def test_a_mix_is_as_loud_as_the_meter_says_and_its_loud_passages_louder(song: Audio) -> None:
    meter = Meter(RATE_HZ, 2)
    meter.update(song)
    found = heard(song)
    assert found.integrated_lufs == pytest.approx(meter.result().integrated_lufs, abs=1e-9)
    assert found.integrated_lufs is not None
    assert found.loud_passages_lufs is not None
    assert found.loud_passages_lufs > found.integrated_lufs
    assert heard(song, 11) == found


def test_a_mono_mix_is_as_loud_as_it_will_be_heard(song: Audio) -> None:
    both = np.repeat(song[:, :1], 2, axis=1)
    assert heard(song[:, :1]) == heard(both)


@pytest.mark.parametrize("n_samples", [1, RATE_HZ])
def test_silence_and_a_single_sample_have_no_loudness(n_samples: int) -> None:
    assert heard(np.zeros((n_samples, 2)), 1) == LoudnessFigures(None, None)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_tone_reads_as_on_any_meter(n_channels: int) -> None:
    wave = 0.1 * np.sin(2 * np.pi * 1_000.0 * np.arange(5 * RATE_HZ) / RATE_HZ)
    found = heard(np.repeat(wave[:, None], n_channels, axis=1))
    assert found.integrated_lufs == pytest.approx(-20.0, abs=0.1)  # EBU Tech 3341
    assert found.true_peak_dbtp == pytest.approx(-20.0, abs=0.1)
    assert found.plr_db == pytest.approx(0.0, abs=0.2)
    assert found.max_short_term_lufs == pytest.approx(-20.0, abs=0.1)
