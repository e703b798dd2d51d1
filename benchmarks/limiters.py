"""The true-peak limiter beside others, at equal loudness and true peak, on real music.

usage: python benchmarks/limiters.py MIXES [--songs N] [--seconds S] [--at LUFS ...]

MIXES is a folder of WAV files. The loudest stretch of each is driven into every limiter until
it comes out at the loudness wanted, with its ceiling set to where a meter of BS.1770 reads
-1 dBTP or less. Others are used where they are installed: ffmpeg's alimiter, the limiters of
pedalboard and of matchering, and SoX's `gain -l`; all at their defaults. Two residuals are
printed in dB beside the output; less is better:

modulation
    What is left when the output is explained by a gain that moves more slowly than 200 Hz:
    ``out - g * in`` with ``g`` the least-squares gain in Hann windows of 5 ms, which are 6 dB
    down at 200 Hz. It counts all that a limiter adds, distortion and clipping alike.
error
    ``out - k * in`` between 2 and 5 kHz, where the ear is sharpest, with one ``k`` for all,
    the least-squares gain; and again with a ``k`` for every 100 ms, about as long as the ear
    takes to tell how loud something is, so that a change of level is no error.

A plain residual rewards a clipper, which errs seldom and badly. One stands in the table as a
control: a figure by which it comes out well tells little about how a limiter sounds.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from math import inf, log10
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import butter, fftconvolve, sosfiltfilt

from pipeline.dsp import Audio
from pipeline.dsp.limiter import Limiter, LimiterSettings
from pipeline.dsp.loudness import LoudnessMeter
from pipeline.dsp.truepeak import TruePeakMeter

CEILING_DB = -1.0
TOLERANCE_LU, MOST_TRIALS, MOST_GAIN_DB = 0.02, 20, 40.0
OVER_DB, MOST_LOWERED = 0.005, 3
FLOOR_DB = -120.0  # of a residual: a song that needs no limiting has none
Limit = Callable[[Audio, int], Audio]
Curve = npt.NDArray[np.float64]


def ours(driven: Audio, rate_hz: int) -> Audio:
    """Return what our limiter makes of it."""
    limiter = Limiter(LimiterSettings(0.0), sample_rate_hz=rate_hz, n_channels=2)
    whole = np.concatenate((limiter.process(driven), limiter.flush()))
    return whole[limiter.latency_samples :]


def alimiter(program: str) -> Limit:
    """Return ffmpeg's limiter, without its automatic gain."""
    return lambda driven, rate_hz: _piped(
        [program, "-v", "error", "-f", "f32le", "-ar", str(rate_hz), "-ac", "2", "-i", "-",
         "-af", "alimiter=limit=1:level=0:latency=1", "-f", "f32le", "-"],
        driven,
    )  # fmt: skip


def sox_gain(driven: Audio, rate_hz: int) -> Audio:
    """Return what `sox gain -l` makes of it."""
    raw = ["-t", "f32", "-r", str(rate_hz), "-c", "2", "-"]
    pad_db = 36.0  # what comes in over 0 dBFS would be clipped before the effect sees it
    command = ["sox", "-V1", *raw, *raw, "gain", "-l", f"{pad_db:g}"]
    return _piped(command, driven * 10.0 ** (-pad_db / 20.0))


def _piped(command: list[str], driven: Audio) -> Audio:
    data = driven.astype("<f4").tobytes()
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<f4").reshape(-1, 2).astype(np.float64)


def pedalboard_brickwall(driven: Audio, rate_hz: int) -> Audio:
    """Return what pedalboard's brick wall makes of it, told to look at true peaks."""
    from pedalboard import BrickwallLimiter

    return _of_board(BrickwallLimiter(ceiling_db=0.0, true_peak=True), driven, rate_hz)


def pedalboard_limiter(driven: Audio, rate_hz: int) -> Audio:
    """Return what pedalboard's (JUCE's) limiter makes of it."""
    from pedalboard import Limiter as Juce

    return _of_board(Juce(), driven, rate_hz)


