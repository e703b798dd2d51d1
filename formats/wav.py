"""WAV files: RIFF/WAVE (Microsoft, IBM 1991) and RF64 (EBU Tech 3306).

Written is the plainest form there is, which every service takes: ``fmt `` of 16 bytes with
format tag 1, metadata, ``data`` last. Read is everything, with the sizes checked against the
file.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from formats.errors import DecodeError, EncodeError, UnsupportedError

PCM_TAG = 0x0001
FLOAT_TAG = 0x0003
EXTENSIBLE_TAG = 0xFFFE

_UNKNOWN_SIZE = 0xFFFF_FFFF
_LEAST_FMT_BYTES = 16
_EXTENSIBLE_FMT_BYTES = 40
_MAX_CHUNKS = 10_000
_FMT = struct.Struct("<HHIIHH")
_DS64 = struct.Struct("<QQQI")
_DS64_ENTRY = struct.Struct("<4sQ")
_HEAD = struct.Struct("<4sI")
# The tail of a subformat GUID whose first two bytes are a format tag (Microsoft, mmreg.h).
_TAG_GUID = bytes.fromhex("000000001000800000aa00389b71")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its four-character id, where its payload begins, and the size it claims."""

    id: str
    offset: int
    n_bytes: int

    @property
    def end(self) -> int:
        """Where the payload should end, without the pad byte."""
        return self.offset + self.n_bytes


@dataclass(frozen=True, slots=True)
class WavInfo:
    """What a WAV file says of itself, and what is there.

    Parameters
    ----------
    container : str
        ``RIFF``, ``RF64`` or ``BW64``.
    format_tag : int
        As written; 0xFFFE is the extensible form.
    codec_tag : int
        What the samples are: 1 integers, 3 floats. Taken from the subformat in the extensible
        form; 0xFFFE if that is no format tag.
    n_channels : int
        Channels, interleaved.
    sample_rate_hz : int
        In Hz.
    block_bytes : int
        Bytes for one sample of all channels (``nBlockAlign``).
    bits : int
        Bits that a sample takes up in the file.
    valid_bits : int
        Bits of them that carry sound; fewer only in the extensible form.
    data_offset : int
        Where the first sample begins, in bytes.
    data_bytes : int
        Bytes of sound that are there.
    promised_bytes : int or None
        Bytes of sound that the header promises; None if its writer never filled the size in,
        as when a program writes into a pipe or dies while it records.
    chunks : tuple of Chunk
        All chunks in order, `ds64` included.
    channel_mask : int
        Which loudspeaker each channel is for (``dwChannelMask``); 0 if the file does not say.
    """

    container: str
    format_tag: int
    codec_tag: int
    n_channels: int
    sample_rate_hz: int
    block_bytes: int
    bits: int
    valid_bits: int
    data_offset: int
    data_bytes: int
    promised_bytes: int | None
    chunks: tuple[Chunk, ...]
    channel_mask: int = 0

    @property
    def is_truncated(self) -> bool:
        """Whether the file ends before the sound that its header promises."""
        return self.promised_bytes is not None and self.data_bytes < self.promised_bytes

    @property
    def n_samples(self) -> int:
        """Whole samples that are there; meaningless unless they are integers or floats."""
        return self.data_bytes // self.block_bytes

    @property
    def promised_samples(self) -> int | None:
        """Samples that the header promises; None if it promises nothing."""
        return None if self.promised_bytes is None else self.promised_bytes // self.block_bytes


