import numpy as np
import pytest

from pipeline.intake.bands import band_powers, bin_powers, k_weights, to_db
from pipeline.intake.listening import SILENCE_DB, Windows

RATE_HZ = 48_000


@pytest.mark.parametrize("hz", [63.0, 997.0, 9000.0])
def test_a_sine_has_its_power_in_the_band_around_it(hz: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ)
    frames = Windows(RATE_HZ, 2, length_s=0.18).frames(np.column_stack((tone, tone)))
    edges = np.array([20.0, hz / 1.3, hz * 1.3, 20_000.0])
    powers = band_powers(bin_powers(frames), edges, bin_hz=RATE_HZ / 8192)
    np.testing.assert_allclose(powers[:, 1], 0.125, rtol=0.01)
    assert powers[:, [0, 2]].max() < 0.125 / 1000


def test_bands_share_bins_and_lose_nothing() -> None:
    powers = np.random.default_rng(1).random((3, 1025))
    edges = np.geomspace(20.0, 20_000.0, 60)
    parts = band_powers(powers, edges, bin_hz=RATE_HZ / 2048)
    whole = band_powers(powers, edges[[0, -1]], bin_hz=RATE_HZ / 2048)
    np.testing.assert_allclose(parts.sum(axis=1), whole[:, 0])


def test_bands_above_half_the_rate_are_empty() -> None:
    powers = band_powers(np.ones((1, 5)), np.array([50.0, 100.0, 200.0]), bin_hz=10.0)
    assert powers.tolist() == [[0.0, 0.0]]


def test_silence_has_a_level_that_json_holds() -> None:
    assert to_db([0.0, 1.0]).tolist() == [SILENCE_DB, 0.0]


def test_the_k_weighting_is_that_of_the_standard() -> None:
    # ITU-R BS.1770-5 Annex 1: -0.691 dB undoes the gain at 997 Hz; 4 dB at the top.
    gains = 10.0 * np.log10(k_weights((38.0, 997.0, 12_000.0)))
    assert gains == pytest.approx([-6.0, 0.691, 4.0], abs=0.1)
