"""The length of an MP3 file: delay and padding in its Info header (LAME tag, revision 1).

FFmpeg writes this header, but counts only the last packet's padding: of a length that is 1 to
46 samples more than whole blocks of 1152, up to 46 samples too many come back (FFmpeg 9.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from formats.errors import DecodeError, EncodeError

_BLOCK_SAMPLES = 1152
_SIDE_INFORMATION_BYTES = 32  # MPEG-1, two channels: ISO/IEC 11172-3, section 2.4.1.7
_INFO = 4 + _SIDE_INFORMATION_BYTES
_N_BLOCKS = _INFO + 8
_DELAY_AND_PADDING = _INFO + 120 + 21
_CRC = _INFO + 120 + 34
_HEADER_BYTES = _CRC + 2


@dataclass(frozen=True, slots=True)
class Mp3Length:
    """What the Info header says: blocks of 1152 samples, and what to drop at either end."""

    n_blocks: int
    delay_samples: int
    padding_samples: int

    @property
    def n_samples(self) -> int:
        """Samples that are left when delay and padding are dropped."""
        return self.n_blocks * _BLOCK_SAMPLES - self.delay_samples - self.padding_samples


def read_length(path: Path) -> Mp3Length:
    """Read the length of a stereo MPEG-1 file that begins with its Info header.

    Raises
    ------
    DecodeError
        If it does not.
    """
    with path.open("rb") as stream:
        return _decode(stream.read(_HEADER_BYTES))


def write_length(path: Path, n_samples: int) -> None:
    """Correct the padding, so that `n_samples` are left.

    Raises
    ------
    DecodeError
        If the file has no Info header.
    EncodeError
        If its blocks cannot give that many samples.
    """
    with path.open("r+b") as stream:
        header = bytearray(stream.read(_HEADER_BYTES))
        found = _decode(header)
        padding = found.padding_samples + found.n_samples - n_samples
        if not 0 <= padding < 1 << 12:
            raise EncodeError("padding", padding, "samples must be 0 to 4095")
        both = found.delay_samples << 12 | padding
        header[_DELAY_AND_PADDING : _DELAY_AND_PADDING + 3] = both.to_bytes(3, "big")
        header[_CRC:] = _crc(header[:_CRC]).to_bytes(2, "big")
        stream.seek(0)
        stream.write(header)


def _decode(header: bytes | bytearray) -> Mp3Length:
    mark = bytes(header[_INFO : _INFO + 4])
    if len(header) < _HEADER_BYTES or mark not in {b"Info", b"Xing"}:
        raise DecodeError(_INFO, "an Info header", repr(mark))
    n_blocks = int.from_bytes(header[_N_BLOCKS : _N_BLOCKS + 4], "big")
    both = int.from_bytes(header[_DELAY_AND_PADDING : _DELAY_AND_PADDING + 3], "big")
    return Mp3Length(n_blocks, both >> 12, both & 0xFFF)


def _crc(data: bytes | bytearray) -> int:
    """Return the CRC-16 with polynomial 0x8005, bits reversed, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
