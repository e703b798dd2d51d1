"""Our dynamics beside FFmpeg's drmeter and astats, and surround beside its ebur128."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.dsp.fullmeter import FullMeasurement, FullMeter

RATE_HZ = 48_000
SEEDS = [1, 2, 3]
SURROUND = (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)

pytestmark = pytest.mark.oracle


def ffmpeg() -> str:
    if os.environ.get("REQUIRE_ORACLES") == "1":
        import imageio_ffmpeg
    else:
        imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    return str(imageio_ffmpeg.get_ffmpeg_exe())


@cache
def programme(seed: int, n_channels: int = 2) -> Audio:
    """Return 30 s of music-like noise, ten whole blocks of DR."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((30 * RATE_HZ, n_channels))
    gains = np.repeat(10 ** (rng.uniform(-35, -14, 60) / 20), RATE_HZ // 2)
    audio: Audio = np.clip(noise * gains[:, np.newaxis] + 0.003, -1, 1)
    return audio


def heard(audio: Audio, meter: str) -> str:
    """Return what a filter of FFmpeg says."""
    layout = {2: "stereo", 6: "5.1"}[audio.shape[1]]
    source = ["-f", "f64le", "-ar", str(RATE_HZ), "-ch_layout", layout, "-i", "pipe:0"]
    command = [ffmpeg(), "-hide_banner", "-nostats", *source, "-af", meter, "-f", "null", "-"]
    found = subprocess.run(
        command,
        input=audio.astype("<f8").tobytes(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return found.stderr.decode()


def numbers(text: str, name: str) -> list[float]:
    return [float(each) for each in re.findall(rf"{name}: +(-?[\d.]+)", text)]


def ours(audio: Audio) -> FullMeasurement:
    n_channels = audio.shape[1]
    meter = FullMeter(RATE_HZ, n_channels, weights=SURROUND if n_channels == 6 else None)
    meter.update(audio)
    return meter.result()


@pytest.mark.parametrize("seed", SEEDS)
def test_dr_agrees_with_drmeter(seed: int) -> None:
    # It says nothing of whole blocks, and counts a part of one as if it were whole.
    said = heard(programme(seed)[:-1], "drmeter")
    channels = ours(programme(seed)).dynamics.channels
    *theirs, _ = numbers(said, "DR")
    assert [each.dr_db for each in channels] == pytest.approx(theirs, abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_level_and_offset_agree_with_astats(seed: int) -> None:
    said = heard(programme(seed), "astats")
    found = ours(programme(seed)).dynamics
    assert [each.dc_offset for each in found.channels] == pytest.approx(
        numbers(said, "DC offset")[:2], abs=1e-5
    )
    rms_dbfs = numbers(said, "RMS level dB")
    assert [each.rms_dbfs for each in found.channels] == pytest.approx(rms_dbfs[:2], abs=1e-4)
    assert found.rms_dbfs == pytest.approx(rms_dbfs[2], abs=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_surround_agrees_with_ebur128(seed: int) -> None:
    audio = programme(seed, 6)
    said = heard(audio, "ebur128=peak=true:framelog=quiet")
    found = ours(audio).basic
    assert found.integrated_lufs == pytest.approx(numbers(said, "I")[-1], abs=0.06)
    assert found.loudness_range_lu == pytest.approx(numbers(said, "LRA")[-1], abs=0.3)
