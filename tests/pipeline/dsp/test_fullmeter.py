"""Everything at once: the same figures as from each meter alone, at every rate and layout."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.dsp.dynamics import DynamicsMeter
from pipeline.dsp.fullmeter import FullMeasurement, FullMeter
from pipeline.dsp.meter import Meter

SURROUND = (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)


def programme(seconds: float, rate_hz: int, *, n_channels: int = 2) -> Audio:
    rng = np.random.default_rng(7)
    noise = rng.standard_normal((round(seconds * rate_hz), n_channels)) * 0.1
    levels = np.repeat(rng.uniform(0.2, 1.0, int(seconds) + 1), rate_hz)[: len(noise)]
    audio: Audio = np.round(noise * levels[:, np.newaxis] * 2**15) / 2**15
    return audio


def measure(audio: Audio, rate_hz: int, *, block_samples: int = 32_768) -> FullMeasurement:
    n_channels = audio.shape[1]
    meter = FullMeter(
        rate_hz, n_channels, weights=SURROUND if n_channels == 6 else None, bits=24
    )
    for start in range(0, len(audio), block_samples):
        meter.update(audio[start : start + block_samples])
    return meter.result()


def test_its_figures_are_those_of_the_meters() -> None:
    audio = programme(7, 16_000)
    found = measure(audio, 16_000)
    basic, dynamics = Meter(16_000, 2), DynamicsMeter(16_000, 2)
    basic.update(audio)
    dynamics.update(audio)
    assert found.basic == basic.result()
    assert found.dynamics == dynamics.result()
    assert found.bits_in_use == 16
    assert found.stereo is not None
    assert found.psr_min_db is not None
    assert 5 < found.psr_min_db < 15


def test_any_block_cut_gives_the_same() -> None:
    audio = programme(5, 16_000)
    one, other = (measure(audio, 16_000, block_samples=size) for size in (977, 80_000))
    assert (one.basic, one.dynamics, one.gaps, one.stereo) == (
        other.basic, other.dynamics, other.gaps, other.stereo,
    )  # fmt: skip
    np.testing.assert_array_equal(one.psr_db, other.psr_db)
    np.testing.assert_array_equal(
        one.third_octaves.levels_dbfs, other.third_octaves.levels_dbfs
    )


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 44_100, 176_400, 384_000])
def test_every_rate_is_measured(rate_hz: int) -> None:
    found = measure(programme(3.2, rate_hz), rate_hz)
    assert found.basic.integrated_lufs == pytest.approx(-19, abs=4)
    assert found.basic.true_peak_dbtp >= found.basic.sample_peak_dbfs
    assert found.psr_min_db is not None


def test_the_lfe_is_measured_but_not_heard() -> None:
    audio = programme(4, 16_000, n_channels=6)
    quiet = measure(audio, 16_000)
    audio[:, 3] *= 8
    loud = measure(audio, 16_000)
    assert loud.basic.integrated_lufs == quiet.basic.integrated_lufs
    assert loud.basic.sample_peak_dbfs > quiet.basic.sample_peak_dbfs
    assert loud.stereo is None


@pytest.mark.parametrize("n_samples", [0, 1, 50])
def test_what_is_too_short_is_undefined(n_samples: int) -> None:
    found = measure(programme(1, 8_000)[:n_samples], 8_000)
    assert found.psr_min_db is None
    assert found.dynamics.dr is None
    assert found.basic.integrated_lufs is None