def _of_board(plugin: object, driven: Audio, rate_hz: int) -> Audio:
    out = plugin(driven.T.astype(np.float32), rate_hz)  # type: ignore[operator]
    return np.asarray(out.T, dtype=np.float64)


def matchering_limiter(driven: Audio, rate_hz: int) -> Audio:
    """Return what matchering's limiter makes of it."""
    from matchering import Config
    from matchering.limiter import limit

    return np.asarray(limit(driven.copy(), Config(internal_sample_rate=rate_hz)))


def clipped(driven: Audio, _rate_hz: int) -> Audio:
    """Return it cut off."""
    return np.clip(driven, -1.0, 1.0)


def installed() -> dict[str, Limit]:
    """Return the limiters that are there, by name."""
    found: dict[str, Limit] = {"glassmaster": ours}
    if program := shutil.which("ffmpeg"):
        found["ffmpeg alimiter"] = alimiter(program)
    if find_spec("pedalboard"):
        found["pedalboard BrickwallLimiter"] = pedalboard_brickwall
        found["pedalboard Limiter"] = pedalboard_limiter
    if find_spec("matchering"):
        found["matchering"] = matchering_limiter
    if shutil.which("sox"):
        found["sox gain -l"] = sox_gain
    found["a clipper, as control"] = clipped
    return found


@dataclass(frozen=True, slots=True)
class Trial:
    """A song as it went into a limiter and as it came out."""

    driven: Audio
    out: Audio
    loudness_lufs: float
    true_peak_dbtp: float


def trial(at_lufs: float, music: Audio, rate_hz: int, limit: Limit) -> Trial:
    """Bring music to a loudness through a limiter that keeps the ceiling, if it can."""
    ceiling_db = CEILING_DB
    for _ in range(MOST_LOWERED):
        ceiling = 10.0 ** (ceiling_db / 20.0)
        found = brought_to(
            at_lufs, music, rate_hz, lambda x, hz, top=ceiling: top * limit(x / top, hz)
        )
        over_db = found.true_peak_dbtp - CEILING_DB
        if over_db <= OVER_DB:
            break
        ceiling_db -= over_db
    return found


def brought_to(at_lufs: float, music: Audio, rate_hz: int, limit: Limit) -> Trial:
    """Bring music to a loudness through a limiter, or as near as 40 dB of gain get it."""
    gain_db = at_lufs - loudness(music, rate_hz)
    for _ in range(MOST_TRIALS):
        driven = 10.0 ** (gain_db / 20.0) * music
        out = aligned(limit(driven, rate_hz), driven)
        loudness_lufs = loudness(out, rate_hz)
        if abs(loudness_lufs - at_lufs) < TOLERANCE_LU:
            break
        gain_db = min(gain_db + at_lufs - loudness_lufs, MOST_GAIN_DB)
    return Trial(driven, out, loudness_lufs, true_peak_dbtp(out, rate_hz))