def wav_header(
    n_samples: int,
    *,
    sample_rate_hz: int,
    bits: int,
    n_channels: int,
    chunks: Iterable[tuple[str, bytes]] = (),
) -> bytes:
    """Return what stands before the samples of a WAV file: integer PCM, RF64 if it must be.

    Parameters
    ----------
    n_samples : int
        Samples per channel that will follow.
    sample_rate_hz : int
        In Hz.
    bits : int
        Word length: 16, 24 or 32.
    n_channels : int
        1 or 2: more need the extensible form, which some services refuse.
    chunks : iterable of (str, bytes)
        Metadata chunks, put between ``fmt `` and ``data``. An odd payload is lengthened by a
        zero byte, because libsndfile loses ``data`` behind an odd chunk in RF64.

    Raises
    ------
    EncodeError
        If a value does not fit.

    Notes
    -----
    If `n_samples` takes an odd number of bytes, one zero byte belongs behind them:
    `write_wav` puts it there.

    References
    ----------
    EBU Tech 3306 (RF64), section 3: ``ds64`` comes first, the 32-bit sizes are 0xFFFFFFFF.
    """
    _refuse_misfits(n_samples, sample_rate_hz=sample_rate_hz, bits=bits, n_channels=n_channels)
    width = n_channels * bits // 8
    data_bytes = n_samples * width
    byte_rate = sample_rate_hz * width
    fmt = _FMT.pack(PCM_TAG, n_channels, sample_rate_hz, byte_rate, width, bits)
    body = _chunk("fmt ", fmt) + b"".join(_metadata_chunk(*each) for each in chunks)
    riff_bytes = 4 + len(body) + _HEAD.size + data_bytes + data_bytes % 2
    if riff_bytes < _UNKNOWN_SIZE:
        data_head = _HEAD.pack(b"data", data_bytes)
        return _HEAD.pack(b"RIFF", riff_bytes) + b"WAVE" + body + data_head
    riff_bytes += _HEAD.size + _DS64.size
    ds64 = _chunk("ds64", _DS64.pack(riff_bytes, data_bytes, n_samples, 0))
    data_head = _HEAD.pack(b"data", _UNKNOWN_SIZE)
    return _HEAD.pack(b"RF64", _UNKNOWN_SIZE) + b"WAVE" + ds64 + body + data_head


