import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.master.processors.mono_bass import MonoBass

RATE_HZ = 48_000
NOISE = np.random.default_rng(1).normal(0.0, 0.2, (20_000, 2))


def run(signal: Audio, **written: str) -> Audio:
    mono_bass = MonoBass.model_validate({"below": "120 Hz"} | written).make(RATE_HZ)
    return np.concatenate((mono_bass.process(signal), mono_bass.flush()))


@pytest.mark.parametrize("slope", ["6 dB/oct", "12 dB/oct", "24 dB/oct"])
def test_the_sides_lose_their_bass_in_time_with_the_middle(slope: str) -> None:
    impulse = np.zeros((RATE_HZ + 1, 2))
    impulse[RATE_HZ // 2] = (1.0, -1.0)
    out = run(impulse, slope=slope)
    np.testing.assert_allclose(out[:, 0], -out[:, 1], rtol=0, atol=1e-15)
    np.testing.assert_allclose(out, out[::-1], rtol=0, atol=1e-12)
    gains = np.abs(np.fft.rfft(out[:RATE_HZ, 0]))
    order = float(slope.split()[0]) / 6
    for at_hz in (60, 120, 240, 1000):
        wanted_db = -10 * np.log10(1 + (120 / at_hz) ** (2 * order))
        assert 20 * np.log10(gains[at_hz]) == pytest.approx(wanted_db, abs=0.05)


def test_the_fold_to_mono_stays() -> None:
    out = run(NOISE)
    np.testing.assert_allclose(out.sum(axis=1), NOISE.sum(axis=1), rtol=0, atol=1e-12)
    assert np.abs(out - NOISE).max() > 0.01


def test_mono_keeps_every_bit() -> None:
    mono = np.repeat(NOISE[:, :1], 2, axis=1)
    np.testing.assert_array_equal(run(mono), mono)
