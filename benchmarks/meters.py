"""The meters against ffmpeg's ebur128 filter and loudgain, on the same files in the same run.

usage: python benchmarks/meters.py MIXES [--hours HOURS]

MIXES is a folder of 24-bit WAV files. Prints CPU seconds of measuring its longest file,
decoding included and the start of each program subtracted; then of all its files as an album,
everything included; then the peak memory of files that last HOURS, two side by side. What is
not installed is left out. Every figure is the best of five runs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RUNS = 5
WANTED = {"ffmpeg": 4.0, "loudgain": 5.0, "album": 2.5, "full": 1.0}
MOST_MB = 200


@dataclass(frozen=True, slots=True)
class Cost:
    """What commands took together: CPU and wall time, and the memory of the largest."""

    cpu_s: float
    wall_s: float
    peak_mb: float

    def __str__(self) -> str:
        return f"{self.cpu_s:7.2f} CPU s  {self.wall_s:7.2f} s wall  {self.peak_mb:5.0f} MB"


def cost(*commands: Sequence[str]) -> Cost:
    """Run commands one after another, several times, and return the cheapest."""
    return min((_once(commands) for _ in range(RUNS)), key=lambda each: each.cpu_s)


def _once(commands: Sequence[Sequence[str]]) -> Cost:
    cpu_s, peak_mb, started = 0.0, 0.0, time.monotonic()
    for command in commands:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(command)} left with {process.returncode}")
        cpu_s += used.ru_utime + used.ru_stime
        peak_mb = max(peak_mb, used.ru_maxrss / 1000)
    return Cost(cpu_s, time.monotonic() - started, peak_mb)


class Programs:
    """How each program is called; `ours` with the interpreter that runs this."""

    def __init__(self) -> None:
        self.ffmpegs = {name: path for name, path in _ffmpegs() if path}
        self.loudgain = shutil.which("loudgain")

    def ours(self, *files: Path, options: Sequence[str] = ()) -> list[str]:
        """Return a call of ours."""
        return [sys.executable, "-m", "pipeline.cli", "measure", *options, *map(str, files)]

    def ffmpeg(self, path: str, file: Path) -> list[str]:
        """Return a call of an FFmpeg."""
        meter = ["-af", "ebur128=peak=true", "-f", "null", "-"]
        return [path, "-hide_banner", "-nostdin", "-v", "error", "-i", str(file), *meter]


def _ffmpegs() -> list[tuple[str, str | None]]:
    import imageio_ffmpeg

    return [("ffmpeg", shutil.which("ffmpeg")), ("bundled", imageio_ffmpeg.get_ffmpeg_exe())]


def one_file(programs: Programs, file: Path, short: Path) -> None:
    """Print what one file costs: what it costs more than a file of one second."""
    print(f"{file.name}: {_length_s(file) / 60:.1f} minutes; start of the program subtracted")
    quick = _without_start(
        programs.ours(file, options=["--quick"]), programs.ours(short, options=["--quick"])
    )
    full = _without_start(programs.ours(file), programs.ours(short))
    print(f"  measure --quick   {quick:6.2f} CPU s")
    print(f"  measure           {full:6.2f} CPU s")
    for name, path in programs.ffmpegs.items():
        peer = _without_start(programs.ffmpeg(path, file), programs.ffmpeg(path, short))
        print(f"  {name:8}          {peer:6.2f} CPU s")
        _ratio("integrated, range and true peak", peer / quick, WANTED["ffmpeg"])
        _ratio("everything", peer / full, WANTED["full"])
    if programs.loudgain:
        command = [programs.loudgain, "-q"]
        peer = _without_start([*command, str(file)], [*command, str(short)])
        print(f"  loudgain          {peer:6.2f} CPU s")
        _ratio("integrated, range and true peak", peer / quick, WANTED["loudgain"])


def album(programs: Programs, files: Sequence[Path]) -> None:
    """Print what an album costs, everything included."""
    minutes = sum(_length_s(file) for file in files) / 60
    print(f"{len(files)} files, {minutes:.1f} minutes; everything included")
    quick = cost(programs.ours(*files, options=["--quick", "--album"]))
    full = cost(programs.ours(*files, options=["--album"]))
    print(f"  measure --quick --album  {quick}")
    print(f"  measure --album          {full}")
    for name, path in programs.ffmpegs.items():
        peer = cost(*(programs.ffmpeg(path, file) for file in files))
        print(f"  {name:8}, file by file   {peer}")
        _ratio("integrated, range and true peak", peer.cpu_s / quick.cpu_s, WANTED["album"])
        _ratio("everything", peer.cpu_s / full.cpu_s, WANTED["full"])
    if programs.loudgain:
        peer = cost([programs.loudgain, "-q", "-a", *map(str, files)])
        print(f"  loudgain --album         {peer}")


def memory(programs: Programs, folder: Path, hours: float) -> None:
    """Print the peak memory of two long files side by side; they take no room on the disk."""
    files = [folder / name for name in ("one.wav", "other.wav")]
    for file in files:
        _write_silence(file, round(hours * 3600 * 48_000))
    found = _once([programs.ours(*files, options=["--jobs", "2"])])
    verdict = "" if found.peak_mb <= MOST_MB else f"   (at most {MOST_MB} MB are wanted)"
    print(f"two files of {hours:g} hours side by side\n  measure           {found}{verdict}")


def _without_start(command: Sequence[str], short: Sequence[str]) -> float:
    return cost(command).cpu_s - cost(short).cpu_s


def _ratio(what: str, found: float, wanted: float) -> None:
    verdict = "" if found >= wanted else f"   ({wanted:g} is wanted)"
    print(f"      {what}: {found:.1f} times as fast{verdict}")


def _length_s(file: Path) -> float:
    import soundfile

    return float(soundfile.info(file).duration)


def _write_silence(file: Path, n_samples: int) -> None:
    from formats.wav import wav_header

    header = wav_header(n_samples, sample_rate_hz=48_000, bits=24, n_channels=2)
    file.write_bytes(header)
    os.truncate(file, len(header) + 6 * n_samples)


def _write_second(file: Path) -> None:
    import numpy as np
    import soundfile

    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (48_000, 2))
    soundfile.write(file, noise, 48_000, subtype="PCM_24")


def main() -> None:
    """Run everything and print it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("mixes", type=Path)
    arguments.add_argument("--hours", type=float, default=6.0)
    given = arguments.parse_args()
    files = sorted(given.mixes.glob("*.wav"))
    if not files:
        sys.exit(f"no WAV file in {given.mixes}")
    programs = Programs()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        short = Path(name) / "second.wav"
        _write_second(short)
        one_file(programs, max(files, key=_length_s), short)
        album(programs, files)
        memory(programs, Path(name), given.hours)


if __name__ == "__main__":
    main()
