"""Third-octave bands: IEC 61260-1, and what leaks between them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from pipeline.dsp import Audio
from pipeline.dsp.thirdoctave import ThirdOctaveMeter, ThirdOctaves, bands_of, sum_bands

RATE_HZ = 48_000
NOISE = np.random.default_rng(3).standard_normal((150_000, 2)) * 0.1


def measure(
    audio: Audio, cuts: list[int] | None = None, *, rate_hz: int = RATE_HZ
) -> ThirdOctaves:
    meter = ThirdOctaveMeter(rate_hz, audio.shape[1])
    for block in np.split(audio, sorted(cuts or [])):
        meter.update(block)
    return meter.result()


def sine(hz: float, seconds: float, *, rate_hz: int = RATE_HZ) -> Audio:
    wave: Audio = np.sin(2 * np.pi * hz / rate_hz * np.arange(round(seconds * rate_hz)))
    return wave[:, np.newaxis]


def test_the_bands_are_those_that_everyone_names() -> None:
    bands = bands_of(RATE_HZ)
    assert [bands[i].name_hz for i in (0, 1, 2, 17, 30)] == [20.0, 25.0, 31.5, 1000.0, 20000.0]
    assert len(bands) == 31
    assert bands[17].low_hz == pytest.approx(891.25, abs=0.01)
    assert bands[17].high_hz == pytest.approx(1122.02, abs=0.01)


def test_the_bands_end_with_the_sample_rate() -> None:
    assert bands_of(8_000)[-1].name_hz == 4000.0
    assert bands_of(44_100)[-1].high_hz == 22_050.0
    assert bands_of(192_000)[-1].name_hz == 20_000.0


@pytest.mark.parametrize("hz", [63.1, 1_000.0, 15_848.9])
@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_a_tone_in_the_middle_of_a_band_is_in_no_other(hz: float, rate_hz: int) -> None:
    found = measure(sine(hz, 4.0, rate_hz=rate_hz), rate_hz=rate_hz)
    place = int(found.levels_dbfs.argmax())
    assert found.bands[place].low_hz < hz < found.bands[place].high_hz
    assert found.levels_dbfs[place] == pytest.approx(-3.01, abs=0.05)
    others = np.delete(found.levels_dbfs, place)
    assert others.max() < -30


@pytest.mark.parametrize("n_samples", [150_000, 40_000, 1_000])
def test_the_bands_together_are_the_power_of_the_programme(n_samples: int) -> None:
    audio = np.zeros((n_samples, 2))
    audio[n_samples // 3 : n_samples // 2] = NOISE[: n_samples // 2 - n_samples // 3]
    power = (10 ** (measure(audio).levels_dbfs / 10)).sum()
    # White noise has 7 % of its power above the bands, and a thousandth below them.
    assert 10 * np.log10(power / (audio**2).mean()) == pytest.approx(-0.31, abs=0.1)


def test_steady_noise_is_measured_within_a_tenth() -> None:
    power = (10 ** (measure(NOISE).levels_dbfs / 10)).sum()
    wanted = (NOISE**2).mean() * (22_387 - 17.8) / 24_000
    assert 10 * np.log10(power / wanted) == pytest.approx(0.0, abs=0.1)


def test_channels_belong_together_band_by_band() -> None:
    low = sosfilt(butter(8, 400, output="sos", fs=RATE_HZ), NOISE[:, 0])
    high = sosfilt(butter(8, 4_000, "highpass", output="sos", fs=RATE_HZ), NOISE[:, 1])
    found = measure(np.column_stack((low + high, low - high)))
    by_name = dict(zip([band.name_hz for band in found.bands], range(31), strict=True))
    assert found.correlations[by_name[100.0]] == pytest.approx(1.0, abs=0.01)
    assert found.correlations[by_name[10_000.0]] == pytest.approx(-1.0, abs=0.01)
    assert found.sides_to_mids_db[by_name[100.0]] < -40
    assert found.sides_to_mids_db[by_name[10_000.0]] > 40
    assert found.correlation_curves.shape == (len(found.side_to_mid_curves_db), 31)
    assert found.stretch_s == pytest.approx(0.341, abs=0.001)


def test_without_two_channels_nothing_belongs_together() -> None:
    found = measure(NOISE[:, :1])
    assert np.isnan(found.correlations).all()
    assert not len(found.correlation_curves)


def test_six_channels_are_averaged() -> None:
    one, six = measure(NOISE[:, :1]), measure(np.repeat(NOISE[:, :1], 6, axis=1))
    np.testing.assert_allclose(six.levels_dbfs, one.levels_dbfs, atol=1e-4)


def test_silence_has_no_level() -> None:
    assert np.isneginf(measure(np.zeros((5_000, 2))).levels_dbfs).all()
    assert np.isneginf(measure(np.zeros((0, 2))).levels_dbfs).all()


@settings(deadline=None, max_examples=10)
@given(st.lists(st.integers(0, len(NOISE)), max_size=4))
def test_any_block_cut_gives_the_same(cuts: list[int]) -> None:
    found = measure(NOISE, cuts)
    np.testing.assert_array_equal(found.levels_dbfs, WHOLE.levels_dbfs)
    np.testing.assert_array_equal(found.correlation_curves, WHOLE.correlation_curves)


WHOLE = measure(NOISE)


def test_asking_twice_changes_nothing() -> None:
    meter = ThirdOctaveMeter(RATE_HZ, 2)
    meter.update(NOISE[:40_000])
    meter.result()
    meter.update(NOISE[40_000:])
    np.testing.assert_array_equal(meter.result().levels_dbfs, WHOLE.levels_dbfs)


def test_a_bin_that_an_edge_parts_counts_for_both_bands() -> None:
    spectrum, sums = np.ones((8, 2), np.float32), np.zeros((2, 3))
    sum_bands.py_func(spectrum, -spectrum, np.array([1.5, 3.25, 6.0]), sums)
    np.testing.assert_allclose(sums, 2 * np.outer([1.75, 2.75], [1, 1, -1]))
