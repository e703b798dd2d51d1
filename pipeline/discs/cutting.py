"""The sound of a disc, cut into files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from formats.atomic import write_blocks_atomically
from formats.cdtime import BYTES_PER_SECTOR, CD_SAMPLE_RATE_HZ, SAMPLES_PER_SECTOR
from formats.tags import Tags, id3
from formats.wav import wav_header


class Cutter:
    """Hands out the sound of a disc piece by piece, in order.

    Parameters
    ----------
    blocks : iterable of bytes
        16-bit little-endian stereo at 44.1 kHz.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks, self._rest = iter(blocks), b""

    def take(self, n_sectors: int) -> Iterator[bytes]:
        """Yield the next sectors; fewer only where the sound ends."""
        left = n_sectors * BYTES_PER_SECTOR
        while left and (block := self._rest or next(self._blocks, b"")):
            yield block[:left]
            self._rest = block[left:]
            left = max(0, left - len(block))

    def is_silent(self, n_sectors: int) -> bool:
        """Whether the next sectors are digital silence; they are gone then."""
        n_loud = sum(any(block) for block in self.take(n_sectors))
        return n_loud == 0

    def finish(self) -> None:
        """Read what is left, so that a source with something to say about its end says it."""
        for _ in self._blocks:
            pass


def write_wav(
    path: Path, blocks: Iterable[bytes], *, n_sectors: int, tags: Tags | None = None
) -> None:
    """Write sectors of a disc as a WAV file.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    header = wav_header(
        n_sectors * SAMPLES_PER_SECTOR,
        sample_rate_hz=CD_SAMPLE_RATE_HZ,
        bits=16,
        n_channels=2,
        chunks=[("id3 ", id3.encode(tags))] if tags else (),
    )
    write_blocks_atomically(path, _with(header, blocks))


def _with(header: bytes, blocks: Iterable[bytes]) -> Iterator[bytes]:
    yield header
    yield from blocks
