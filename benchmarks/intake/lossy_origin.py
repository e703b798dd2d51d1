"""How well lossy origin is recognised: every encoder, against untouched and dull music.

usage: python -m benchmarks.intake.lossy_origin [FOLDER…] [--most N] [--clean-only]
                                                [--lossy FOLDER…] [--write FILE]

Excerpts of 20 s, of clean programmes of every kind and of the lossless music in FOLDERs, are
judged as they are and made dull in the ways in which music is dull; then they are encoded,
decoded to 16 bits, and judged again; then what was decoded is worked on as people do. Files
that somebody else has encoded lie in the folders behind ``--lossy``. Prints false alarms, and
for each encoder and rate what share is recognised, and the area under the ROC curve;
``--write`` keeps it in a file (`lossy_origin.txt` is pinned by a test).
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

from benchmarks.intake.corpus import KINDS, LOSSY, programme
from benchmarks.intake.faults_levels import limited
from pipeline.dsp import Audio
from pipeline.dsp.biquad import Cascade, high_shelf
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

WORKED_ON_KBPS = {"libmp3lame": 192, "aac": 192, "libvorbis": 192, "libopus": 128}

Dull = Callable[[Audio, int], Audio]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Twenty seconds of music."""

    name: str
    audio: Audio
    sample_rate_hz: int


def clean_excerpts(folders: Sequence[Path], most: int) -> Iterator[Excerpt]:
    """Yield a programme of each kind, then excerpts of every lossless file."""
    for kind in KINDS:
        made = programme(kind, 0, seconds=SECONDS)
        yield Excerpt(made.name, made.audio, made.sample_rate_hz)
    yield from excerpts(folders, (".wav", ".flac"), most=most)


def excerpts(
    folders: Sequence[Path], suffixes: Sequence[str], *, most: int
) -> Iterator[Excerpt]:
    """Yield every whole excerpt of every file; `most` of a file."""
    files = (file for folder in folders for file in folder.rglob("*"))
    for path in sorted(each for each in files if each.suffix in suffixes):
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


# --- what people do with what was decoded ---------------------------------------------------

Worked = tuple[Audio, int]
Work = Callable[[Audio, int], Worked]


def long_words(audio: Audio) -> Audio:
    """Round to 24 bits, as a session does."""
    return np.asarray(np.rint(audio * 2.0**23) / 2.0**23)


def at_rate(audio: Audio, sample_rate_hz: int, *, to_hz: int = 0, cut: int = 0) -> Worked:
    """Resample it, to the other usual rate if none is named, and cut so many samples away."""
    other_hz = to_hz or (48_000 if sample_rate_hz == 44_100 else 44_100)
    return long_words(np.asarray(resample(audio, sample_rate_hz, other_hz))[cut:]), other_hz


def softer(audio: Audio, sample_rate_hz: int) -> Worked:
    """Turn it down by 6.3 dB, which no word length hides."""
    return long_words(0.484 * audio), sample_rate_hz


def brighter(audio: Audio, sample_rate_hz: int) -> Worked:
    """Raise the top by 3 dB."""
    shelf = Cascade([high_shelf(4_000.0, 3.0, 0.7, sample_rate_hz=sample_rate_hz)])
    return long_words(shelf.process(np.array(audio, order="C"))), sample_rate_hz


def denser(audio: Audio, sample_rate_hz: int) -> Worked:
    """Limit it by 4 dB."""
    none = np.random.default_rng(0)
    return long_words(limited(audio, sample_rate_hz, none, over_db=4.0)), sample_rate_hz


