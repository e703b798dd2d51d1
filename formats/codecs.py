"""MP3 and FLAC: encoding, and decoding by another library than the one that encodes.

MP3 is written by FFmpeg (libmp3lame) and read by libsndfile (mpg123); FLAC is written by
libsndfile (libFLAC) and read by FFmpeg's own decoder. Whatever else there is, films too, FFmpeg
may read for measuring. This is the one module that calls FFmpeg.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from formats.errors import DecodeError, EncodeError, FormatError, ToolError
from formats.mp3_length import write_length
from formats.payload import Container, Payload, find_payload
from formats.pcm import Piece, SampleFormat, unpack_to_float
from formats.tool import Command, ToolExitError, ffmpeg_path, output, run
from formats.wav import FLOAT_TAG, PCM_TAG, parse_info, read_info

MP3_RATES_HZ = (32000, 44100, 48000)
MP3_KBPS = (128, 160, 192, 224, 256, 320)

# LAME's own choice at 320 kbps; 2 takes a tenth longer.
_LAME_QUALITY = 3
# libFLAC level 4: 2.4 times as fast as level 8; on music the file is hardly larger.
_FLAC_COMPRESSION = 0.5
_BLOCK_SAMPLES = 1 << 16
_FLOAT_BYTES = 4
_PIECE_BYTES = 1 << 19
_FULL_BELOW_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Decoding:
    """A file that is being decoded.

    Parameters
    ----------
    sample_rate_hz, n_channels : int
        Of the decoded audio.
    channel_mask : int
        Which loudspeaker each channel is for, by the bits of WAV; 0 if nobody knows.
    blocks : iterator of ndarray
        The audio, once: float64, shape ``(n, n_channels)``, full scale 1.0.
    """

    sample_rate_hz: int
    n_channels: int
    channel_mask: int
    blocks: Iterator[npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What an audio file says of its audio.

    Parameters
    ----------
    codec : str
        ``pcm``, ``float``, ``flac`` or ``mp3``.
    sample_rate_hz, n_channels : int
        Of the decoded audio.
    n_samples : int
        Per channel, after an encoder's delay and padding are taken off.
    bits : int or None
        Word length; None for MP3, which has none.
    kbps : int or None
        Bit rate of an MP3 file, averaged over the file.
    """

    codec: str
    sample_rate_hz: int
    n_channels: int
    n_samples: int
    bits: int | None
    kbps: int | None = None


def encode_mp3(
    raw_f32: Path, out: Path, *, sample_rate_hz: int, kbps: int = 320, tail_samples: int = 0
) -> None:
    """Encode raw stereo samples to MP3 at a constant bit rate, without tags.

    Parameters
    ----------
    raw_f32 : Path
        32-bit floats, little-endian, left and right in turn; full scale is 1.0.
    out : Path
        The file to write; there is none after an error.
    sample_rate_hz : int
        32000, 44100 or 48000: never resampled here.
    kbps : int
        128 to 320.
    tail_samples : int
        Silence to be encoded behind them.

    Raises
    ------
    EncodeError
        If MP3 has no such rate, or the samples are none or no whole number.
    ToolError
        If FFmpeg fails.

    Notes
    -----
    Delay and padding stand in the Info header, so players and decoders that know it return
    exactly the samples that went in. Two runs of one FFmpeg give the same bytes.
    """
    if sample_rate_hz not in MP3_RATES_HZ:
        raise EncodeError(
            "sample rate", sample_rate_hz, f"must be one of {MP3_RATES_HZ} in MP3"
        )
    if kbps not in MP3_KBPS:
        raise EncodeError("kbps", kbps, f"must be one of {MP3_KBPS}")
    n_samples = _count_samples(raw_f32, 2 * _FLOAT_BYTES) + tail_samples
    padding = {"af": f"apad=pad_len={tail_samples}"} if tail_samples else {}
    command = _ffmpeg(
        raw_f32,
        f"file:{out}",
        f"encoding {out.name} to MP3",
        source={"f": "f32le", "ar": sample_rate_hz, "ac": 2},
        target={
            **padding,
            "c:a": "libmp3lame",
            "b:a": f"{kbps}k",
            "compression_level": _LAME_QUALITY,
            "map_metadata": -1,
            "fflags": "+bitexact",
            "flags:a": "+bitexact",
            "id3v2_version": 0,
            "write_id3v1": 0,
            "write_xing": 1,
            "f": "mp3",
        },
    )
    with _nothing_half_made(out):
        run(command)
        write_length(out, n_samples)


