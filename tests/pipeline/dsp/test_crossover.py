import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import butter, sosfilt, tf2sos

from pipeline.dsp import Audio
from pipeline.dsp.crossover import Crossover, LinearPhase, MinimumPhase

SPLITS = ([120.0], [150.0, 2_500.0], [100.0, 500.0, 4_000.0], [60.0, 90.0, 130.0, 12_000.0])
RATES_HZ = (44_100, 48_000, 192_000)
NULL = 10 ** (-100 / 20)
Response = npt.NDArray[np.complex128]


def run(crossover: Crossover, signal: Audio) -> tuple[Audio, list[Audio]]:
    """Return the whole and the bands, with the latency taken out."""
    size, latency = crossover.chunk_samples, crossover.latency_samples
    n_chunks = -(-(len(signal) + latency) // size)
    line = np.zeros((n_chunks * size, 2))
    line[: len(signal)] = signal
    done = [crossover.split(line[at : at + size]) for at in range(0, len(line), size)]
    span = slice(latency, latency + len(signal))
    whole = np.concatenate([whole for whole, _ in done])[span]
    bands = zip(*(bands for _, bands in done), strict=True)
    return whole, [np.concatenate(band)[span] for band in bands]


def noise(n_samples: int) -> Audio:
    return np.random.default_rng(2).uniform(-1.0, 1.0, (n_samples, 2))


def lows(crossover: Crossover, rate_hz: int) -> tuple[Response, npt.NDArray[np.floating]]:
    """Return what lies below each crossover, as responses, and their frequencies."""
    impulse = np.zeros((2 * rate_hz, 2))
    impulse[rate_hz] = 1.0
    _, bands = run(crossover, impulse)
    responses = np.fft.rfft(np.cumsum([band[:, 0] for band in bands[:-1]], axis=0))
    return responses, np.fft.rfftfreq(len(impulse), 1 / rate_hz)


@pytest.mark.parametrize("make", [MinimumPhase, LinearPhase])
@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("at_hz", SPLITS)
def test_bands_add_up_to_the_whole(
    at_hz: list[float], rate_hz: int, make: type[MinimumPhase] | type[LinearPhase]
) -> None:
    whole, bands = run(make(at_hz, sample_rate_hz=rate_hz), noise(rate_hz // 2))
    assert len(bands) == len(at_hz) + 1
    assert np.abs(sum(bands[1:], bands[0]) - whole).max() < 1e-12
    assert all(np.abs(band).max() > 0.01 for band in bands)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("at_hz", SPLITS)
def test_the_whole_of_minimum_phase_is_the_input_through_all_passes(
    at_hz: list[float], rate_hz: int
) -> None:
    signal = noise(rate_hz // 2)
    whole, _ = run(MinimumPhase(at_hz, sample_rate_hz=rate_hz), signal)
    turned = signal
    for each in at_hz:
        poles = butter(2, each, fs=rate_hz)[1]
        turned = sosfilt(tf2sos(poles[::-1], poles), turned, axis=0)
    assert np.abs(whole - turned).max() < NULL


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("at_hz", SPLITS)
def test_the_whole_of_linear_phase_is_the_input(at_hz: list[float], rate_hz: int) -> None:
    signal = noise(rate_hz // 2)
    whole, _ = run(LinearPhase(at_hz, sample_rate_hz=rate_hz), signal)
    np.testing.assert_array_equal(whole, signal)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_lowest_band_is_two_butterworths_and_the_all_passes_above(rate_hz: int) -> None:
    at_hz = [100.0, 500.0, 4_000.0]
    signal = noise(rate_hz // 2)
    _, bands = run(MinimumPhase(at_hz, sample_rate_hz=rate_hz), signal)
    section = butter(2, at_hz[0], fs=rate_hz, output="sos")
    low = sosfilt(np.vstack((section, section)), signal, axis=0)
    for each in at_hz[1:]:
        poles = butter(2, each, fs=rate_hz)[1]
        low = sosfilt(tf2sos(poles[::-1], poles), low, axis=0)
    assert np.abs(bands[0] - low).max() < NULL


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("at_hz", SPLITS)
def test_slopes_of_linear_phase_turn_nothing_and_fall_by_24_db_per_octave(
    at_hz: list[float], rate_hz: int
) -> None:
    responses, frequency_hz = lows(LinearPhase(at_hz, sample_rate_hz=rate_hz), rate_hz)
    centred = responses * np.exp(1j * np.pi * np.arange(len(frequency_hz)))
    for each, response in zip(at_hz, centred, strict=True):
        wanted = 1.0 / (1.0 + (frequency_hz / each) ** 4)
        assert np.abs(response - wanted).max() < 1e-4
        inside = wanted > 10 ** (-40 / 20)
        error_db = 20 * np.log10(np.abs(response[inside]) / wanted[inside])
        assert np.abs(error_db).max() < 0.1
        at_crossover = response[np.argmin(np.abs(frequency_hz - each))]
        assert 20 * np.log10(np.abs(at_crossover)) == pytest.approx(-6.02, abs=0.01)


@pytest.mark.parametrize("make", [MinimumPhase, LinearPhase])
def test_a_rate_that_cannot_carry_a_crossover_is_a_sentence(
    make: type[MinimumPhase] | type[LinearPhase],
) -> None:
    with pytest.raises(ValueError, match="12000 Hz is too high for a mix at 22050 Hz"):
        make([120.0, 12_000.0], sample_rate_hz=22_050)
