"""Tags, written into and read back from the files that are sent out.

The audio is never touched: what stands before it is made anew by mutagen, and the audio is
copied behind it. So a tagged file is written in one pass, and is the same whether the file it
was made from had tags or not.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from formats.errors import DecodeError, UnsupportedError
from formats.payload import Container, Payload, find_payload
from formats.tags import id3, vorbis
from formats.tags.model import Tags
from formats.wav import PCM_TAG, Chunk, WavInfo, parse_info, wav_header

__all__ = ["Tags", "copy_tagged", "losses", "read_tags", "write_tags"]

_ID3_CHUNKS = ("id3 ", "ID3 ")  # the second is kid3's
_OWN_CHUNKS = ("fmt ", "data", "ds64", *_ID3_CHUNKS)


def copy_tagged(source: Path, out: Path, tags: Tags) -> None:
    """Copy an audio file, with these tags in place of any it has.

    Parameters
    ----------
    source : Path
        A WAV, FLAC or MP3 file.
    out : Path
        Where the copy goes: another file. It is left half-written if an error is raised.
    tags : Tags
        What to write. The same audio and tags give the same bytes.

    Raises
    ------
    EncodeError
        If the tags hold what the format cannot.
    FormatError
        If `source` is damaged, or something else.

    Notes
    -----
    In a WAV file the tags stand before the audio, where no service objects to them; other
    chunks are kept and brought there too.
    """
    payload = find_payload(source)
    with source.open("rb") as stream, out.open("wb") as target:
        target.write(_head(stream, payload, tags))
        for piece in payload.read(stream):
            target.write(piece)
        if payload.container is Container.WAV:
            target.write(bytes(payload.size_bytes % 2))


def write_tags(path: Path, tags: Tags) -> None:
    """Put tags on a file in place of any it has; the file is replaced whole or not at all.

    Raises
    ------
    FormatError
        As `copy_tagged`; the file is as it was.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    partial = Path(name)
    try:
        partial.chmod(path.stat().st_mode & 0o7777)
        copy_tagged(path, partial, tags)
        _sync(partial)
        partial.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            partial.unlink()
        raise


def read_tags(path: Path) -> Tags:
    """Read the tags of a WAV, FLAC or MP3 file.

    Raises
    ------
    FormatError
        If the file is damaged, or something else.
    """
    payload = find_payload(path)
    with path.open("rb") as stream:
        match payload.container:
            case Container.FLAC:
                return vorbis.decode(_flac_head(stream, payload))
            case Container.MP3:
                return id3.decode(stream.read(payload.offset_bytes))
            case Container.WAV:
                return id3.decode(_id3_chunk(stream, parse_info(stream)))


def losses(container: Container) -> tuple[str, ...]:
    """Say what readers of a kind of file may not see of the tags, one sentence each.

    All three kinds hold every field of `Tags`.
    """
    match container:
        case Container.FLAC:
            return ("p_line: FLAC has no agreed key; PLINE is written, few players read it",)
        case Container.MP3:
            return ("p_line: written as TPRO, which few players show",)
        case Container.WAV:
            only = "all tags: WAV has them in an `id3 ` chunk"
            return (f"{only}; programs that know LIST INFO alone show none",)


def _head(stream: BinaryIO, payload: Payload, tags: Tags) -> bytes:
    match payload.container:
        case Container.FLAC:
            return vorbis.encode(_flac_head(stream, payload), tags)
        case Container.MP3:
            return id3.encode(tags)
        case Container.WAV:
            return _wav_head(stream, parse_info(stream), tags)


def _flac_head(stream: BinaryIO, payload: Payload) -> bytes:
    stream.seek(payload.begin_bytes)
    return stream.read(payload.offset_bytes - payload.begin_bytes)


def _wav_head(stream: BinaryIO, info: WavInfo, tags: Tags) -> bytes:
    if info.codec_tag != PCM_TAG or info.valid_bits != info.bits:
        raise UnsupportedError("a WAV file with tags must hold whole integer samples")
    kept = [
        (chunk.id, _read_chunk(stream, chunk))
        for chunk in info.chunks
        if chunk.id not in _OWN_CHUNKS
    ]
    return wav_header(
        info.n_samples,
        sample_rate_hz=info.sample_rate_hz,
        bits=info.bits,
        n_channels=info.n_channels,
        chunks=[*kept, ("id3 ", id3.encode(tags))],
    )


def _id3_chunk(stream: BinaryIO, info: WavInfo) -> bytes:
    for chunk in info.chunks:
        if chunk.id in _ID3_CHUNKS:
            return _read_chunk(stream, chunk)
    return b""


def _read_chunk(stream: BinaryIO, chunk: Chunk) -> bytes:
    stream.seek(chunk.offset)
    data = stream.read(chunk.n_bytes)
    if len(data) < chunk.n_bytes:
        raise DecodeError(
            chunk.offset, f"{chunk.n_bytes} bytes of {chunk.id!r}", f"{len(data)}"
        )
    return data


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
