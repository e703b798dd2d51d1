from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.dsp import Audio
from pipeline.master.processors.gain_ride import GainRide

RATE_HZ = 48_000
NOISE = np.random.default_rng(5).normal(0.0, 0.2, (RATE_HZ, 2))
RIDE = [{"at": "0.2 s", "gain": "0 dB"}, {"at": "0.5 s", "gain": "-6 dB"}]


def run(ride: list[dict[str, str]], signal: Audio, edges: list[int] | None = None) -> Audio:
    rider = GainRide.model_validate(ride).make(RATE_HZ)
    cuts = edges or [0, len(signal)]
    parts = [rider.process(signal[start:end]) for start, end in pairwise(cuts)]
    return np.concatenate((*parts, rider.flush()))


def test_the_gain_is_what_is_written_at_each_time_and_rests_outside() -> None:
    gain = run(RIDE, np.ones((RATE_HZ, 2)))
    assert (gain[:9_600] == 1.0).all()
    assert 20 * np.log10(gain[16_800, 0]) == pytest.approx(-3.0)
    np.testing.assert_allclose(gain[24_000:], 10 ** (-6 / 20), rtol=1e-12)


def test_at_0_db_every_bit_is_kept() -> None:
    out = run(RIDE, NOISE)
    np.testing.assert_array_equal(out[:9_600], NOISE[:9_600])


def sidebands_db(gain: np.ndarray) -> float:
    """Return what a tone of 1 kHz has beyond 200 Hz beside it, relative to itself."""
    tone = np.sin(2 * np.pi * 1_000 * np.arange(RATE_HZ) / RATE_HZ)
    spectrum = np.abs(np.fft.rfft(tone * gain * np.kaiser(RATE_HZ, 30.0)))
    frequency_hz = np.arange(len(spectrum))
    beside = spectrum[np.abs(frequency_hz - 1_000) > 200]
    return float(20 * np.log10(beside.max() / spectrum.max()))


@pytest.mark.parametrize(
    ("ms", "shape", "most_db"),
    [
        (20, "smooth", -90.0),
        (100, "smooth", -132.0),
        (400, "smooth", -172.0),
        (20, "straight", -69.0),
        (100, "straight", -83.0),
    ],
)
def test_a_move_by_12_db_has_no_zipper_noise(ms: int, shape: str, most_db: float) -> None:
    ride = [
        {"at": "450 ms", "gain": "0 dB"},
        {"at": f"{450 + ms} ms", "gain": "-12 dB", "shape": shape},
    ]
    gain = run(ride, np.ones((RATE_HZ, 2)))[:, 0]
    assert sidebands_db(gain) < most_db
    stepped = np.repeat(gain[::64], 64)  # as one gain to a block of 64 samples would be
    assert sidebands_db(stepped) > max(most_db, -69.0)


@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
def test_any_block_cut_gives_the_same_samples(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(NOISE)]
    np.testing.assert_array_equal(run(RIDE, NOISE, edges), run(RIDE, NOISE))


def test_one_point_is_a_gain() -> None:
    np.testing.assert_allclose(run([{"at": "0 s", "gain": "20 dB"}], NOISE), 10.0 * NOISE)


@pytest.mark.parametrize("second", ["1 s", "1.004 s", "0.5 s"])
def test_points_too_close_or_out_of_order_are_explained(second: str) -> None:
    written: Any = [{"at": "1 s", "gain": "0 dB"}, {"at": second, "gain": "1 dB"}]
    with pytest.raises(
        ValidationError, match="comes less than 5 ms after 1 s; write points in"
    ):
        GainRide.model_validate(written)
