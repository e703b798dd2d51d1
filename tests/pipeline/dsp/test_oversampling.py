import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.dsp.oversampling import Oversampler, Row

RATES_HZ = (22_050, 44_100, 48_000, 96_000, 192_000)
INSIDE = slice(2_000, -2_000)


def run(oversampler: Oversampler, signal: Audio) -> tuple[Audio, Audio]:
    """Return the signal and what is added to it, with the latency taken out."""
    size, latency = oversampler.chunk_samples, oversampler.latency_samples
    line = np.zeros((-(-(len(signal) + latency) // size) * size, 2))
    line[: len(signal)] = signal
    done = [oversampler.next(line[at : at + size]) for at in range(0, len(line), size)]
    span = slice(latency, latency + len(signal))
    straight, change = (np.concatenate(each)[span] for each in zip(*done, strict=True))
    return straight, change


def keep(samples: Row) -> None:
    """Add what is heard."""


def square(samples: Row) -> None:
    samples *= samples.copy()


def tone(frequency_hz: float, rate_hz: int) -> Audio:
    wave = np.sin(2 * np.pi * frequency_hz * np.arange(rate_hz) / rate_hz)
    return np.column_stack((wave, -wave))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_signal_itself_meets_no_filter(rate_hz: int) -> None:
    noise = np.random.default_rng(3).uniform(-1.0, 1.0, (20_000, 2))
    straight, _ = run(Oversampler(keep, sample_rate_hz=rate_hz), noise)
    np.testing.assert_array_equal(straight, noise)


TONES = [(40.0, 1.0, 1e-6), (5_000.0, 1.0, 1e-6), (9_900.0, 1.0, 1e-4), (20_500.0, 0.0, 1e-6)]


@pytest.mark.parametrize("rate_hz", RATES_HZ[1:])
@pytest.mark.parametrize(("frequency_hz", "share", "tolerance"), TONES)
def test_all_up_to_10_khz_is_heard_in_its_place_and_nothing_above_20_khz(
    frequency_hz: float, share: float, tolerance: float, rate_hz: int
) -> None:
    signal = tone(frequency_hz, rate_hz)
    _, change = run(Oversampler(keep, sample_rate_hz=rate_hz), signal)
    np.testing.assert_allclose(change[INSIDE], share * signal[INSIDE], atol=tolerance)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_what_bending_adds_is_exact(rate_hz: int) -> None:
    """A square of a tone is half of 0 Hz, and half of the octave."""
    _, change = run(Oversampler(square, sample_rate_hz=rate_hz), tone(2_000, rate_hz))
    octave = 0.5 - 0.5 * np.cos(2 * np.pi * 4_000 * np.arange(rate_hz) / rate_hz)
    np.testing.assert_allclose(change[INSIDE, 0], octave[INSIDE], atol=2e-6)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_what_lies_above_half_the_rate_does_not_fold_back(rate_hz: int) -> None:
    _, folded = run(Oversampler(square, sample_rate_hz=rate_hz), tone(0.3 * rate_hz, rate_hz))
    assert np.ptp(folded[INSIDE], axis=0).max() < 1e-6
