"""What a file is by its first bytes, and how much audio its header promises.

libsndfile shortens a cut-off WAV, W64 or AIFF file without a word, so the promise is read here:
RIFF/WAVE (Microsoft and IBM, 1991), RF64 (EBU Tech 3306), W64 (Sony), AIFF and AIFF-C (Apple,
1989 and 1991), CAF (Apple, Core Audio Format 1.0).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

HEAD_BYTES = 4096

_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_NOT_AUDIO = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (or an office document)"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive (or a DAW session)"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x00\x05\x16\x07", "the shadow that macOS leaves beside a file"),
    (b"MThd", "a MIDI file: notes, no sound"),
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM film"),
    (b"bplist", "an Apple settings file"),
    (b"version https://git-lfs", "a Git LFS pointer: the audio itself was not fetched"),
)
_AUDIO_NOT_READ = (
    (b"wvpk", "a WavPack file"),
    (b"MAC ", "a Monkey's Audio file"),
    (b"DSD ", "a DSD file (DSF)"),
    (b"FRM8", "a DSD file (DSDIFF)"),
    (b"TTA1", "a True Audio file"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file"),
    (b".snd", "an AU file"),
    (b"BW64", "a BW64 file"),
    (b"#!AMR", "an AMR telephone recording"),
)
_LOOSE_TAGS = (b"ID3", b"TAG", b"APE")  # some programs write them behind the last chunk


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file looks like: a container we read, or a description of what it is instead."""

    container: str = ""
    looks_like: str = ""
    is_audio: bool = False


@dataclass(frozen=True, slots=True)
class Extent:
    """Bytes of audio: what the header promises (None if it does not say) and what is there.

    Parameters
    ----------
    promised_bytes : int or None
        Length in the header.
    present_bytes : int
        What the file holds of it.
    sample_bytes : int
        Bytes of one sample of all channels; 0 if their number varies.
    unclaimed_bytes : int
        What follows the audio and is no chunk: audio that the header does not know of.
    start_bytes : int
        Where it begins in the file; 0 if it never does.
    is_little_endian : bool
        Whether the low byte of a word comes first for certain.
    """

    promised_bytes: int | None
    present_bytes: int
    sample_bytes: int
    unclaimed_bytes: int = 0
    start_bytes: int = 0
    is_little_endian: bool = False

    @property
    def is_truncated(self) -> bool:
        """Whether less is there than was promised."""
        return self.promised_bytes is not None and self.present_bytes < self.promised_bytes


def recognise(head: bytes) -> Kind:
    """Return what a file is that begins with `head`."""
    container = _container(head)
    if container:
        return Kind(container=container, is_audio=True)
    for magic, name in _AUDIO_NOT_READ:
        if head.startswith(magic):
            return Kind(looks_like=name, is_audio=True)
    for magic, name in _NOT_AUDIO:
        if head.startswith(magic):
            return Kind(looks_like=name)
    return _by_content(head)


def audio_extent(file: BinaryIO, container: str, *, size_bytes: int) -> Extent | None:
    """Return the extent of the audio, or None if the container's header does not tell it.

    Parameters
    ----------
    file : BinaryIO
        Open for reading, seekable.
    container : str
        As `recognise` names it.
    size_bytes : int
        Size of the file.
    """
    reader = _EXTENTS.get(container)
    try:
        return reader(file, size_bytes) if reader else None
    except struct.error:  # a header that ends in the middle of a field
        return None


def _container(head: bytes) -> str:
    form, kind = head[:4], head[8:12]
    if form in (b"RIFF", b"RIFX") and kind == b"WAVE":
        return "WAV"
    if form == b"RF64" and kind == b"WAVE":
        return "RF64"
    if form == b"FORM" and kind in (b"AIFF", b"AIFC"):
        return "AIFF"
    if head.startswith(_W64_RIFF):
        return "W64"
    plain = {b"fLaC": "FLAC", b"caff": "CAF", b"OggS": "Ogg"}.get(form, "")
    if plain:
        return plain
    is_mpeg = len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06
    return "MP3" if head.startswith(b"ID3") or is_mpeg else ""


def _by_content(head: bytes) -> Kind:
    if head[4:8] == b"ftyp":
        return Kind(looks_like="an MPEG-4 file (AAC or Apple Lossless)", is_audio=True)
    if head[:4] == b"RIFF":
        return Kind(looks_like="a RIFF file without sound (a film or a picture)")
    if not head.strip(b"\x00"):
        return Kind(looks_like="nothing but zero bytes, as a failed copy leaves behind")
    start = head.lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return Kind(looks_like="a web page, as an expired download link leaves behind")
    is_text = not any(byte < 9 for byte in head) and _is_utf8(head)
    return Kind(looks_like="a text file" if is_text else "")


def _is_utf8(head: bytes) -> bool:
    try:
        head[:-4].decode()
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Chunk:
    id: bytes
    start: int
    size: int