def encode_flac(
    words: Iterable[npt.NDArray[np.int32]], out: Path, *, sample_rate_hz: int, bits: int
) -> None:
    """Encode stereo words to FLAC, without tags; STREAMINFO holds their MD5.

    Parameters
    ----------
    words : iterable of ndarray of int32
        Blocks of shape ``(n_samples, 2)``; integers of 16 or 24 bits on their own scale.
    out : Path
        The file to write; there is none after an error.
    sample_rate_hz : int
        1 to 655350.
    bits : int
        16 or 24.

    Raises
    ------
    EncodeError
        If the rate or word length is another, or there are no samples.
    OSError
        If the disk is full.
    ToolError
        If libsndfile fails otherwise.
    """
    import soundfile

    if bits not in (16, 24):
        raise EncodeError("word length", bits, "bits must be 16 or 24")
    if not 1 <= sample_rate_hz <= 655350:
        raise EncodeError("sample rate", sample_rate_hz, "Hz must be 1 to 655350 (RFC 9639)")
    shape = {"samplerate": sample_rate_hz, "channels": 2}
    flac = {"format": "FLAC", "subtype": f"PCM_{bits}", "compression_level": _FLAC_COMPRESSION}
    n_samples = 0
    with _nothing_half_made(out):
        try:
            with soundfile.SoundFile(out, "w", **flac, **shape) as target:
                for block in words:
                    target.write(block << 32 - bits)  # libsndfile takes full scale as 2**31
                    n_samples += len(block)
        except soundfile.SoundFileError as error:
            if _is_full(out.parent):  # all that libsndfile says is "System error"
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(out)) from error
            story = f"failed while encoding {out.name} to FLAC: {error}"
            raise ToolError("libsndfile", story) from error
        if not n_samples:
            raise EncodeError(out.name, n_samples, "samples: one or more are needed")


def decode(path: Path, *, block_samples: int = _BLOCK_SAMPLES) -> Iterator[Piece]:
    """Yield the audio of a WAV, FLAC or MP3 file in pieces.

    Yields
    ------
    Piece
        At most `block_samples` long. Every bit of 16- and 24-bit files is kept; of such a FLAC
        file the decoder's own words come too.

    Raises
    ------
    FormatError
        If the file is damaged, or gives fewer or more samples than it promises; this may come
        after the last block.
    ToolError
        If FFmpeg cannot be called.
    """
    payload = find_payload(path)
    facts = _facts(path, payload)
    is_flac = payload.container is Container.FLAC
    pieces = _decode_with_ffmpeg if is_flac else _decode_with_libsndfile
    n_samples = 0
    for piece in pieces(path, facts, block_samples):
        n_samples += len(piece.audio)
        yield piece
    if n_samples != facts.n_samples:
        promised = f"{facts.n_samples} samples, as the header promises"
        raise DecodeError(payload.offset_bytes, promised, f"{n_samples}")


@contextmanager
def decoding(path: Path, *, piece_bytes: int = _PIECE_BYTES) -> Iterator[Decoding]:
    """Decode the first sound of any file that FFmpeg reads, in single precision.

    Parameters
    ----------
    path : Path
        Audio or film.
    piece_bytes : int
        How much is taken from FFmpeg at a time.

    Yields
    ------
    Decoding
        Leaving the context stops FFmpeg; what is wrong with the file may come to light after
        the last block.

    Raises
    ------
    FormatError
        If FFmpeg cannot read it, finds no sound in it, or stumbles over damage.
    ToolError
        If FFmpeg cannot be called.
    """
    command = _ffmpeg(
        path,
        "pipe:1",
        f"decoding {path.name}",
        # A playlist must not lead to the network, nor a file make FFmpeg use every core.
        source={"protocol_whitelist": "file,pipe", "threads": 1},
        # WAV, because its header says what FFmpeg found; channels are put into its order.
        target={"map": "0:a:0", "c:a": "pcm_f32le", "f": "wav"},
    )
    pieces = output(command, piece_bytes=piece_bytes)
    try:
        head = next(pieces, b"")
        info = parse_info(BytesIO(head))
        words = _words(chain((head[info.data_offset :],), pieces), info.block_bytes)
        blocks = (
            unpack_to_float(word, SampleFormat.F32LE, n_channels=info.n_channels)
            for word in words
        )
        yield Decoding(info.sample_rate_hz, info.n_channels, info.channel_mask, blocks)
    except ToolExitError as error:
        raise FormatError(f"FFmpeg cannot read it: {error.message}") from error
    finally:
        pieces.close()


