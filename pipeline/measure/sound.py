"""Any file that holds sound, open for measuring.

Mono and stereo of the kinds that mixes come in are read by libsndfile, after the same look at
their headers; plain WAV faster, by a kernel. Surround, and whatever else FFmpeg knows, films
too, goes through FFmpeg, which tells which channel is for which loudspeaker.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from formats.codecs import Decoding, decoding
from formats.errors import DecodeError, FormatError
from formats.wav import PCM_TAG, WavInfo, read_info
from pipeline.dsp import Audio
from pipeline.dsp.words import words_to_samples
from pipeline.errors import SourceError
from pipeline.intake.decode import (
    SourceReader,
    UnknownCodingError,
    is_finite,
    kind_of,
    timecode,
)
from pipeline.intake.probe import codec_name

if TYPE_CHECKING:
    from pipeline.intake.container import Kind

BLOCK_SAMPLES = 32_768  # what a chunk of the meters is: no copies, and near the cache
MOST_CHANNELS = 6
RATES_HZ = (8_000, 384_000)

_FRONT, _SURROUND, _LFE = 1.0, 1.41, 0.0  # BS.1770-5, table 3
_SPEAKERS = (  # by the bits of a WAV file's channel mask
    ("L", _FRONT), ("R", _FRONT), ("C", _FRONT), ("LFE", _LFE), ("Ls", _SURROUND),
    ("Rs", _SURROUND), ("Lc", _FRONT), ("Rc", _FRONT), ("Cs", _SURROUND), ("Ls", _SURROUND),
    ("Rs", _SURROUND),
)  # fmt: skip
_USUAL_MASKS = {2: 0x3, 3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F}
_MONO = ("M", _FRONT)
_NAME_SOUND = "name an audio file, or a film with sound"


@dataclass(frozen=True, slots=True)
class Sound:
    """A file that is being read.

    Parameters
    ----------
    codec : str
        What people call its coding: ``24-bit WAV``, ``MP3``; what FFmpeg reads is not named.
    sample_rate_hz : int
        Sample rate in Hz.
    bits : int or None
        Word length; `None` for floating point and lossy codings, or if it is not known.
    channels : tuple of str
        Loudspeaker of each channel.
    weights : tuple of float
        Weight of each channel's power in the loudness.
    blocks : iterator of Audio
        The sound, once; finite numbers.
    """

    codec: str
    sample_rate_hz: int
    bits: int | None
    channels: tuple[str, ...]
    weights: tuple[float, ...]
    blocks: Iterator[Audio]


@contextmanager
def open_sound(path: Path) -> Iterator[Sound]:
    """Open any file that libsndfile or FFmpeg can read.

    Raises
    ------
    SourceError
        If it cannot be measured; inside the context also if it turns out damaged, truncated or
        not finite.
    ToolError
        If FFmpeg is needed and cannot be called.
    """
    kind = kind_of(path)
    reader = _reader(path) if kind.container else None
    if reader is None:
        with _through_ffmpeg(path, kind) as sound:
            yield sound
        return
    with reader:
        if reader.header.n_channels <= 2:
            yield _from_reader(path, reader)
            return
    name, bits = codec_name(reader.header), _word_length(reader)
    with _through_ffmpeg(path, kind, codec=name, bits=bits) as sound:
        yield sound


def _reader(path: Path) -> SourceReader | None:
    """Return a reader, or `None` if libsndfile does not know what is in the file."""
    try:
        return SourceReader(path, most_channels=MOST_CHANNELS)
    except UnknownCodingError:
        return None


def _from_reader(path: Path, reader: SourceReader) -> Sound:
    header = reader.header
    info = _plain_words(path, reader)
    blocks = _stored_blocks(path, info) if info else _decoded_blocks(reader)
    names, weights = _layout(header.n_channels, 0)
    return Sound(
        codec=codec_name(header),
        sample_rate_hz=header.sample_rate_hz,
        bits=_word_length(reader),
        channels=names,
        weights=weights,
        blocks=_finite(blocks, path, header.sample_rate_hz) if header.is_float else blocks,
    )


def _word_length(reader: SourceReader) -> int | None:
    header = reader.header
    return None if header.is_float or header.is_lossy else header.bits


def _plain_words(path: Path, reader: SourceReader) -> WavInfo | None:
    """Return where the words of a WAV file lie, if they are of 16 or 24 bits."""
    if reader.header.container not in ("WAV", "RF64"):
        return None
    try:
        info = read_info(path)
    except FormatError:  # big-endian, or odd in another way that libsndfile bears with
        return None
    is_plain = info.codec_tag == PCM_TAG and info.bits in (16, 24)
    return info if is_plain and info.n_samples == reader.n_samples else None


def _stored_blocks(path: Path, info: WavInfo) -> Iterator[Audio]:
    words = np.empty(BLOCK_SAMPLES * info.block_bytes, np.uint8)
    with path.open("rb", buffering=0) as file:
        file.seek(info.data_offset)
        for start in range(0, info.n_samples, BLOCK_SAMPLES):
            n_samples = min(BLOCK_SAMPLES, info.n_samples - start)
            wanted = words[: n_samples * info.block_bytes]
            if file.readinto(wanted.data) != len(wanted):
                raise SourceError(str(path), "became shorter while it was read", "try again")
            block = np.empty((n_samples, info.n_channels))
            words_to_samples(wanted, info.bits // 8, block)
            yield block


def _decoded_blocks(reader: SourceReader) -> Iterator[Audio]:
    while len(block := reader.decode(BLOCK_SAMPLES)):
        yield block


@contextmanager
def _through_ffmpeg(
    path: Path, kind: Kind, *, codec: str = "", bits: int | None = None
) -> Iterator[Sound]:
    try:
        with decoding(path, piece_bytes=BLOCK_SAMPLES * 2 * 4) as found:
            _refuse(path, found)
            names, weights = _layout(found.n_channels, found.channel_mask)
            yield Sound(
                codec=codec or "read by FFmpeg",
                sample_rate_hz=found.sample_rate_hz,
                bits=bits if bits and bits <= 24 else None,  # single precision holds no more
                channels=names,
                weights=weights,
                blocks=_finite(found.blocks, path, found.sample_rate_hz),
            )
    except DecodeError as error:
        raise SourceError(str(path), "holds no sound", _NAME_SOUND) from error
    except FormatError as error:
        is_no_audio = kind.looks_like and not kind.is_audio
        reason = f"it looks like {kind.looks_like}" if is_no_audio else str(error)
        message = f"holds no sound that can be read: {reason}"
        raise SourceError(str(path), message, _NAME_SOUND) from error


def _refuse(path: Path, found: Decoding) -> None:
    if found.n_channels > MOST_CHANNELS:
        message = f"has {found.n_channels} channels; mono to 5.1 can be measured"
        raise SourceError(str(path), message, "export the bed as 5.1")
    lowest, highest = RATES_HZ
    if not lowest <= found.sample_rate_hz <= highest:
        message = f"a sample rate of {found.sample_rate_hz} Hz; 8 to 384 kHz can be measured"
        raise SourceError(str(path), message, "export it again")


def _layout(n_channels: int, mask: int) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Return names and weights of the channels; the usual ones if the file does not say."""
    speakers = [each for bit, each in enumerate(_SPEAKERS) if mask >> bit & 1]
    if len(speakers) != n_channels:
        usual = _USUAL_MASKS.get(n_channels, 0)
        speakers = [each for bit, each in enumerate(_SPEAKERS) if usual >> bit & 1]
    if n_channels == 1:
        speakers = [_MONO]
    return tuple(name for name, _ in speakers), tuple(weight for _, weight in speakers)


def _finite(blocks: Iterator[Audio], path: Path, sample_rate_hz: int) -> Iterator[Audio]:
    position = 0
    for block in blocks:
        if not is_finite(block):
            first = int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
            place = timecode(position + first, sample_rate_hz)
            message = f"holds a sample that is NaN or infinite at {place}"
            raise SourceError(str(path), message, "audio is made of finite numbers: ask again")
        yield block
        position += len(block)