def aligned(out: Audio, driven: Audio) -> Audio:
    """Return the output without whole samples of delay, as long as what went in."""
    far = 8_192
    part = slice(len(driven) // 4, len(driven) // 4 + 65_536)
    whole = out[part.start : part.stop + far].sum(axis=1)
    match = fftconvolve(whole, driven[part].sum(axis=1)[::-1], "valid")
    delay = int(np.argmax(match))
    return np.pad(out[delay:], ((0, max(0, len(driven) - len(out) + delay)), (0, 0)))[
        : len(driven)
    ]


def loudness(samples: Audio, rate_hz: int) -> float:
    """Return the integrated loudness in LUFS."""
    meter = LoudnessMeter(rate_hz, 2)
    meter.update(samples)
    return meter.result().integrated_lufs or -np.inf


def modulation_db(driven: Audio, out: Audio, rate_hz: int) -> float:
    """Return what no slow gain explains, in dB beside the output."""
    window = np.hanning(round(0.005 * rate_hz) | 1)
    both, alone = (_smooth((driven * other).sum(axis=1), window) for other in (out, driven))
    gain = both / np.maximum(alone, 1e-9)
    return _below_db(out - gain[:, None] * driven, out)


def error_db(driven: Audio, out: Audio, rate_hz: int, *, block_s: float) -> float:
    """Return what differs between 2 and 5 kHz once levels are matched, in dB."""
    band = butter(4, (2_000.0, 5_000.0), "bandpass", fs=rate_hz, output="sos")
    size = len(out) if block_s == inf else round(block_s * rate_hz)
    heard, wanted = (
        sosfiltfilt(band, each, axis=0)[: len(out) // size * size].reshape(-1, 2 * size)
        for each in (out, driven)
    )
    power = np.maximum((wanted * wanted).sum(axis=1), 1e-12)
    gain = (heard * wanted).sum(axis=1) / power
    return _below_db(heard - gain[:, None] * wanted, heard)


def _smooth(values: Curve, window: Curve) -> Curve:
    return np.asarray(fftconvolve(values, window / window.sum(), "same"))


def _below_db(left: Audio, whole: Audio) -> float:
    share = float(np.mean(left**2) / np.mean(whole**2))
    return max(10.0 * log10(max(share, 1e-30)), FLOOR_DB)


def true_peak_dbtp(samples: Audio, rate_hz: int) -> float:
    """Return what the literal filter of BS.1770 reads."""
    meter = TruePeakMeter(rate_hz, 2)
    meter.update(samples)
    return meter.itu_true_peak_dbtp


def stretches(folder: Path, n_songs: int, seconds: float) -> Iterator[tuple[str, Audio, int]]:
    """Yield the loudest stretch of songs, evenly picked from the folder."""
    files = sorted(folder.glob("*.wav"))
    if not files:
        sys.exit(f"no WAV file in {folder}")
    picked = np.unique(np.linspace(0, len(files) - 1, min(n_songs, len(files))).round())
    for number in picked.astype(int):
        samples, rate_hz = soundfile.read(files[number], always_2d=True)
        size = min(round(seconds * rate_hz), len(samples))
        power = np.concatenate(([0.0], np.cumsum((samples**2).sum(axis=1))))
        start = int(np.argmax(power[size::rate_hz] - power[: len(power) - size : rate_hz]))
        yield files[number].stem, samples[start * rate_hz :][:size], rate_hz


def main() -> None:
    """Run everything once and print it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("mixes", type=Path)
    arguments.add_argument("--songs", type=int, default=6)
    arguments.add_argument("--seconds", type=float, default=30.0)
    arguments.add_argument("--at", type=float, nargs="+", default=[-9.0, -11.0, -14.0])
    given = arguments.parse_args()
    warnings.simplefilter("ignore")  # of others
    limiters = installed()
    songs = list(stretches(given.mixes, given.songs, given.seconds))
    print("songs: " + ", ".join(name for name, _, _ in songs))
    for at_lufs in given.at:
        print(f"\n{at_lufs:g} LUFS; mean of {len(songs)} songs, the worst in brackets")
        print(f"{'':28}loudness  true peak  modulation      error           of 100 ms")
        for name, limit in limiters.items():
            rows = [figures(at_lufs, music, rate_hz, limit) for _, music, rate_hz in songs]
            mean, worst = np.mean(rows, axis=0), np.max(rows, axis=0)
            residuals = "".join(f"{f'{mean[n]:.1f} ({worst[n]:.1f})':16}" for n in range(2, 5))
            print(f"{name:28}{mean[0]:8.2f} {worst[1]:+10.2f}  {residuals}", flush=True)


def figures(
    at_lufs: float, music: Audio, rate_hz: int, limit: Limit
) -> tuple[float, float, float, float, float]:
    """Return loudness, true peak, modulation, and error of one song in both ways."""
    found = trial(at_lufs, music, rate_hz, limit)
    return (
        found.loudness_lufs,
        found.true_peak_dbtp,
        modulation_db(found.driven, found.out, rate_hz),
        error_db(found.driven, found.out, rate_hz, block_s=inf),
        error_db(found.driven, found.out, rate_hz, block_s=0.1),
    )


if __name__ == "__main__":
    main()