def _words(pieces: Iterable[bytes], width: int) -> Iterator[bytes]:
    """Yield the bytes again, cut between samples; a part of one at the end is left out."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        whole = len(data) - len(data) % width
        rest = data[whole:]
        yield data[:whole]


def stream_facts(path: Path) -> StreamFacts:
    """Return what a WAV, FLAC or MP3 file says of its audio; nothing is decoded.

    Raises
    ------
    FormatError
        If the file is damaged or something else.
    """
    return _facts(path, find_payload(path))


def _facts(path: Path, payload: Payload) -> StreamFacts:
    match payload.container:
        case Container.WAV:
            return _wav_facts(path)
        case Container.FLAC:
            return _flac_facts(payload)
        case Container.MP3:
            return _mp3_facts(path)


def _wav_facts(path: Path) -> StreamFacts:
    info = read_info(path)
    codec = {PCM_TAG: "pcm", FLOAT_TAG: "float"}.get(info.codec_tag)
    if codec is None:
        raise FormatError(
            f"WAV holds samples of kind {info.codec_tag:#06x}, not integers or floats"
        )
    return StreamFacts(
        codec, info.sample_rate_hz, info.n_channels, info.n_samples, info.valid_bits
    )


def _flac_facts(payload: Payload) -> StreamFacts:
    # RFC 9639, section 8.2: rate 20 bits, channels 3, word length 5, samples 36.
    word = int.from_bytes(payload.description[10:18], "big")
    rate_hz, n_samples = word >> 44, word & (1 << 36) - 1
    n_channels, bits = (word >> 41 & 7) + 1, (word >> 36 & 31) + 1
    if not rate_hz or not n_samples:
        raise DecodeError(payload.offset_bytes, "a rate and a length in STREAMINFO", "0")
    return StreamFacts("flac", rate_hz, n_channels, n_samples, bits)


def _mp3_facts(path: Path) -> StreamFacts:
    import soundfile
    from mutagen import MutagenError, mp3

    read_header: Any = mp3.MP3  # not annotated
    try:
        info = soundfile.info(path)
        kbps = round(read_header(path).info.bitrate / 1000)
    except (soundfile.SoundFileError, MutagenError) as error:
        raise FormatError(f"the MP3 file is damaged: {error}") from error
    return StreamFacts("mp3", info.samplerate, info.channels, info.frames, None, kbps)


def _decode_with_ffmpeg(path: Path, facts: StreamFacts, block_samples: int) -> Iterator[Piece]:
    word = _word_of(facts)
    command = _ffmpeg(
        path,
        "pipe:1",
        f"decoding {path.name}",
        # Without `explode` a block whose checksum is wrong is decoded as if nothing were.
        source={"f": "flac", "threads": 1, "err_detect": "crccheck+explode"},
        target={"map": "0:a:0", "f": word.value},
    )
    width = facts.n_channels * word.n_bytes
    try:
        for piece in output(command, piece_bytes=block_samples * width):
            if len(piece) % width:
                raise DecodeError(0, "whole samples", f"{len(piece)} bytes")
            audio = unpack_to_float(piece, word, n_channels=facts.n_channels)
            yield Piece(audio, piece if word.bits == facts.bits else None)
    except ToolExitError as error:
        raise FormatError(f"the FLAC file is damaged: {error}") from error


def _word_of(facts: StreamFacts) -> SampleFormat:
    """Return the form that the decoder hands out without converting, which costs as much."""
    if facts.bits is None or facts.bits > 24:
        return SampleFormat.F32LE
    return SampleFormat.S16LE if facts.bits <= 16 else SampleFormat.S24LE


def _decode_with_libsndfile(
    path: Path, facts: StreamFacts, block_samples: int
) -> Iterator[Piece]:
    import soundfile

    try:
        with soundfile.SoundFile(path) as source:
            while len(block := source.read(block_samples, "float64", always_2d=True)):
                yield Piece(block, None)
    except soundfile.SoundFileError as error:
        raise FormatError(f"the file is damaged: {error}") from error


def _ffmpeg(
    path: Path, out: str, doing: str, *, source: dict[str, Any], target: dict[str, Any]
) -> Command:
    """Compose a call: one file in, one stream out, nothing said but errors, and those fatal."""
    import ffmpeg

    # "file:" keeps a colon or a leading hyphen in a name from meaning something.
    stream = ffmpeg.input(f"file:{path}", **source).output(out, **target)
    stream = stream.global_args("-nostdin", "-hide_banner", "-v", "error", "-xerror")
    argv = ffmpeg.compile(stream, cmd=ffmpeg_path(), overwrite_output=True)
    return Command(tuple(argv), "ffmpeg", doing)


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _FULL_BELOW_BYTES
    except OSError:
        return False


def _count_samples(raw: Path, width: int) -> int:
    n_samples, rest = divmod(raw.stat().st_size, width)
    if rest or not n_samples:
        found = f"{raw.stat().st_size} bytes"
        raise EncodeError(
            raw.name, found, f"must be whole samples of {width} bytes, one or more"
        )
    return n_samples


@contextmanager
def _nothing_half_made(out: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(FileNotFoundError):
            out.unlink()
        raise
