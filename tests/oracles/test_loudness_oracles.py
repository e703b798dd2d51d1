"""Our meter beside pyloudnorm and FFmpeg's ebur128, on random programmes."""

from __future__ import annotations

import importlib
import os
import subprocess
from functools import cache
from types import ModuleType

import numpy as np
import pytest
from scipy.signal import lfilter

from pipeline.dsp import Audio
from pipeline.dsp.loudness import Energies, LoudnessMeter, k_weighting, short_term_lufs
from pipeline.dsp.meter import Measurement, Meter

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.parametrize("seed", [1, 2, 3]),
    pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000]),
]


def oracle(name: str) -> ModuleType:
    """Return an independent program's module; its absence skips the test, or fails it in CI."""
    try:
        return importlib.import_module(name)
    except ImportError:
        if os.environ.get("REQUIRE_ORACLES") == "1":
            raise
        pytest.skip(f"{name} is not installed")


def programme(seed: int, rate_hz: int) -> Audio:
    """Return 30 s that mean something to a gate: loud and quiet passages, pauses, a hum.

    Every meter draws the line a little elsewhere, so nothing lingers there. Loud and quiet lie
    on either side of the relative gate: FFmpeg's works in steps of 0.01 LU. The hum stays over
    the absolute one: FFmpeg applies it before it counts mono twice. The last block is whole:
    pyloudnorm counts a half one. There is little above 10 kHz, like in music: up there meters
    of true peaks differ by design.
    """
    rng = np.random.default_rng(seed)
    n_samples = 30 * rate_hz
    loud, quiet, is_loud = rng.uniform(-14, -3, 20), rng.uniform(-45, -30, 20), rng.random(20)
    levels_db = np.repeat(np.where(is_loud < 0.6, loud, quiet), n_samples // 20)
    gains = 10 ** (levels_db / 20)
    for start in rng.integers(0, n_samples, 3):
        gains[start : start + rate_hz] = 0.0
    mid, side = rng.standard_normal((2, n_samples))
    noise = np.column_stack((mid + 0.4 * side, mid - 0.7 * side))
    pole = np.exp(-2 * np.pi * rng.uniform(300, 3_000) / rate_hz)
    noise = lfilter([1 - pole], [1, -pole], noise, axis=0)
    hum = 4e-3 * np.sin(2 * np.pi * 55 / rate_hz * np.arange(n_samples))
    sum_of_all = gains[:, np.newaxis] * noise + hum[:, np.newaxis]
    audio: Audio = 0.9 * sum_of_all / np.abs(sum_of_all).max()
    return audio


def measure(audio: Audio, rate_hz: int) -> Measurement:
    meter = Meter(rate_hz, audio.shape[1])
    for start in range(0, len(audio), 65_536):
        meter.update(audio[start : start + 65_536])
    return meter.result()


@pytest.mark.parametrize(
    ("filter_class", "tolerance_lu"), [("DeMan", 0.05), ("K-weighting", 0.1)]
)
def test_integrated_loudness_agrees_with_pyloudnorm(
    seed: int, rate_hz: int, filter_class: str, tolerance_lu: float
) -> None:
    pyloudnorm = oracle("pyloudnorm")
    audio = programme(seed, rate_hz)
    theirs = pyloudnorm.Meter(rate_hz, filter_class=filter_class).integrated_loudness(audio)
    assert measure(audio, rate_hz).integrated_lufs == pytest.approx(theirs, abs=tolerance_lu)


def test_integrated_loudness_and_peaks_agree_with_ffmpeg(seed: int, rate_hz: int) -> None:
    audio = programme(seed, rate_hz)
    theirs = ebur128(seed, rate_hz)
    ours = measure(audio, rate_hz)
    assert ours.integrated_lufs == pytest.approx(integrated_lufs(theirs, rate_hz), abs=0.01)
    assert ours.true_peak_dbtp == pytest.approx(to_db(theirs["true_peak"]), abs=0.2)
    assert ours.sample_peak_dbfs == pytest.approx(to_db(theirs["sample_peak"]), abs=0.01)


def test_the_loudness_range_agrees_with_ffmpeg(seed: int, rate_hz: int) -> None:
    audio = programme(seed, rate_hz)
    theirs = ebur128(seed, rate_hz)
    ours = measure(audio, rate_hz)
    low, high = (value_where_ffmpeg_takes_it(ours.energies, percent) for percent in (10, 95))
    assert high - low == pytest.approx(theirs["LRA"], abs=0.02)
    assert ours.loudness_range_lu == pytest.approx(theirs["LRA"], abs=0.3)


def value_where_ffmpeg_takes_it(energies: Energies, percent: int) -> float:
    """FFmpeg takes the value up to one place lower in the sorted list than Tech 3342 does."""
    powers = 10 ** (short_term_lufs(energies) / 10)
    powers = powers[powers >= 1e-7]
    powers = np.sort(powers[powers >= powers.mean() / 100])
    return float(10 * np.log10(powers[int(len(powers) * percent / 100 + 0.5) - 1]))


def test_a_mono_programme_that_counts_as_two_agrees_with_ffmpeg(
    seed: int, rate_hz: int
) -> None:
    audio = programme(seed, rate_hz)[:, :1]
    meter = LoudnessMeter(rate_hz, 1, dual_mono=True)
    meter.update(audio)
    theirs = ebur128(seed, rate_hz, dual_mono=True)
    expected = integrated_lufs(theirs, rate_hz)
    assert meter.result().integrated_lufs == pytest.approx(expected, abs=0.01)


def integrated_lufs(theirs: dict[str, float], rate_hz: int) -> float:
    """FFmpeg does not scale the high-pass at other rates: at 96 kHz it reads 0.022 LU low."""
    return theirs["I"] + to_db(float(k_weighting(rate_hz)[1, 0]))


@cache
def ebur128(seed: int, rate_hz: int, *, dual_mono: bool = False) -> dict[str, float]:
    """Return the last readings of FFmpeg's ebur128 filter; peaks are linear.

    With `dual_mono` it hears the left channel alone, and counts it twice.
    """
    audio = programme(seed, rate_hz)[:, : 1 if dual_mono else 2]
    ffmpeg = oracle("imageio_ffmpeg").get_ffmpeg_exe()
    source = ["-f", "f64le", "-ar", str(rate_hz), "-ac", str(audio.shape[1]), "-i", "pipe:0"]
    options = "dualmono=true" if dual_mono else "peak=true+sample"
    meter = f"ebur128={options}:metadata=1,ametadata=print:file=-"
    finished = subprocess.run(
        [ffmpeg, "-v", "error", "-nostdin", *source, "-af", meter, "-f", "null", "-"],
        input=audio.astype("<f8").tobytes(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    lines = finished.stdout.decode("ascii").splitlines()
    readings = (line.removeprefix("lavfi.r128.").split("=") for line in lines if "=" in line)
    return {name: float(value) for name, value in readings}


def to_db(gain: float) -> float:
    return float(20 * np.log10(gain))