def write_wav(
    path: Path,
    pcm: Path,
    *,
    sample_rate_hz: int,
    bits: int,
    n_channels: int,
    chunks: Iterable[tuple[str, bytes]] = (),
) -> None:
    """Copy raw little-endian samples behind a header, at the speed of the disk.

    Parameters
    ----------
    path : Path
        The WAV file to write; whoever calls gives it its final name afterwards.
    pcm : Path
        Raw samples, as `formats.pcm.pack` makes them.
    sample_rate_hz, bits, n_channels, chunks
        As for `wav_header`.

    Raises
    ------
    EncodeError
        If a value does not fit, or `pcm` ends in the middle of a sample.
    """
    data_bytes = pcm.stat().st_size
    n_samples, rest = divmod(data_bytes, max(1, n_channels * bits // 8))
    if rest:
        raise EncodeError(pcm.name, data_bytes, f"bytes are no whole {bits}-bit samples")
    header = wav_header(
        n_samples,
        sample_rate_hz=sample_rate_hz,
        bits=bits,
        n_channels=n_channels,
        chunks=chunks,
    )
    with pcm.open("rb") as samples, path.open("wb") as out:
        out.write(header)
        shutil.copyfileobj(samples, out, 1 << 20)
        out.write(bytes(data_bytes % 2))


def read_info(path: Path) -> WavInfo:
    """Return what a WAV file says of itself; reads no samples.

    Raises
    ------
    FormatError
        If it is no WAV file or its structure is broken. A file that merely ends too early is
        returned, with `is_truncated` set.
    """
    with path.open("rb") as file:
        return parse_info(file)


def parse_info(file: BinaryIO) -> WavInfo:
    """Return what `read_info` returns, of an open file."""
    n_bytes = file.seek(0, os.SEEK_END)
    container, riff_bytes = _read_container(file)
    chunks = tuple(_walk(file, n_bytes, container=container, riff_bytes=riff_bytes))
    fmt, data = _find(chunks, "fmt ", n_bytes), _find(chunks, "data", n_bytes)
    form = _Form.decode(_read(file, fmt.offset, min(fmt.n_bytes, 40)), offset=fmt.offset)
    present = min(data.n_bytes, n_bytes - data.offset)
    is_open = container == "RIFF" and _is_open(data, n_bytes, riff_bytes)
    if is_open:
        present = n_bytes - data.offset
    return WavInfo(
        container=container,
        format_tag=form.format_tag,
        codec_tag=form.codec_tag,
        n_channels=form.n_channels,
        sample_rate_hz=form.sample_rate_hz,
        block_bytes=form.block_bytes,
        bits=form.bits,
        valid_bits=form.valid_bits,
        data_offset=data.offset,
        data_bytes=present,
        promised_bytes=None if is_open else data.n_bytes,
        chunks=chunks,
        channel_mask=form.channel_mask,
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """The ``fmt `` chunk."""

    format_tag: int
    codec_tag: int
    n_channels: int
    sample_rate_hz: int
    block_bytes: int
    bits: int
    valid_bits: int
    channel_mask: int

    @classmethod
    def decode(cls, data: bytes, *, offset: int) -> _Form:
        if len(data) < _LEAST_FMT_BYTES:
            raise DecodeError(offset, "a fmt chunk of 16 bytes or more", f"{len(data)} bytes")
        tag, n_channels, rate, _, width, bits = _FMT.unpack_from(data)
        codec, valid_bits, channel_mask = tag, bits, 0
        if tag == EXTENSIBLE_TAG:
            codec, valid_bits = _read_extension(data, bits, offset=offset)
            channel_mask = int.from_bytes(data[20:24], "little")
        if n_channels < 1:
            raise DecodeError(offset + 2, "one channel or more", "0 channels")
        if rate < 1:
            raise DecodeError(offset + 4, "a sample rate", "0 Hz")
        if width < 1:
            raise DecodeError(offset + 12, "a sample of one byte or more", "0 bytes")
        if codec in (PCM_TAG, FLOAT_TAG):
            bits = _stored_bits(width, n_channels, bits=bits, offset=offset)
        valid_bits = valid_bits or bits
        return cls(tag, codec, n_channels, rate, width, bits, valid_bits, channel_mask)


def _read_extension(data: bytes, bits: int, *, offset: int) -> tuple[int, int]:
    """Return codec tag and valid bits of the extensible form."""
    if len(data) < _EXTENSIBLE_FMT_BYTES:
        raise DecodeError(offset, "an extensible fmt chunk of 40 bytes", f"{len(data)} bytes")
    valid_bits = int.from_bytes(data[18:20], "little")
    is_tag = data[26:40] == _TAG_GUID
    codec = int.from_bytes(data[24:26], "little") if is_tag else EXTENSIBLE_TAG
    return codec, min(valid_bits, bits) or bits


def _stored_bits(width: int, n_channels: int, *, bits: int, offset: int) -> int:
    """Return the bits that a sample takes up; old writers name only those that sound."""
    stored, rest = divmod(width, n_channels)
    if rest or not 1 <= bits <= stored * 8 or stored > 8:
        expected = f"samples of {bits} bits in {n_channels} channels"
        raise DecodeError(offset + 12, expected, f"{width} bytes for one sample of all")
    return stored * 8


def _read_container(file: BinaryIO) -> tuple[str, int]:
    head = _read(file, 0, 12)
    if head[:4] in (b"RIFX", b"riff"):
        kind = "big-endian WAV (RIFX)" if head[:4] == b"RIFX" else "Wave64"
        raise UnsupportedError(f"{kind} is not read here; WAV must be RIFF, RF64 or BW64")
    if head[:4] not in (b"RIFF", b"RF64", b"BW64"):
        raise DecodeError(0, "a WAV file (RIFF, RF64 or BW64)", _shown(head[:4]))
    if head[8:] != b"WAVE":
        raise DecodeError(8, "'WAVE'", _shown(head[8:]))
    return head[:4].decode(), int.from_bytes(head[4:8], "little")


def _walk(file: BinaryIO, n_bytes: int, *, container: str, riff_bytes: int) -> Iterator[Chunk]:
    """Yield all chunks; stop at the end, at rubbish behind `data`, or where a size is open."""
    offset, seen_data = 12, False
    long_sizes: dict[bytes, int] = {}
    for _ in range(_MAX_CHUNKS):
        if offset + _HEAD.size > n_bytes:
            return
        chunk_id, size = _HEAD.unpack(_read(file, offset, _HEAD.size))
        if not _is_name(chunk_id):
            if seen_data:
                return
            raise DecodeError(offset, "the name of a chunk", _shown(chunk_id))
        if container != "RIFF" and size == _UNKNOWN_SIZE:
            size = _long_size(long_sizes, chunk_id, offset=offset)
        chunk = Chunk(chunk_id.decode(), offset + _HEAD.size, size)
        yield chunk
        if container != "RIFF" and chunk_id == b"ds64":
            long_sizes = _read_long_sizes(file, chunk)
        seen_data = seen_data or chunk_id == b"data"
        is_open = chunk_id == b"data" and _is_open(chunk, n_bytes, riff_bytes)
        if is_open or chunk.end >= n_bytes:
            return
        offset = _next_offset(file, chunk)
    raise DecodeError(offset, f"at most {_MAX_CHUNKS} chunks", "more")


def _next_offset(file: BinaryIO, chunk: Chunk) -> int:
    """Return where the next chunk begins: at an even place, unless its writer forgot that."""
    if chunk.n_bytes % 2 == 0:
        return chunk.end
    pad = _read(file, chunk.end, 1)
    return chunk.end if pad.isalpha() else chunk.end + 1


def _is_open(data: Chunk, n_bytes: int, riff_bytes: int) -> bool:
    """Whether the size of `data` was never filled in.

    Writers into a pipe leave a size just under 4 GiB (FFmpeg) or 2 GiB (SoX); recorders that
    die leave zero, and zero for the whole file too.
    """
    if data.n_bytes == 0:
        return riff_bytes + 8 < data.offset and n_bytes > data.offset
    return data.end > n_bytes and data.n_bytes % 2**31 >= 2**31 - 8192


def _read_long_sizes(file: BinaryIO, ds64: Chunk) -> dict[bytes, int]:
    """Return the 64-bit sizes of `data` and of other large chunks (EBU Tech 3306)."""
    payload = _read(file, ds64.offset, min(ds64.n_bytes, 1 << 16))
    if len(payload) < _DS64.size:
        raise DecodeError(ds64.offset, "a ds64 chunk of 28 bytes or more", f"{len(payload)}")
    _, data_bytes, _, n_entries = _DS64.unpack_from(payload)
    n_present = (len(payload) - _DS64.size) // _DS64_ENTRY.size
    table = payload[_DS64.size :][: min(n_entries, n_present) * _DS64_ENTRY.size]
    return dict(_DS64_ENTRY.iter_unpack(table)) | {b"data": data_bytes}


def _long_size(long_sizes: dict[bytes, int], chunk_id: bytes, *, offset: int) -> int:
    if chunk_id not in long_sizes:
        raise DecodeError(offset, f"a ds64 chunk with the size of {_shown(chunk_id)}", "none")
    return long_sizes[chunk_id]


def _find(chunks: tuple[Chunk, ...], name: str, n_bytes: int) -> Chunk:
    for chunk in chunks:
        if chunk.id == name and chunk.offset <= n_bytes:
            return chunk
    raise DecodeError(n_bytes, f"a {name.strip()} chunk", "the end of the file")


def _read(file: BinaryIO, offset: int, n_bytes: int) -> bytes:
    file.seek(offset)
    return file.read(n_bytes)


def _is_name(chunk_id: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in chunk_id)


def _shown(found: bytes) -> str:
    return repr(found)[1:] if found else "the end of the file"


def _chunk(name: str, payload: bytes) -> bytes:
    padded = payload + bytes(len(payload) % 2)
    return _HEAD.pack(name.encode(), len(padded)) + padded


def _metadata_chunk(name: str, payload: bytes) -> bytes:
    if len(name) != 4 or not name.isascii() or not name.isprintable():
        raise EncodeError("chunk", name, "must be named by four printable ASCII characters")
    if name in ("fmt ", "data", "ds64"):
        raise EncodeError("chunk", name, "is written from the audio's own facts")
    if len(payload) >= _UNKNOWN_SIZE:
        raise EncodeError(f"chunk {name}", len(payload), "bytes must stay under 4 GiB")
    return _chunk(name, payload)


def _refuse_misfits(n_samples: int, *, sample_rate_hz: int, bits: int, n_channels: int) -> None:
    if bits not in (16, 24, 32):
        raise EncodeError("word length", bits, "bits must be 16, 24 or 32")
    if n_channels not in (1, 2):
        raise EncodeError("channels", n_channels, "must be 1 or 2")
    if not 1 <= sample_rate_hz <= 10_000_000:
        raise EncodeError("sample rate", sample_rate_hz, "Hz must be 1 to 10000000")
    if not 0 <= n_samples < 1 << 56:
        raise EncodeError("length", n_samples, "samples must be 0 or more")
