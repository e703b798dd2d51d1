"""The same programmes read by FFmpeg's meter and by soxr at 32 times the rate."""

import math
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import firwin, lfilter

from pipeline.dsp import Audio
from pipeline.dsp.limiter import Limiter, LimiterSettings
from pipeline.dsp.truepeak import TruePeakMeter

RATE_HZ = 48_000
pytestmark = pytest.mark.oracle


def needed(name: str) -> object:
    if os.environ.get("REQUIRE_ORACLES") == "1":
        return __import__(name)
    return pytest.importorskip(name)


def programme(seed: int) -> Audio:
    noise = np.random.default_rng(seed).standard_normal((3 * RATE_HZ, 2))
    bright: Audio = lfilter(firwin(255, 0.8), 1.0, noise, axis=0)
    scaled: Audio = bright * (0.4 / np.abs(bright).max())
    return scaled


def ours(signal: Audio) -> TruePeakMeter:
    meter = TruePeakMeter(RATE_HZ, 2)
    meter.update(signal)
    return meter


def limited(signal: Audio) -> Audio:
    limiter = Limiter(LimiterSettings(-1.0), sample_rate_hz=RATE_HZ, n_channels=2)
    return np.concatenate((limiter.process(signal), limiter.flush()))


def ffmpeg_dbtp(signal: Audio, folder: Path) -> float:
    program = needed("imageio_ffmpeg").get_ffmpeg_exe()  # type: ignore[attr-defined]
    file = folder / "programme.wav"
    soundfile.write(file, signal, RATE_HZ, subtype="FLOAT")
    command = [program, "-nostdin", "-i", file, "-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"Peak:\s+(-?[\d.]+) dBFS", said)[-1])


def soxr_dbtp(signal: Audio) -> float:
    resample = needed("soxr").resample  # type: ignore[attr-defined]
    padded = np.pad(signal, ((2_000, 2_000), (0, 0)))
    return 20 * math.log10(abs(resample(padded, RATE_HZ, 32 * RATE_HZ, "VHQ")).max())


@pytest.mark.parametrize("seed", range(3))
def test_ffmpeg_reads_what_we_read(seed: int, tmp_path: Path) -> None:
    signal = programme(seed)
    assert ours(signal).true_peak_dbtp == pytest.approx(ffmpeg_dbtp(signal, tmp_path), abs=0.3)


@pytest.mark.parametrize("seed", range(3))
def test_soxr_reads_what_we_read(seed: int) -> None:
    signal = programme(seed)
    assert ours(signal).true_peak_dbtp == pytest.approx(soxr_dbtp(signal), abs=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_neither_reads_more_than_the_ceiling_after_the_limiter(
    seed: int, tmp_path: Path
) -> None:
    signal = limited(programme(seed) * 10)
    assert ffmpeg_dbtp(signal, tmp_path) <= -1.0
    assert soxr_dbtp(signal) <= -0.9
