"""A loop of noise and tones, encoded and decoded by encoders that are not ours."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from imageio_ffmpeg import get_ffmpeg_exe
from scipy.signal import butter, sosfilt

from pipeline.dsp import Audio
from pipeline.findings import Finding, Severity
from pipeline.intake.checks import Surveyed, survey_findings
from pipeline.intake.listeners.coding import CodingFigures
from pipeline.intake.probe import probe
from pipeline.intake.survey import survey

if TYPE_CHECKING:
    from tests.pipeline.intake.conftest import Judge, WriteMix

RATE_HZ = 44_100
SECONDS = 6


@cache
def music(seed: int = 5) -> Audio:
    """Chords over pink-like noise, that change every half second; stereo."""
    rng = np.random.default_rng(seed)
    n_samples = SECONDS * RATE_HZ
    poles = butter(1, 800.0, fs=RATE_HZ, output="sos")
    noise = sosfilt(poles, rng.normal(0.0, 0.3, (n_samples, 2)), axis=0)
    time_s = np.arange(n_samples) / RATE_HZ
    for start_s in np.arange(0.0, SECONDS, 0.5):
        swell = np.exp(-4.0 * np.clip(time_s - start_s, 0.0, None)) * (time_s >= start_s)
        for hz in rng.uniform(80.0, 5_000.0, 6):
            noise += 0.05 * (swell * np.sin(2 * np.pi * hz * time_s))[:, None] * rng.random(2)
    return np.asarray(0.5 * noise)


def laundered(folder: Path, *, codec: str, kbps: int, suffix: str) -> tuple[Audio, int]:
    clean, coded, back = folder / "clean.wav", folder / f"coded{suffix}", folder / "back.wav"
    soundfile.write(clean, music(), RATE_HZ, subtype="PCM_24")
    ffmpeg = [get_ffmpeg_exe(), "-v", "error", "-y", "-i"]
    subprocess.run([*ffmpeg, clean, "-c:a", codec, "-b:a", f"{kbps}k", coded], check=True)
    subprocess.run([*ffmpeg, coded, "-c:a", "pcm_s16le", back], check=True)
    audio, rate_hz = soundfile.read(back, always_2d=True)
    return audio, rate_hz


def said(found: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in found if each.check == "intake/lossy_origin"]


@pytest.mark.parametrize(
    ("codec", "kbps", "suffix", "name"),
    [
        ("libmp3lame", 128, ".mp3", "MP3"),
        ("libmp3lame", 320, ".mp3", "MP3"),
        ("aac", 256, ".m4a", "AAC"),
        ("libvorbis", 160, ".ogg", "Vorbis"),
        ("libopus", 96, ".opus", "Opus"),
    ],
)
def test_a_decoder_leaves_its_blocks_behind(
    judge: Judge, tmp_path: Path, codec: str, kbps: int, suffix: str, name: str
) -> None:
    audio, rate_hz = laundered(tmp_path, codec=codec, kbps=kbps, suffix=suffix)
    (found,) = said(judge(0.7 * audio, samplerate=rate_hz))
    assert found.severity is Severity.WARN
    assert f"blocks of {name}:" in found.message
    assert found.evidence.plot is not None
    assert found.evidence.plot.y.index(min(found.evidence.plot.y)) == 64


def soft_top(audio: Audio) -> Audio:
    return np.asarray(sosfilt(butter(2, 4_000.0, fs=RATE_HZ, output="sos"), audio, axis=0))


def steep_top(audio: Audio) -> Audio:
    return np.asarray(sosfilt(butter(24, 15_500.0, fs=RATE_HZ, output="sos"), audio, axis=0))


def held(audio: Audio) -> Audio:
    return np.asarray(np.rint(np.repeat(audio[::4], 4, axis=0) * 128.0) / 128.0)


@pytest.mark.parametrize("made", [np.copy, soft_top, steep_top, held])
def test_untouched_and_dull_music_is_not_suspected(judge: Judge, made: object) -> None:
    for seed in (5, 6):
        audio = made(music(seed))  # type: ignore[operator]  # parametrised
        assert said(judge(audio, samplerate=RATE_HZ)) == []


@pytest.mark.parametrize("n_samples", [1, 8_191, 8_192, 20_000])
@pytest.mark.parametrize("rate_hz", [8_000, 32_000, 48_000, 96_000, 384_000])
def test_silence_and_scraps_say_nothing(judge: Judge, n_samples: int, rate_hz: int) -> None:
    assert said(judge(np.zeros((n_samples, 2)), samplerate=rate_hz)) == []
    assert said(judge(np.full((n_samples, 1), 0.25), samplerate=rate_hz)) == []


def test_a_lossy_file_itself_is_left_to_lossy_source(write_mix: WriteMix) -> None:
    path = write_mix(music(), name="mix.ogg", samplerate=RATE_HZ, subtype="VORBIS")
    heard = Surveyed(probe(path, lossy_waived=True), survey=survey(path))
    assert heard.survey.of(CodingFigures).coder == "Vorbis"
    assert said(survey_findings(heard)) == []