WORK: dict[str, Work] = {
    "as decoded": lambda audio, rate_hz: (audio, rate_hz),
    "6.3 dB softer": softer,
    "the same in 16 bits": lambda audio, rate_hz: (words(0.484 * audio), rate_hz),
    "the head cut off": lambda audio, rate_hz: (audio[12_345:], rate_hz),
    "at the other rate": at_rate,
    "at the other rate, cut": partial(at_rate, cut=12_345),
    "at 96 kHz": partial(at_rate, to_hz=96_000),
    "3 dB more above 4 kHz": brighter,
    "limited by 4 dB": denser,
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


# --- tables ---------------------------------------------------------------------------------


def lines(clean: Sequence[Excerpt], lossy: Sequence[Excerpt]) -> Iterator[str]:
    """Yield all tables."""
    leads: list[float] = []
    yield from _of_clean(clean, leads)
    usual = [each for each in clean if each.sample_rate_hz <= 48_000]
    yield ""
    yield from _of_encoders(usual, leads)
    yield ""
    yield from _of_work(usual, lossy)


def _of_clean(clean: Sequence[Excerpt], every: list[float]) -> Iterator[str]:
    """Yield a line for each way of being dull, and put all leads into a list."""
    yield f"{len(clean)} clean excerpts of {SECONDS} s; alarm at a lead of {WARN_LEAD}"
    for name, made in DULL.items():
        heard = (made(each.audio, each.sample_rate_hz) for each in clean)
        leads = [
            lead(audio, each.sample_rate_hz)[0]
            for audio, each in zip(heard, clean, strict=True)
        ]
        every += leads
        yield _alarms(name, leads)
    yield _alarms("all", every)


def _alarms(name: str, leads: Sequence[float]) -> str:
    median, p99 = np.percentile(leads, (50, 99))
    n_alarms = sum(each >= WARN_LEAD for each in leads)
    return (
        f"{name:22} alarms {n_alarms:3}/{len(leads):<4}  "
        f"median {median:.2f}  p99 {p99:.2f}  max {max(leads):.2f}"
    )


def _of_encoders(chosen: Sequence[Excerpt], clean: Sequence[float]) -> Iterator[str]:
    at_2_percent = float(np.percentile(clean, 98))
    yield f"{'encoder':16} {'found':>8} {'named':>6} {'at 2 % false':>13} {'area':>6} median"
    for codec, rates in RATES_KBPS.items():
        for kbps in rates:
            sent = (encoded(each, codec, kbps) for each in chosen)
            found = [lead(*each) for each in sent if each is not None]
            leads = [each for each, _ in found]
            named = [coder.lower() in codec for each, coder in found if each >= WARN_LEAD]
            yield (
                f"{codec:10} {kbps:4}k {np.mean(np.array(leads) >= WARN_LEAD):8.1%} "
                f"{np.mean(named) if named else 0:6.0%} "
                f"{np.mean(np.array(leads) > at_2_percent):13.1%} {area(clean, leads):6.3f} "
                f"{np.median(leads):6.1f}"
            )


def _of_work(chosen: Sequence[Excerpt], lossy: Sequence[Excerpt]) -> Iterator[str]:
    """Yield what share is found after work, by encoder, and of files that others encoded."""
    decoded = {
        f"{codec.removeprefix('lib')} {kbps}k": [
            each for one in chosen if (each := encoded(one, codec, kbps)) is not None
        ]
        for codec, kbps in WORKED_ON_KBPS.items()
    }
    if lossy:
        decoded[f"{len(lossy)} files"] = [
            (long_words(each.audio), each.sample_rate_hz) for each in lossy
        ]
    yield f"{'worked on':24}" + "".join(f"{name:>14}" for name in decoded)
    for name, work in WORK.items():
        shares = (
            np.mean([lead(*work(*each))[0] >= WARN_LEAD for each in sent])
            for sent in decoded.values()
        )
        yield f"{name:24}" + "".join(f"{share:14.1%}" for share in shares)


def main() -> None:
    """Run it as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--most", type=int, default=1, help="excerpts of a file")
    parser.add_argument("--clean-only", action="store_true")
    parser.add_argument("--lossy", nargs="*", type=Path, default=[], help="encoded by others")
    parser.add_argument("--write", type=Path, help="file that keeps the tables")
    asked = parser.parse_args()
    clean = list(clean_excerpts(asked.folders, asked.most))
    lossy = list(excerpts(asked.lossy, LOSSY, most=asked.most))
    kept = []
    for line in _of_clean(clean, []) if asked.clean_only else lines(clean, lossy):
        print(line, flush=True)
        kept.append(line)
    if asked.write:
        asked.write.write_text("\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
