"""The audio image: raw 16-bit little-endian stereo at 44.1 kHz, 2352 bytes to the sector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from formats.cdtime import BYTES_PER_SECTOR

BLOCK_BYTES = 400 * BYTES_PER_SECTOR
"""About 1 MB at a time: enough for a disk, and little for the memory."""


def silence(n_sectors: int) -> Iterator[bytes]:
    """Yield so many sectors of digital silence."""
    left = n_sectors * BYTES_PER_SECTOR
    while left > 0:
        yield bytes(min(left, BLOCK_BYTES))
        left -= BLOCK_BYTES


def file_blocks(path: Path, *, begin_bytes: int = 0) -> Iterator[bytes]:
    """Yield what a file holds from a place on, for example from behind the header of a WAV."""
    with path.open("rb") as file:
        file.seek(begin_bytes)
        while block := file.read(BLOCK_BYTES):
            yield block
