"""How well lossy origin is recognised: every encoder, against untouched and dull music.

usage: python benchmarks/intake/lossy_origin.py FOLDER… [--most N] [--clean-only]

FOLDERs hold lossless music. Excerpts of 20 s are judged as they are and made dull in the ways
in which music is dull; then excerpts are encoded, decoded to 16 bits, and judged again. Prints
false alarms, and for each encoder and rate what share is recognised, and the area under the
ROC curve.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import DEVNULL

import numpy as np
import soundfile
from imageio_ffmpeg import get_ffmpeg_exe
from scipy.signal import butter, firwin, oaconvolve, sosfilt
from soxr import resample

from pipeline.dsp import Audio
from pipeline.intake.checks.lossy_origin import WARN_LEAD
from pipeline.intake.listeners.coding import CodingListener
from pipeline.intake.listening import Format, Frames, Heard

SECONDS = 20
RATES_KBPS = {
    "libmp3lame": (96, 128, 160, 192, 256, 320),
    "aac": (96, 128, 192, 256, 320),
    "libvorbis": (96, 128, 192, 256, 320),
    "libopus": (64, 96, 128, 160, 192, 256),
}
SUFFIXES = {"libmp3lame": ".mp3", "aac": ".m4a", "libvorbis": ".ogg", "libopus": ".opus"}

Dull = Callable[[Audio, int], Audio]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Twenty seconds of music."""

    name: str
    audio: Audio
    sample_rate_hz: int


