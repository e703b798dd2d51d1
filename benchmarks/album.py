"""A whole album against the same work scripted with ffmpeg, sox, flac and lame.

usage: python benchmarks/album.py MIXES [--no-peer]

MIXES is a folder of stereo WAV files (48 kHz, 24 bits). Prints CPU and wall seconds of a first
build, ratios against the script, peak memory of all processes together, and what a second
build, a new title and a new mix cost. All runs in a temporary folder that is removed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

HERE = Path(__file__).resolve().parent
CHAIN = """
album_chain:
  - high_pass: {at: 25 Hz}
  - eq:
      - bell: {at: 100 Hz, gain: 0.8 dB, q: 1}
      - bell: {at: 400 Hz, gain: -1 dB, q: 1}
      - bell: {at: 3 kHz, gain: 0.7 dB, q: 1}
      - high_shelf: {at: 10 kHz, gain: 1 dB}
  - compressor: {threshold: -20 dB, ratio: 2, attack: 20 ms, release: 150 ms}
level: {match: integrated, at: -12 LUFS}
limiter: {ceiling: -1 dBTP}
deliverables:
  cd: {kind: cd_image}
  lossless: {kind: files, format: flac}
  promo: {kind: files, format: mp3, sample_rate: 44.1 kHz}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took: CPU of it and its children, wall time, memory of all together."""

    cpu_s: float
    wall_s: float
    peak_mb: float

    def __str__(self) -> str:
        return f"{self.cpu_s:7.1f} CPU s  {self.wall_s:7.1f} s wall  {self.peak_mb:6.0f} MB"


def timed(command: list[str], folder: Path) -> Cost:
    """Run a command and return what it took."""
    started, cpu_before_s = time.monotonic(), _children_cpu_s()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    watch = _Memory(process.pid)
    output, _ = process.communicate()
    peak_mb = watch.stop()
    wall_s = time.monotonic() - started
    if process.returncode:
        sys.exit(f"{' '.join(command)} left with {process.returncode}:\n{output}")
    for line in output.splitlines():
        if line.startswith("time spent"):
            print(f"    {line}")
    return Cost(_children_cpu_s() - cpu_before_s, wall_s, peak_mb)


def _children_cpu_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


class _Memory(Thread):
    """Watches the proportional memory of a process and all below it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._ended, self._peak_kb = pid, Event(), 0
        self.start()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            self._peak_kb = max(self._peak_kb, sum(_pss_kb(pid) for pid in _tree(self._pid)))

    def stop(self) -> float:
        self._ended.set()
        self.join()
        return self._peak_kb / 1000


def _tree(pid: int) -> list[int]:
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _tree(int(child))
    except OSError:
        pass
    return found


def _pss_kb(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def write_spec(folder: Path, mixes: list[Path], *, first_title: str = "Song 1") -> None:
    """Write an album.yaml with the same chain as the script's."""
    tracks = [
        f"  t{number:02d}: {{title: {first_title if number == 1 else f'Song {number}'}, "
        f"mix: 'mixes/{mix.name}'}}"
        for number, mix in enumerate(mixes, start=1)
    ]
    text = "album: {title: Benchmark, artist: Benchmark}\ntracks:\n" + "\n".join(tracks) + CHAIN
    (folder / "album.yaml").write_text(text, encoding="utf-8")


def main() -> None:
    """Run everything once and print it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("mixes", type=Path)
    arguments.add_argument("--no-peer", action="store_true")
    given = arguments.parse_args()
    command = shutil.which("glassmaster", path=str(Path(sys.executable).parent))
    if command is None:
        sys.exit("glassmaster is not installed beside this Python")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=given.mixes.parent) as name:
        run(given.mixes, Path(name), command, with_peer=not given.no_peer)


def run(mixes: Path, folder: Path, command: str, *, with_peer: bool) -> None:
    """Build, build again, retitle, replace a mix; and the script on the same files."""
    (folder / "mixes").mkdir()
    own = []
    for mix in sorted(mixes.glob("*.wav")):
        shutil.copyfile(mix, folder / "mixes" / mix.name)
        own.append(folder / "mixes" / mix.name)
    seconds = sum(path.stat().st_size for path in own) / (48_000 * 6)
    print(f"{len(own)} mixes, {seconds / 60:.1f} minutes; {os.cpu_count()} cores")
    write_spec(folder, own)
    time.sleep(2.5)  # a file younger than two seconds is read again by the next build
    first = timed([command, "build"], folder)
    print(f"first build            {first}")
    print(f"second, no change      {timed([command, 'build'], folder)}")
    write_spec(folder, own, first_title="Another Title")
    print(f"one title changed      {timed([command, 'build'], folder)}")
    quietly_changed(own[len(own) // 2])
    time.sleep(2.5)
    share = own[len(own) // 2].stat().st_size / sum(path.stat().st_size for path in own)
    replaced = timed([command, "build"], folder)
    print(f"one mix replaced       {replaced}")
    print(
        f"    its share of the playing time is {share:.1%}, of the first build's wall time "
        f"{replaced.wall_s / first.wall_s:.1%}, of its CPU {replaced.cpu_s / first.cpu_s:.1%}"
    )
    if with_peer:
        peer = timed([str(HERE / "peer_album.sh"), "mixes", "peer"], folder)
        print(f"the script             {peer}")
        print(
            f"ratio: CPU {first.cpu_s / peer.cpu_s:.2f}, wall {first.wall_s / peer.wall_s:.2f}"
        )


def quietly_changed(mix: Path) -> None:
    """Replace a mix by one that differs in its last second, and is 10 ms longer."""
    data = bytearray(mix.read_bytes())
    data[-288_000:-144_000] = data[-144_000:]
    data += bytes(480 * 6)
    start = data.find(b"data") + 8
    data[start - 4 : start] = (len(data) - start).to_bytes(4, "little")
    data[4:8] = (len(data) - 8).to_bytes(4, "little")
    mix.write_bytes(bytes(data))


if __name__ == "__main__":
    main()
