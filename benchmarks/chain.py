"""What each processor costs, and a whole chain of mastering, on real mixes.

usage: python benchmarks/chain.py MIXES [--at LUFS]

MIXES is a folder of WAV files. Each is decoded and goes through a high-pass, five bands of
equaliser, a compressor, four bands of multiband compression and a width; its level is solved
for the limited result, it is brought to 44.1 kHz, limited, and dithered to 16 bits: one core,
blocks of 65536 samples, what is between the two passes in a file as float32. Prints the CPU
time of each as a multiple of the playing time, and the same of processors that the chain does
not use. The longest and the shortest mix tell whether the cost grows with more than the length.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from pipeline.dsp import Audio
from pipeline.dsp.cells import CellMeter
from pipeline.dsp.dither import Quantiser
from pipeline.dsp.limiter import Limiter, LimiterSettings
from pipeline.dsp.resample import Resampler
from pipeline.master.chain import MasterChain, build_chain
from pipeline.match.level import solve
from pipeline.match.limited import Match, Song

BLOCK_SAMPLES = 65_536
CD_HZ = 44_100
WANTED, MOST_MB = 30, 500
LIMITER = LimiterSettings(-1.0)
CHAIN: dict[str, Any] = {
    "high_pass": {"at": "25 Hz", "slope": "24 dB/oct"},
    "eq": [
        {"low_shelf": {"at": "90 Hz", "gain": "0.8 dB"}},
        {"bell": {"at": "300 Hz", "gain": "-1 dB", "q": "1"}},
        {"bell": {"at": "900 Hz", "gain": "-0.5 dB", "q": "2"}},
        {"bell": {"at": "3 kHz", "gain": "0.7 dB", "q": "1"}},
        {"high_shelf": {"at": "10 kHz", "gain": "1 dB"}},
    ],
    "compressor": {"threshold": "-24 dB", "ratio": "1.6"},
    "multiband": {
        "bands": [
            {"up_to": "100 Hz", "threshold": "-30 dB", "attack": "30 ms"},
            {"up_to": "500 Hz", "threshold": "-32 dB"},
            {"up_to": "4 kHz", "threshold": "-36 dB", "attack": "10 ms"},
            {"threshold": "-44 dB", "attack": "5 ms"},
        ]
    },
    "width": {"amount": "108 %"},
}
OTHERS: dict[str, Any] = {
    "multiband, minimum phase": {"multiband": CHAIN["multiband"] | {"phase": "minimum"}},
    "compressor, rms": {"compressor": CHAIN["compressor"] | {"rms": "10 ms"}},
    "deesser": {"deesser": {"threshold": "-12 dB"}},
    "saturation": {"saturation": {"character": "tape", "drive": "6 dB"}},
    "dc_removal": {"dc_removal": {}},
    "hum_removal, 8 tones": {"hum_removal": {"mains": "50 Hz"}},
    "declick, everywhere": {"declick": {}},
    "gain_ride": {
        "gain_ride": [{"at": "10 s", "gain": "0 dB"}, {"at": "3 min", "gain": "-3 dB"}]
    },
}


class Clock:
    """CPU seconds of the one thread, by what they were spent on."""

    def __init__(self) -> None:
        self.spent_s: Counter[str] = Counter()

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        """Count what happens inside."""
        started_s = time.thread_time()
        yield
        self.spent_s[what] += time.thread_time() - started_s

    def run(self, what: str, block: Audio, processor: Any, *, is_last: bool) -> Audio:
        """Return what `processor` makes of a block, with its tail behind the last one."""
        with self.on(what):
            made = processor.process(block)
            if is_last:
                made = np.concatenate((made, processor.flush()))
        return np.asarray(made)


def master(mix: Path, clock: Clock, *, at_lufs: float, between: Path) -> float:
    """Master one mix and return how many seconds it lasts."""
    info = soundfile.info(mix)
    processors = chain_of(CHAIN, info.samplerate)
    meter = CellMeter(info.samplerate, 2)
    with between.open("wb") as file:
        for block, is_last in decoded(mix, clock):
            for name, processor in processors.items():
                block = clock.run(name, block, processor, is_last=is_last)  # noqa: PLW2901
            with clock.on("measuring"):
                meter.update(block)
            with clock.on("files"):
                file.write(block.astype("<f4").data)
    with clock.on("solving"):
        song = Song("mix", meter.result(), aim_lufs=at_lufs)
        (solution,) = solve([song], match=Match.INTEGRATED, limiter=LIMITER)
    gain = 10.0 ** (solution.gain_db / 20.0)
    resampler = Resampler(info.samplerate, CD_HZ, 2)
    limiter = Limiter(LIMITER, sample_rate_hz=CD_HZ, n_channels=2)
    quantiser = Quantiser(16, 2)
    for block, is_last in stored(between, clock):
        loud = clock.run("SRC", gain * block, resampler, is_last=is_last)
        limited = clock.run("limiter", loud, limiter, is_last=is_last)
        with clock.on("dither"):
            quantiser.process(limited)
    return float(info.duration)


def chain_of(processors: Mapping[str, Any], sample_rate_hz: int) -> dict[str, MasterChain]:
    """Return a chain of its own for each processor."""
    return {
        name: build_chain([{"processor": name, "parameters": each}], sample_rate_hz)
        for name, each in processors.items()
    }


def decoded(mix: Path, clock: Clock) -> Iterator[tuple[Audio, bool]]:
    """Yield the blocks of a mix, and whether each is the last."""
    with soundfile.SoundFile(mix) as file:
        while True:
            with clock.on("files"):
                block = file.read(BLOCK_SAMPLES, always_2d=True)
            is_last = file.tell() == file.frames
            yield block, is_last
            if is_last:
                return


def stored(between: Path, clock: Clock) -> Iterator[tuple[Audio, bool]]:
    """Yield the blocks that `master` wrote, and whether each is the last."""
    left = between.stat().st_size
    with between.open("rb") as file:
        while left:
            with clock.on("files"):
                data = file.read(8 * BLOCK_SAMPLES)
                block = np.frombuffer(data, "<f4").reshape(-1, 2).astype(np.float64)
            left -= len(data)
            yield block, not left


def others(mix: Path, clock: Clock) -> float:
    """Run what the chain does not use over one mix, and return how long that lasts."""
    rate_hz = soundfile.info(mix).samplerate
    alone = {
        title: next(iter(chain_of(each, rate_hz).values())) for title, each in OTHERS.items()
    }
    for block, is_last in decoded(mix, Clock()):
        for title, processor in alone.items():
            clock.run(title, block, processor, is_last=is_last)
    return float(soundfile.info(mix).duration)


def show(spent_s: Mapping[str, float], playing_s: float) -> None:
    """Print one line for each cost, as a multiple of the playing time."""
    for what, seconds in spent_s.items():
        print(f"  {what:26} {seconds:7.1f} CPU s  {playing_s / seconds:7.0f} x real time")


def main() -> None:
    """Run everything once and print it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("mixes", type=Path)
    arguments.add_argument("--at", type=float, default=-11.0)
    given = arguments.parse_args()
    mixes = sorted(given.mixes.glob("*.wav"), key=lambda mix: soundfile.info(mix).duration)
    if not mixes:
        sys.exit(f"no WAV file in {given.mixes}")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=given.mixes.parent) as name:
        between = Path(name) / "between.f32"
        master(mixes[0], Clock(), at_lufs=given.at, between=between)  # compiles what it needs
        others(mixes[0], Clock())
        speeds, total, playing_s = {}, Clock(), 0.0
        for mix in mixes:
            clock = Clock()
            length_s = master(mix, clock, at_lufs=given.at, between=between)
            speeds[mix] = length_s / clock.spent_s.total()
            total.spent_s.update(clock.spent_s)
            playing_s += length_s
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{len(mixes)} mixes, {playing_s / 60:.1f} minutes, one core")
    show(total.spent_s, playing_s)
    speed = playing_s / total.spent_s.total()
    print(f"together {speed:.1f} x real time (at least {WANTED} is wanted)")
    print(f"peak memory {peak_mb:.0f} MB (at most {MOST_MB} is wanted)")
    for title, mix in (("shortest", mixes[0]), ("longest", mixes[-1])):
        length_s = soundfile.info(mix).duration
        print(f"the {title} mix, {length_s:.0f} s: {speeds[mix]:.1f} x real time")
    print("not in this chain:")
    alone = Clock()
    length_s = others(mixes[-1], alone)
    show(alone.spent_s, length_s)


if __name__ == "__main__":
    main()
