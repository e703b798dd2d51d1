"""Where the audio of a file lies, apart from what is written about it.

Two files that differ in their tags only have the same payload and the same payload digest.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from formats.errors import DecodeError, UnsupportedError
from formats.wav import parse_info

_CHUNK_BYTES = 1 << 20
_STREAMINFO_BYTES = 34  # RFC 9639, section 8.2
_ID3V1_BYTES = 128
_ID3V2_HEADER_BYTES = 10
_APE_FOOTER_BYTES = 32


class Container(StrEnum):
    """What a file is, told from its first bytes and never from its name."""

    WAV = "wav"
    FLAC = "flac"
    MP3 = "mp3"


@dataclass(frozen=True, slots=True)
class Payload:
    """The audio of a file: `size_bytes` from `offset_bytes` on.

    Parameters
    ----------
    container : Container
        What holds it.
    description : bytes
        Without which the audio cannot be understood: STREAMINFO (FLAC), or what `fmt ` says
        of the samples (WAV). MP3 describes itself.
    begin_bytes : int
        Where the format itself begins, behind any ID3v2 tag.
    offset_bytes, size_bytes : int
        Place and length of the audio in the file.
    """

    container: Container
    description: bytes
    begin_bytes: int
    offset_bytes: int
    size_bytes: int

    def read(self, stream: BinaryIO) -> Iterator[bytes]:
        """Yield the bytes of the audio from the file it was found in.

        Raises
        ------
        DecodeError
            If the file has become shorter meanwhile.
        """
        stream.seek(self.offset_bytes)
        left = self.size_bytes
        while left:
            piece = stream.read(min(left, _CHUNK_BYTES))
            if not piece:
                raise DecodeError(stream.tell(), f"{left} more bytes of audio", "the end")
            left -= len(piece)
            yield piece


def find_payload(path: Path) -> Payload:
    """Find the audio of a WAV, FLAC or MP3 file.

    Raises
    ------
    DecodeError
        If the file is damaged or cut short.
    UnsupportedError
        If it is something else.
    """
    with path.open("rb") as stream:
        return _find(stream)


def payload_digest(path: Path) -> str:
    """Return the SHA-256 of the audio of a file, in hexadecimal, whatever its tags say.

    For MP3 it is the digest of the whole file without its tags; FLAC and WAV begin with the
    description of the audio (see `Payload`).

    Raises
    ------
    FormatError
        As `find_payload`.
    """
    with path.open("rb") as stream:
        payload = _find(stream)
        digest = hashlib.sha256(payload.description)
        for piece in payload.read(stream):
            digest.update(piece)
    return digest.hexdigest()


def container_of(path: Path) -> Container:
    """Say what a file is, by its first bytes.

    Raises
    ------
    UnsupportedError
        If it is none of the three kinds.
    """
    with path.open("rb") as stream:
        return _container(stream, _after_id3v2(stream))


def _find(stream: BinaryIO) -> Payload:
    start = _after_id3v2(stream)
    match _container(stream, start):
        case Container.FLAC:
            return _find_flac(stream, start)
        case Container.MP3:
            return _find_mp3(stream, start)
        case Container.WAV:
            return _find_wav(stream)


def _container(stream: BinaryIO, start: int) -> Container:
    magic = _read_at(stream, start, 12)
    if magic.startswith(b"fLaC"):
        return Container.FLAC
    if start == 0 and magic[:4] in {b"RIFF", b"RF64"} and magic[8:] == b"WAVE":
        return Container.WAV
    if _is_mpeg_audio(magic):
        return Container.MP3
    raise UnsupportedError(f"begins with {magic[:4]!r}, which is no WAV, FLAC or MP3 file")


def _is_mpeg_audio(header: bytes) -> bool:
    """Whether an MPEG audio header starts here: ISO/IEC 11172-3, section 2.4.1.3, layer III."""
    if len(header) < 4:
        return False
    word = int.from_bytes(header[:4], "big")
    has_sync = word >> 21 == 0x7FF
    version, layer = word >> 19 & 3, word >> 17 & 3
    bitrate_index, rate_index = word >> 12 & 15, word >> 10 & 3
    is_layer_iii = version != 1 and layer == 1
    return has_sync and is_layer_iii and 0 < bitrate_index < 15 and rate_index != 3


def _find_mp3(stream: BinaryIO, start: int) -> Payload:
    end = _before_trailing_tags(stream, start)
    return Payload(Container.MP3, b"", start, start, end - start)


def _after_id3v2(stream: BinaryIO) -> int:
    """Return where the ID3v2 tags at the start end: ID3v2.4 structure, section 3.1."""
    offset = 0
    while (header := _read_at(stream, offset, _ID3V2_HEADER_BYTES)).startswith(b"ID3"):
        if len(header) < _ID3V2_HEADER_BYTES or any(byte & 0x80 for byte in header[6:]):
            raise DecodeError(offset, "an ID3v2 header of 10 bytes", header.hex(" "))
        size = sum(
            byte << shift for byte, shift in zip(header[6:], (21, 14, 7, 0), strict=True)
        )
        has_footer = header[5] & 0x10
        offset += _ID3V2_HEADER_BYTES + size + (_ID3V2_HEADER_BYTES if has_footer else 0)
    return offset


def _before_trailing_tags(stream: BinaryIO, start: int) -> int:
    """Return where the ID3v1 and APEv2 tags at the end begin."""
    end = _size(stream)
    if end - start >= _ID3V1_BYTES and _read_at(stream, end - _ID3V1_BYTES, 3) == b"TAG":
        end -= _ID3V1_BYTES
    footer = _read_at(stream, max(start, end - _APE_FOOTER_BYTES), _APE_FOOTER_BYTES)
    if len(footer) == _APE_FOOTER_BYTES and footer.startswith(b"APETAGEX"):
        size, flags = struct.unpack("<12xI4xI8x", footer)
        size += _APE_FOOTER_BYTES if flags >> 31 else 0  # its header is not counted
        if not _APE_FOOTER_BYTES <= size <= end - start:
            raise DecodeError(
                end - _APE_FOOTER_BYTES + 12, "the size of an APEv2 tag", str(size)
            )
        end -= size
    return end


def _find_flac(stream: BinaryIO, start: int) -> Payload:
    """Walk the metadata blocks: RFC 9639, section 8.1."""
    offset, streaminfo, is_last = start + 4, b"", False
    while not is_last:
        header = _read_at(stream, offset, 4)
        if len(header) < 4 or header[0] & 0x7F == 127:
            raise DecodeError(offset, "a metadata block", header.hex(" ") or "the end")
        is_last = bool(header[0] & 0x80)
        size = int.from_bytes(header[1:], "big")
        if not streaminfo:
            streaminfo = _streaminfo(stream, offset, header)
        offset += 4 + size
    if (sync := _read_at(stream, offset, 2)) not in {b"\xff\xf8", b"\xff\xf9"}:
        raise DecodeError(offset, "the first block of audio", sync.hex(" ") or "the end")
    return Payload(Container.FLAC, streaminfo, start, offset, _size(stream) - offset)


def _streaminfo(stream: BinaryIO, offset: int, header: bytes) -> bytes:
    body = _read_at(stream, offset + 4, _STREAMINFO_BYTES)
    size = int.from_bytes(header[1:], "big")
    if header[0] & 0x7F or size != _STREAMINFO_BYTES or len(body) < size:
        raise DecodeError(offset, "STREAMINFO, 34 bytes", header.hex(" "))
    return body


def _read_at(stream: BinaryIO, offset: int, n_bytes: int) -> bytes:
    stream.seek(offset)
    return stream.read(n_bytes)


def _size(stream: BinaryIO) -> int:
    return stream.seek(0, os.SEEK_END)


def _find_wav(stream: BinaryIO) -> Payload:
    info = parse_info(stream)
    if info.is_truncated:
        expected = f"{info.promised_bytes} bytes of audio, as the header promises"
        raise DecodeError(info.data_offset, expected, f"{info.data_bytes}")
    if rest := info.data_bytes % info.block_bytes:
        expected = f"whole samples of {info.block_bytes} bytes"
        raise DecodeError(info.data_offset, expected, f"{rest} bytes more")
    # The plain and the extensible form say the same of stereo: neither is part of the audio.
    description = struct.pack(
        "<HHIHH",
        info.codec_tag,
        info.n_channels,
        info.sample_rate_hz,
        info.bits,
        info.valid_bits,
    )
    return Payload(Container.WAV, description, 0, info.data_offset, info.data_bytes)