def excerpts(folders: Sequence[Path], most: int) -> Iterator[Excerpt]:
    """Yield every whole excerpt of every file; `most` of a file."""
    for path in sorted(file for folder in folders for file in folder.rglob("*.wav")):
        with soundfile.SoundFile(path) as file:
            n_samples = SECONDS * file.samplerate
            for _ in range(min(most, file.frames // n_samples)):
                audio = file.read(n_samples, always_2d=True)
                if np.abs(audio).max() > 0.001:
                    yield Excerpt(path.stem, audio, file.samplerate)


def lead(audio: Audio, sample_rate_hz: int) -> tuple[float, str]:
    """Return how clearly a coder shows, and which."""
    n_channels = audio.shape[1]
    listener = CodingListener(
        Format(sample_rate_hz, n_channels, len(audio), 16, is_float=False)
    )
    none = Frames(0, 1, 2, np.empty((0, n_channels, 2), np.complex128), sample_rate_hz)
    listener.hear(Heard(audio, 0, none, none))
    figures = listener.figures()
    return figures.lead, figures.coder


def words(audio: Audio) -> Audio:
    """Round to 16 bits, as a decoder does."""
    rounded: Audio = np.clip(np.rint(audio * 2.0**15), -(2**15), 2**15 - 1) / 2.0**15
    return rounded


def soft_top(audio: Audio, sample_rate_hz: int, *, hz: float = 5_000.0) -> Audio:
    """Roll the top off as tape and wool do."""
    poles = butter(2, hz, fs=sample_rate_hz, output="sos")
    return np.asarray(sosfilt(poles, audio, axis=0))


def steep_top(audio: Audio, sample_rate_hz: int, *, hz: float = 15_500.0) -> Audio:
    """Cut the top off as steeply as a lossy coder."""
    taps = firwin(1_023, hz, fs=sample_rate_hz)
    return np.asarray(oaconvolve(audio, taps[:, None], mode="same", axes=0))


def record(audio: Audio, sample_rate_hz: int) -> Audio:
    """Play it from a vinyl record: rolled off, with noise, dust and rumble."""
    rng = np.random.default_rng(7)
    dull = soft_top(audio, sample_rate_hz, hz=11_000.0)
    dust = (rng.random(audio.shape) < 2e-4) * rng.normal(0.0, 0.05, audio.shape)
    return dull + 0.001 * rng.standard_normal(audio.shape) + dust


def tape(audio: Audio, sample_rate_hz: int) -> Audio:
    """Play it from tape: saturated, hissing, no top."""
    rng = np.random.default_rng(8)
    warm = np.tanh(1.5 * audio) / 1.5
    return soft_top(warm + 3e-4 * rng.standard_normal(audio.shape), sample_rate_hz, hz=9_000.0)


def other_rate(audio: Audio, sample_rate_hz: int) -> Audio:
    """Send it through the other usual rate and back."""
    other = 48_000 if sample_rate_hz % 44_100 == 0 else 44_100
    return np.asarray(resample(resample(audio, sample_rate_hz, other), other, sample_rate_hz))


def crushed(audio: Audio, sample_rate_hz: int) -> Audio:
    """Hold every other sample and keep 10 bits: lo-fi."""
    del sample_rate_hz
    held = np.repeat(audio[::2], 2, axis=0)[: len(audio)]
    return np.asarray(np.rint(held * 512.0) / 512.0)


DULL: dict[str, Dull] = {
    "untouched": lambda audio, _: audio,
    "16 bits": lambda audio, _: words(audio),
    "soft top": soft_top,
    "steep top, 15.5 kHz": steep_top,
    "steep top, 20 kHz": partial(steep_top, hz=20_000.0),
    "vinyl": record,
    "tape": tape,
    "44.1/48 kHz and back": other_rate,
    "lo-fi": crushed,
}


def encoded(excerpt: Excerpt, codec: str, kbps: int) -> tuple[Audio, int] | None:
    """Return an excerpt after encoding and decoding, and its rate; none if that is refused."""
    ffmpeg = [get_ffmpeg_exe(), "-v", "error", "-y"]
    with tempfile.TemporaryDirectory() as folder:
        source, coded = Path(folder, "in.wav"), Path(folder, "coded" + SUFFIXES[codec])
        back = Path(folder, "out.wav")
        soundfile.write(source, excerpt.audio, excerpt.sample_rate_hz, subtype="PCM_24")
        rate = ["-c:a", codec, "-b:a", f"{kbps}k"]
        made = subprocess.run(
            [*ffmpeg, "-i", source, *rate, coded], stderr=DEVNULL, check=False
        )
        if made.returncode:
            return None  # mono at a rate for stereo
        subprocess.run([*ffmpeg, "-i", coded, "-c:a", "pcm_s16le", back], check=True)
        audio, rate_hz = soundfile.read(back, always_2d=True)
        return audio, rate_hz


def area(clean: Sequence[float], lossy: Sequence[float]) -> float:
    """Return the area under the ROC curve: how often a lossy one scores above a clean one."""
    ordered = np.sort(clean)
    below = np.searchsorted(ordered, lossy, "left") + np.searchsorted(ordered, lossy, "right")
    return float(below.mean() / (2 * len(ordered)))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=1, help="excerpts of a file")
    parser.add_argument("--clean-only", action="store_true")
    asked = parser.parse_args()
    chosen = list(excerpts(asked.folders, asked.most))
    clean = _print_clean(chosen)
    if not asked.clean_only:
        _print_lossy([each for each in chosen if each.sample_rate_hz <= 48_000], clean)


def _print_clean(chosen: Sequence[Excerpt]) -> list[float]:
    print(f"{len(chosen)} excerpts of {SECONDS} s; alarm at a lead of {WARN_LEAD}")
    every = []
    for name, made in DULL.items():
        leads = [
            lead(made(each.audio, each.sample_rate_hz), each.sample_rate_hz)[0]
            for each in chosen
        ]
        median, p99 = np.percentile(leads, (50, 99))
        n_alarms = sum(each >= WARN_LEAD for each in leads)
        print(
            f"{name:22} alarms {n_alarms:3}/{len(leads)}   "
            f"median {median:.2f}  p99 {p99:.2f}  max {max(leads):.2f}",
            flush=True,
        )
        every += leads
    return every


def _print_lossy(chosen: Sequence[Excerpt], clean: Sequence[float]) -> None:
    at_2_percent = float(np.percentile(clean, 98))
    print(f"{'encoder':16} {'found':>8} {'named':>6} {'at 2 % false':>13} {'area':>6} median")
    for codec, rates in RATES_KBPS.items():
        for kbps in rates:
            sent = (encoded(each, codec, kbps) for each in chosen)
            found = [lead(*each) for each in sent if each is not None]
            leads = [each for each, _ in found]
            named = [coder.lower() in codec for each, coder in found if each >= WARN_LEAD]
            print(
                f"{codec:10} {kbps:4}k {np.mean(np.array(leads) >= WARN_LEAD):8.1%} "
                f"{np.mean(named) if named else 0:6.0%} "
                f"{np.mean(np.array(leads) > at_2_percent):13.1%} {area(clean, leads):6.3f} "
                f"{np.median(leads):6.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