def _wav(file: BinaryIO, size_bytes: int) -> Extent | None:
    file.seek(0)
    order = ">" if file.read(4) == b"RIFX" else "<"
    long_size, sample_bytes = None, 0
    for chunk in _chunks(file, f"{order}I", start=12, size_bytes=size_bytes):
        if chunk.id == b"ds64":
            (long_size,) = _unpack(file, "<8xQ", at=chunk.start)
        elif chunk.id == b"fmt ":
            (sample_bytes,) = _unpack(file, f"{order}12xH", at=chunk.start)
        elif chunk.id == b"data":
            if (
                chunk.size == 0xFFFFFFFF
            ):  # streamed, or RF64 with the size in ds64 (Tech 3306, 3)
                promised, unclaimed = long_size, 0
            else:
                promised = chunk.size
                unclaimed = _unclaimed(file, chunk, f"{order}I", size_bytes)
            extent = _extent(chunk, promised, size_bytes, sample_bytes, unclaimed)
            return replace(extent, is_little_endian=order == "<")
    return None


def _aiff(file: BinaryIO, size_bytes: int) -> Extent | None:
    sample_bytes, n_samples = 0, 0
    for chunk in _chunks(file, ">I", start=12, size_bytes=size_bytes):
        if chunk.id == b"COMM":
            n_channels, n_samples, bits = _unpack(file, ">HIH", at=chunk.start)
            sample_bytes = n_channels * ((bits + 7) // 8)
        elif chunk.id == b"SSND":  # offset and block size come before the samples
            audio = _Chunk(chunk.id, chunk.start + 8, max(chunk.size - 8, 0))
            return _extent(audio, audio.size, size_bytes, sample_bytes)
    promised = n_samples * sample_bytes  # a file cut off before its sound chunk
    return Extent(promised, 0, sample_bytes) if promised else None


def _w64(file: BinaryIO, size_bytes: int) -> Extent | None:
    sample_bytes = 0
    at = 40
    while at + 24 <= size_bytes:
        file.seek(at)
        guid = file.read(4)
        (size,) = _unpack(file, "<Q", at=at + 16)
        if guid == b"fmt ":
            (sample_bytes,) = _unpack(file, "<12xH", at=at + 24)
        elif guid == b"data":
            chunk = _Chunk(guid, at + 24, max(size - 24, 0))
            extent = _extent(chunk, chunk.size, size_bytes, sample_bytes)
            return replace(extent, is_little_endian=True)
        at += max(size + 7 & ~7, 24)  # the size counts its own header; chunks lie on 8 bytes
    return None


def _caf(file: BinaryIO, size_bytes: int) -> Extent | None:
    sample_bytes = 0
    for chunk in _chunks(file, ">q", start=8, size_bytes=size_bytes, padded=False):
        if chunk.id == b"desc":
            (sample_bytes,) = _unpack(file, ">16xI", at=chunk.start)
        elif chunk.id == b"data":  # an edit count of four bytes comes before the samples
            promised = None if chunk.size < 0 else max(chunk.size - 4, 0)
            audio = _Chunk(chunk.id, chunk.start + 4, max(chunk.size - 4, 0))
            return _extent(audio, promised, size_bytes, sample_bytes)
    return None


_EXTENTS: dict[str, Callable[[BinaryIO, int], Extent | None]] = {
    "WAV": _wav,
    "RF64": _wav,
    "AIFF": _aiff,
    "W64": _w64,
    "CAF": _caf,
}


def _extent(
    chunk: _Chunk,
    promised: int | None,
    size_bytes: int,
    sample_bytes: int,
    unclaimed: int = 0,
) -> Extent:
    present = max(size_bytes - chunk.start, 0)
    if promised is not None:
        present = min(present, promised)
    return Extent(promised, present, sample_bytes, unclaimed, chunk.start)


def _chunks(
    file: BinaryIO, size_layout: str, *, start: int, size_bytes: int, padded: bool = True
) -> Iterator[_Chunk]:
    """Yield the chunks from `start` on; the last one may promise more than the file holds."""
    header = 4 + struct.calcsize(size_layout)
    at = start
    while at + header <= size_bytes:
        file.seek(at)
        name = file.read(4)
        (size,) = _unpack(file, size_layout, at=at + 4)
        yield _Chunk(name, at + header, size)
        if size < 0:
            return
        at += header + size + (size & 1 if padded else 0)


def _unclaimed(file: BinaryIO, data: _Chunk, size_layout: str, size_bytes: int) -> int:
    """Return how many bytes after the audio cannot be chunks; zeros and tags are none."""
    end = data.start + data.size + (data.size & 1)
    for chunk in _chunks(file, size_layout, start=end, size_bytes=size_bytes):
        if chunk.id.startswith(_LOOSE_TAGS) or not chunk.id.strip(b"\x00"):
            return 0
        if not all(0x20 <= byte < 0x7F for byte in chunk.id):
            return size_bytes - (chunk.start - 8)
    return 0


def _unpack(file: BinaryIO, layout: str, *, at: int) -> tuple[int, ...]:
    file.seek(at)
    return struct.unpack(layout, file.read(struct.calcsize(layout)))
