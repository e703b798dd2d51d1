"""How long a DDP of 79 minutes takes to write, against ``cat`` and ``md5sum``.

usage: python -m benchmarks.ddp [FOLDER]

FOLDER needs room for three images, 2.5 GB. Syncing is left out on both sides.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest import mock

from formats.cdtime import BYTES_PER_SECTOR
from formats.ddp.image import file_blocks
from formats.ddp.writer import DIALECTS, Dialect, write_fileset
from formats.disc import Disc, DiscIndex, DiscTrack

N_SECTORS = 79 * 60 * 75
ROUNDS = 3


def main() -> None:
    where = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=where) as name:
        compare(Path(name))


def compare(folder: Path) -> None:
    source, copy = folder / "source.bin", folder / "copy.bin"
    with source.open("wb") as out:
        for _ in range(N_SECTORS // 75):
            out.write(os.urandom(75 * BYTES_PER_SECTOR))
    disc = Disc((DiscTrack(1, (DiscIndex(0, 0), DiscIndex(1, 150))),), N_SECTORS)

    def by_tools() -> None:
        with copy.open("wb") as out:
            subprocess.run(["cat", source], stdout=out, check=True)
        subprocess.run(["md5sum", copy], stdout=subprocess.DEVNULL, check=True)
        copy.unlink()

    tools_s = fastest(by_tools)
    print(f"{'cat and md5sum':<16}{tools_s:6.2f} s")
    for dialect in DIALECTS.values():
        with mock.patch("os.fsync"):
            ours_s = fastest(partial(write, folder / "ddp", disc, source, dialect))
        print(f"{dialect.name:<16}{ours_s:6.2f} s, {ours_s / tools_s:.2f} times")


def write(folder: Path, disc: Disc, source: Path, dialect: Dialect) -> None:
    write_fileset(folder, disc, file_blocks(source), dialect=dialect)
    shutil.rmtree(folder)


def fastest(work: Callable[[], None]) -> float:
    """Return the seconds that the fastest of some rounds took."""
    taken = []
    for _ in range(ROUNDS):
        subprocess.run(["sync"], check=True)
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


if __name__ == "__main__":
    main()
