"""Faults of level, word length, rate and origin."""

from __future__ import annotations

import subprocess
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from imageio_ffmpeg import get_ffmpeg_exe
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from soxr import resample

from benchmarks.intake.corpus import Fault, Inject, Stage
from pipeline.dsp import Audio


def clipped(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, over_db: float
) -> Audio:
    """Drive it over full scale, where it is cut."""
    del sample_rate_hz, rng
    return np.clip(audio * 10.0 ** (over_db / 20.0) / np.abs(audio).max(), -1.0, 1.0)


def clipped_below(
    audio: Audio,
    sample_rate_hz: int,
    rng: np.random.Generator,
    *,
    over_db: float,
    lower_db: float,
) -> Audio:
    """Clip it, then turn it down."""
    cut = clipped(audio, sample_rate_hz, rng, over_db=over_db)
    return cut * 10.0 ** (-lower_db / 20.0)


def saturated(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, drive_db: float
) -> Audio:
    """Round its crests off."""
    del sample_rate_hz, rng
    peak = np.abs(audio).max()
    return 0.6 * np.tanh(audio * (10.0 ** (drive_db / 20.0) / peak))


def limited(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, over_db: float
) -> Audio:
    """Limit it, 2 ms ahead, at the peak it had."""
    del rng
    driven = audio * 10.0 ** (over_db / 20.0)
    loudest = np.maximum(np.abs(driven).max(axis=1), 1e-9)
    wanted = np.minimum(1.0, np.abs(audio).max() / loudest)
    held = minimum_filter1d(wanted, 2 * (sample_rate_hz // 50) + 1)
    gain = np.minimum(uniform_filter1d(held, sample_rate_hz // 250), wanted)
    return np.asarray(driven * gain[:, None])


def compressed(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, crest_db: float
) -> Audio:
    """Level it within 20 ms, then saturate it until its peaks stand so little over it."""
    del rng
    powers = uniform_filter1d(np.square(audio).mean(axis=1), sample_rate_hz // 50)
    levels = np.sqrt(np.maximum(powers, 1e-12))
    threshold = levels.max() * 10.0 ** (-30.0 / 20.0)
    levelled = audio * np.minimum(1.0, (threshold / levels) ** 0.9)[:, None]
    return 0.89 * _saturated_to(levelled, crest_db)


def _saturated_to(audio: Audio, crest_db: float) -> Audio:
    """Return it with a peak of 1, driven as far as it takes."""
    softest, hardest = 0.01 / np.abs(audio).max(), 1000.0 / np.abs(audio).max()
    made = audio
    for _ in range(20):
        drive = np.sqrt(softest * hardest)
        made = np.tanh(drive * audio)
        made -= made.mean(axis=0)
        made /= np.abs(made).max()
        powers = np.square(made).mean(axis=1)
        mean_db = 10.0 * np.log10(powers[powers > 0.1 * powers.mean()].mean())
        softest, hardest = (drive, hardest) if -mean_db > crest_db else (softest, drive)
    return made


def over_between(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """Bring it up to full scale at the samples, with a burst between them."""
    loud = audio * (0.99 / np.abs(audio).max())
    start = int(rng.integers(sample_rate_hz, len(audio) - sample_rate_hz))
    burst = np.sin(np.pi / 2 * np.arange(48) + np.pi / 4) / np.sqrt(0.5) * 0.99
    loud[start : start + 48] = burst[:, None]
    return loud


def one_sided(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """Halve what swings below zero."""
    del sample_rate_hz, rng
    return np.where(audio > 0.0, audio, 0.5 * audio)


def words(audio: Audio, bits: int) -> Audio:
    """Round to words of so many bits."""
    return np.asarray(np.rint(audio * 2.0 ** (bits - 1)) / 2.0 ** (bits - 1))


def padded(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """Keep 16 bits of it, clipped where such words end."""
    del sample_rate_hz, rng
    return words(np.clip(audio, -1.0, 1.0 - 2.0**-15), 16)


def turned(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, gain_db: float
) -> Audio:
    """Keep 16 bits of it, then change the level."""
    del sample_rate_hz, rng
    return words(audio, 16) * 10.0 ** (gain_db / 20.0)


def from_rate(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, part: float
) -> Audio:
    """Take the rate down to 44.1 kHz (or half of it) and back."""
    del rng
    low_hz = round(sample_rate_hz * part)
    back = resample(resample(audio, sample_rate_hz, low_hz), low_hz, sample_rate_hz)
    return np.asarray(back)


def laundered(
    audio: Audio,
    sample_rate_hz: int,
    rng: np.random.Generator,
    *,
    codec: str,
    kbps: int,
    suffix: str,
) -> Audio:
    """Encode it lossily, and decode it to 16 bits."""
    del rng
    ffmpeg = [get_ffmpeg_exe(), "-v", "error", "-y", "-i"]
    with tempfile.TemporaryDirectory() as folder:
        source, coded = Path(folder, "in.wav"), Path(folder, "coded" + suffix)
        back = Path(folder, "out.wav")
        soundfile.write(source, audio, sample_rate_hz, subtype="PCM_24")
        rate = ["-c:a", codec, "-b:a", f"{kbps}k"]
        subprocess.run([*ffmpeg, source, *rate, coded], check=True)
        subprocess.run([*ffmpeg, coded, "-c:a", "pcm_s16le", back], check=True)
        decoded: Audio = soundfile.read(back, always_2d=True)[0]
    return decoded


_LAUNDERED = "intake/lossy_origin:laundered"
_CUT = "intake/flattened:cut-below-full-scale"
_TURNED = "intake/word_length:turned-16-bits"
_MP3 = {"codec": "libmp3lame", "suffix": ".mp3"}
_AAC = {"codec": "aac", "suffix": ".m4a"}
_VORBIS = {"codec": "libvorbis", "suffix": ".ogg"}
# What changes the crests, the words or the top of the spectrum hides others of these.
_CRESTS = ("intake/clipped", "intake/flattened", "intake/limited", "intake/headroom")
_FORM = ("intake/word_length", "intake/upsampled", "intake/lossy_origin")
_CLASHES = (*_CRESTS, *_FORM, "intake/asymmetry", "intake/silent", "intake/clicks")

_BUS: list[tuple[str, str, Inject]] = [
    ("clipped by 3 dB", "intake/clipped:clipped", partial(clipped, over_db=3.0)),
    ("clipped by 3 dB, 4 dB lower", _CUT, partial(clipped_below, over_db=3.0, lower_db=4.0)),
    ("clipped by 2 dB, 12 dB lower", _CUT, partial(clipped_below, over_db=2.0, lower_db=12.0)),
    ("saturated by 6 dB", "intake/flattened:rounded", partial(saturated, drive_db=6.0)),
    ("limited by 8 dB", "intake/limited:limiter", partial(limited, over_db=8.0)),
    (
        "compressed to a crest of 7 dB",
        "intake/limited:dense",
        partial(compressed, crest_db=7.0),
    ),
    ("over between the samples", "intake/headroom:over-between-samples", over_between),
    ("one-sided", "intake/asymmetry:one-sided", one_sided),
]
_EXPORT: list[tuple[str, str, Inject]] = [
    ("16 bits padded", "intake/word_length:padded", padded),
    ("16 bits, 3 dB lower", _TURNED, partial(turned, gain_db=-3.0)),
    ("16 bits, 2 dB up", _TURNED, partial(turned, gain_db=2.0)),
    ("from half the rate", "intake/upsampled:resampled", partial(from_rate, part=0.5)),
    ("MP3 at 128 kb/s", _LAUNDERED, partial(laundered, kbps=128, **_MP3)),
    ("MP3 at 256 kb/s", _LAUNDERED, partial(laundered, kbps=256, **_MP3)),
    ("AAC at 192 kb/s", _LAUNDERED, partial(laundered, kbps=192, **_AAC)),
    ("Vorbis at 192 kb/s", _LAUNDERED, partial(laundered, kbps=192, **_VORBIS)),
]

# Esses and other treble peak by single samples: cut off, they leave no run of three. Clipping
# and limiting come last on the bus, so other treatment of the sound does not round them again.
_OF_CRESTS = (*_CLASHES, "intake/sibilance", "intake/harshness")
# What ends at 5 kHz shows nothing of a resampler's edge.
_OF_FORM = (*_CLASHES, "intake/tone_balance")

FAULTS: list[Fault] = [
    *(Fault(*each, Stage.EXPORT, clashes=_OF_CRESTS) for each in _BUS),
    *(Fault(*each, Stage.EXPORT, clashes=_OF_FORM) for each in _EXPORT),
]
