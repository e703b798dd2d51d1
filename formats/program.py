"""The sound of a disc as sheets tell of it: pieces of files, and silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from formats.cdtime import CD_SAMPLE_RATE_HZ
from formats.disc import Disc
from formats.errors import DecodeError, FormatError, UnsupportedError
from formats.wav import PCM_TAG, read_info

BYTES_PER_SAMPLE = 4
"""16-bit stereo; one sample is a pair of left and right."""
BLOCK_SAMPLES = 1 << 18
"""About 1 MB at a time."""

_MAX_SHEET_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class SilentPiece:
    """Digital silence that no file holds."""

    n_samples: int


@dataclass(frozen=True, slots=True)
class FilePiece:
    """Part of a file of 16-bit stereo at 44.1 kHz.

    Parameters
    ----------
    name : str
        The file, as its sheet names it.
    start_samples : int
        Where the piece begins, in samples of the file's sound.
    n_samples : int or None
        How long it is; None is up to the end of the file.
    is_wav : bool
        Whether it is a WAV file; else it is raw.
    is_big_endian : bool
        Order of the bytes of a raw file.
    offset_bytes : int
        Bytes of a raw file that are passed over before its first sample.
    """

    name: str
    start_samples: int = 0
    n_samples: int | None = None
    is_wav: bool = False
    is_big_endian: bool = False
    offset_bytes: int = 0


Piece = FilePiece | SilentPiece


@dataclass(frozen=True, slots=True)
class Program:
    """A disc, and the pieces of its sound from sector 150 on, where sheets begin."""

    disc: Disc
    pieces: tuple[Piece, ...]


def read_program(folder: Path, pieces: Iterable[Piece]) -> Iterator[bytes]:
    """Yield the sound of pieces, as 16-bit little-endian stereo in blocks of 1 MB at most.

    Parameters
    ----------
    folder : Path
        Where the sheet lies. Only files in it are opened: a sheet comes from anywhere.
    pieces : iterable of FilePiece or SilentPiece
        In order.

    Raises
    ------
    FormatError
        If a file is not there or outside the folder, or ends before its piece does.
    UnsupportedError
        If a WAV file is not 16-bit stereo at 44.1 kHz.
    """
    for piece in pieces:
        if isinstance(piece, SilentPiece):
            yield from _silence(piece.n_samples)
        else:
            yield from _blocks(folder, piece)


def file_samples(folder: Path, piece: FilePiece) -> int:
    """Return how many samples the file of a piece holds, whatever the piece takes of it.

    Raises
    ------
    FormatError
        If it is not there or outside the folder, or its end cuts a sample.
    UnsupportedError
        If it is a WAV file of another kind than 16-bit stereo at 44.1 kHz.
    """
    begin, n_bytes = _extent(folder, piece)
    n_samples, rest = divmod(n_bytes, BYTES_PER_SAMPLE)
    if rest:
        raise DecodeError(begin + n_bytes - rest, "4 bytes for each sample", f"{rest}")
    return n_samples


def sheet_bytes(path: Path) -> bytes:
    """Return what a sheet, or the file of CD-Text beside it, holds.

    Raises
    ------
    FormatError
        If it is far longer than any real one.
    """
    with path.open("rb") as file:
        data = file.read(_MAX_SHEET_BYTES + 1)
    if len(data) > _MAX_SHEET_BYTES:
        raise FormatError(f"{path.name} is far too long for what it should hold")
    return data


def sheet_file(folder: Path, name: str) -> Path:
    """Return the file that a sheet names, which must lie in the sheet's folder or below.

    Raises
    ------
    FormatError
        If it does not, or is not there.
    """
    # Sheets of Windows programs have backslashes, and often the whole path of another disk.
    parts = name.replace("\\", "/").split("/")
    if "\0" in name or ".." in parts or parts[0] in ("", ".") or ":" in parts[0]:
        raise FormatError(f"FILE {name!r} must lie in the folder of the sheet or below it")
    path = folder.joinpath(*parts)
    if not path.is_file():
        raise FormatError(f"FILE {name!r} is not in the folder of the sheet")
    return path


def _blocks(folder: Path, piece: FilePiece) -> Iterator[bytes]:
    available = file_samples(folder, piece) - piece.start_samples
    left = available if piece.n_samples is None else piece.n_samples
    begin, _ = _extent(folder, piece)
    at = begin + piece.start_samples * BYTES_PER_SAMPLE
    if left > available:
        end = begin + (piece.start_samples + max(0, available)) * BYTES_PER_SAMPLE
        raise DecodeError(end, f"{left} samples in {piece.name!r}", f"{max(0, available)}")
    with sheet_file(folder, piece.name).open("rb") as file:
        file.seek(at)
        while left > 0:
            n_bytes = min(left, BLOCK_SAMPLES) * BYTES_PER_SAMPLE
            block = file.read(n_bytes)
            if len(block) < n_bytes:
                raise DecodeError(file.tell(), f"{left} more samples", "the end of the file")
            left -= len(block) // BYTES_PER_SAMPLE
            is_swapped = piece.is_big_endian and not piece.is_wav
            yield np.frombuffer(block, "<u2").byteswap().tobytes() if is_swapped else block


def _extent(folder: Path, piece: FilePiece) -> tuple[int, int]:
    """Return where the sound of a file begins, and how many bytes of it there are."""
    path = sheet_file(folder, piece.name)
    if not piece.is_wav:
        return piece.offset_bytes, max(0, path.stat().st_size - piece.offset_bytes)
    info = read_info(path)
    form = (info.codec_tag, info.bits, info.n_channels, info.sample_rate_hz)
    if form != (PCM_TAG, 16, 2, CD_SAMPLE_RATE_HZ):
        raise UnsupportedError(
            f"FILE {piece.name!r} is {info.sample_rate_hz} Hz, {info.bits} bits, "
            f"{info.n_channels} channels; a disc takes 44100 Hz, 16 bits, 2 channels"
        )
    return info.data_offset, info.data_bytes


def _silence(n_samples: int) -> Iterator[bytes]:
    for begin in range(0, n_samples, BLOCK_SAMPLES):
        yield bytes(min(BLOCK_SAMPLES, n_samples - begin) * BYTES_PER_SAMPLE)
