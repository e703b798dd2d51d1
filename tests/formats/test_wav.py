from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import TypedDict

import imageio_ffmpeg
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import DecodeError, EncodeError, FormatError, UnsupportedError
from formats.pcm import SampleFormat, pack, read_pieces
from formats.wav import Chunk, WavInfo, parse_info, read_info, wav_header, write_wav

NOISE = np.random.default_rng(2).integers(-(2**15), 2**15, (1_000, 2), dtype=np.int32)


class Shape(TypedDict):
    sample_rate_hz: int
    bits: int
    n_channels: int


CD: Shape = {"sample_rate_hz": 44_100, "bits": 16, "n_channels": 2}


def parse(data: bytes) -> WavInfo:
    return parse_info(io.BytesIO(data))


def chunk(name: bytes, payload: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(payload) if size is None else size) + payload


def fmt(
    tag: int = 1,
    channels: int = 2,
    rate: int = 44_100,
    *,
    width: int = 4,
    bits: int = 16,
    more: bytes = b"",
) -> bytes:
    return chunk(
        b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * width, width, bits) + more
    )


def riff(*chunks: bytes, size: int | None = None, magic: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack("<I", len(body) if size is None else size) + body


# --- Writing ---


def test_the_header_is_the_plain_form_that_every_service_takes() -> None:
    header = wav_header(1_000, **CD)
    assert len(header) == 44
    assert header[:4] + header[8:16] + header[36:40] == b"RIFFWAVEfmt data"
    assert struct.unpack("<IHHIIHH", header[16:36]) == (16, 1, 2, 44_100, 176_400, 4, 16)
    assert struct.unpack("<I", header[4:8])[0] == 44 + 4_000 - 8
    assert struct.unpack("<I", header[40:])[0] == 4_000


@given(
    n_samples=st.integers(0, 2**40),
    rate_hz=st.sampled_from((44_100, 48_000, 192_000)),
    bits=st.sampled_from((16, 24, 32)),
    n_channels=st.integers(1, 2),
)
@settings(deadline=None)
def test_what_a_header_says_is_read_back(
    n_samples: int, rate_hz: int, bits: int, n_channels: int
) -> None:
    header = wav_header(n_samples, sample_rate_hz=rate_hz, bits=bits, n_channels=n_channels)
    info = parse(header)
    assert (info.format_tag, info.codec_tag) == (1, 1)
    assert (info.sample_rate_hz, info.bits, info.n_channels) == (rate_hz, bits, n_channels)
    assert info.valid_bits == bits
    assert info.promised_samples == n_samples or info.promised_samples is None
    assert info.data_offset == len(header)
    assert info.chunks[-1].id == "data"


@pytest.mark.parametrize(
    ("n_samples", "container"), [(2**30 - 10, "RIFF"), (2**30 - 9, "RF64"), (2**32, "RF64")]
)
def test_four_gibibytes_need_the_long_form(n_samples: int, container: str) -> None:
    header = wav_header(n_samples, **CD)
    assert header[:4] == container.encode()
    if container == "RF64":
        assert header[4:8] == header[-4:] == b"\xff" * 4
        assert header[12:20] == b"ds64" + struct.pack("<I", 28)
        riff_bytes, data_bytes, samples, table = struct.unpack("<QQQI", header[20:48])
        assert (data_bytes, samples, table) == (4 * n_samples, n_samples, 0)
        assert riff_bytes == len(header) + data_bytes - 8
    else:
        assert struct.unpack("<I", header[4:8])[0] == len(header) + 4 * n_samples - 8


def test_a_written_file_is_read_back(tmp_path: Path) -> None:
    pcm, wav = tmp_path / "take.pcm", tmp_path / "take.wav"
    pcm.write_bytes(pack(NOISE, SampleFormat.S24LE))
    write_wav(wav, pcm, sample_rate_hz=48_000, bits=24, n_channels=2)
    info = read_info(wav)
    assert (info.n_samples, info.promised_samples, info.is_truncated) == (1_000, 1_000, False)
    (piece,) = read_pieces(
        wav,
        SampleFormat.S24LE,
        n_channels=2,
        offset_bytes=info.data_offset,
        n_samples=info.n_samples,
    )
    np.testing.assert_array_equal(piece.audio * 2**23, NOISE)


def test_an_odd_number_of_bytes_gets_a_pad_byte(tmp_path: Path) -> None:
    pcm, wav = tmp_path / "take.pcm", tmp_path / "take.wav"
    pcm.write_bytes(b"abc")
    write_wav(wav, pcm, sample_rate_hz=48_000, bits=24, n_channels=1)
    data = wav.read_bytes()
    assert data[44:] == b"abc\0"
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    assert read_info(wav).n_samples == 1


def test_metadata_stands_before_the_sound_at_even_places() -> None:
    header = wav_header(5, **CD, chunks=[("bext", b"x" * 7), ("iXML", b"yy")])
    info = parse(header + bytes(20))
    assert [each.id for each in info.chunks] == ["fmt ", "bext", "iXML", "data"]
    assert all(each.offset % 2 == 0 and each.n_bytes % 2 == 0 for each in info.chunks)
    assert struct.unpack("<I", header[4:8])[0] == len(header) + 20 - 8
    bext = info.chunks[1]
    assert header[bext.offset : bext.end] == b"x" * 7 + b"\0"


@pytest.mark.parametrize("name", ["data", "fmt ", "ds64", "abc", "abcde", "ab\0c", "äbcd"])
def test_a_metadata_chunk_cannot_have_any_name(name: str) -> None:
    with pytest.raises(EncodeError, match="chunk"):
        wav_header(1, **CD, chunks=[(name, b"")])


@pytest.mark.parametrize(
    ("rate_hz", "bits", "n_channels", "said"),
    [
        (44_100, 20, 2, "16, 24 or 32"),
        (44_100, 16, 6, "1 or 2"),
        (44_100, 16, 0, "1 or 2"),
        (0, 16, 2, "sample rate"),
        (2**32, 16, 2, "sample rate"),
    ],
)
def test_what_a_header_cannot_hold_is_refused(
    rate_hz: int, bits: int, n_channels: int, said: str
) -> None:
    with pytest.raises(EncodeError, match=said):
        wav_header(1, sample_rate_hz=rate_hz, bits=bits, n_channels=n_channels)


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(EncodeError, match="0 or more"):
        wav_header(-1, **CD)


def test_raw_audio_that_ends_within_a_sample_is_refused(tmp_path: Path) -> None:
    pcm = tmp_path / "take.pcm"
    pcm.write_bytes(bytes(7))
    with pytest.raises(EncodeError, match="no whole 16-bit samples"):
        write_wav(tmp_path / "take.wav", pcm, **CD)
    assert not (tmp_path / "take.wav").exists()


# --- Reading ---


def test_a_file_that_ends_too_early_says_so() -> None:
    info = parse(riff(fmt(), chunk(b"data", bytes(40), size=4_000)))
    assert info.is_truncated
    assert (info.n_samples, info.promised_samples) == (10, 1_000)


def test_a_long_file_that_ends_too_early_says_so() -> None:
    info = parse(wav_header(2**32, **CD) + bytes(40))
    assert info.container == "RF64"
    assert info.is_truncated
    assert (info.n_samples, info.promised_samples) == (10, 2**32)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFEFFC])
def test_a_size_that_a_pipe_left_open_promises_nothing(size: int) -> None:
    info = parse(riff(fmt(), chunk(b"data", bytes(40), size=size), size=size))
    assert (info.promised_bytes, info.promised_samples) == (None, None)
    assert (info.n_samples, info.is_truncated) == (10, False)


def test_a_recorder_that_died_left_its_sound_behind_a_zero() -> None:
    info = parse(riff(fmt(), chunk(b"data", b"LIST" * 10, size=0), size=0))
    assert (info.n_samples, info.promised_bytes) == (10, None)


def test_a_file_without_sound_is_empty_and_whole() -> None:
    info = parse(riff(fmt(), chunk(b"data", b""), chunk(b"LIST", bytes(10))))
    assert (info.n_samples, info.promised_samples, info.is_truncated) == (0, 0, False)
    assert [each.id for each in info.chunks] == ["fmt ", "data", "LIST"]


@pytest.mark.parametrize("riff_size", [0, 7, 0xFFFFFFFF])
def test_the_size_of_the_whole_is_not_believed(riff_size: int) -> None:
    info = parse(riff(fmt(), chunk(b"data", bytes(40)), size=riff_size))
    assert (info.n_samples, info.promised_samples) == (10, 10)


def test_unknown_chunks_are_listed_and_passed_over() -> None:
    info = parse(
        riff(
            chunk(b"JUNK", bytes(28)), fmt(), chunk(b"wavl", b"data"), chunk(b"data", bytes(8))
        )
    )
    assert [each.id for each in info.chunks] == ["JUNK", "fmt ", "wavl", "data"]
    assert info.n_samples == 2


@pytest.mark.parametrize("pad", [b"\0", b""])
def test_an_odd_chunk_is_passed_over_with_or_without_its_pad_byte(pad: bytes) -> None:
    info = parse(riff(fmt(), chunk(b"LIST", b"abc") + pad, chunk(b"data", bytes(8))))
    assert info.chunks[1] == Chunk("LIST", 44, 3)
    assert info.n_samples == 2


def test_rubbish_behind_the_sound_does_no_harm() -> None:
    info = parse(riff(fmt(), chunk(b"data", bytes(8)), bytes(50)))
    assert (info.n_samples, info.is_truncated) == (2, False)


def test_metadata_may_stand_behind_the_sound() -> None:
    info = parse(riff(chunk(b"data", bytes(8)), fmt(), chunk(b"id3 ", bytes(3))))
    assert [each.id for each in info.chunks] == ["data", "fmt ", "id3 "]


def guid(tag: int) -> bytes:
    return struct.pack("<H", tag) + bytes.fromhex("000000001000800000aa00389b71")


@pytest.mark.parametrize(
    ("subformat", "codec"), [(guid(1), 1), (guid(3), 3), (bytes(16), 0xFFFE)]
)
def test_the_extensible_form_names_its_codec_in_the_subformat(
    subformat: bytes, codec: int
) -> None:
    more = struct.pack("<HHI", 22, 20, 3) + subformat
    info = parse(riff(fmt(0xFFFE, width=6, bits=24, more=more), chunk(b"data", bytes(12))))
    assert (info.format_tag, info.codec_tag) == (0xFFFE, codec)
    assert (info.bits, info.valid_bits, info.n_samples) == (24, 20, 2)


def test_a_sample_may_take_up_more_bits_than_sound() -> None:
    info = parse(riff(fmt(width=8, bits=24), chunk(b"data", bytes(16))))
    assert (info.bits, info.valid_bits, info.n_samples) == (32, 24, 2)


def test_compressed_sound_is_described_by_its_tag() -> None:
    assert parse(riff(fmt(2, width=1024, bits=4), chunk(b"data", bytes(1024)))).codec_tag == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "expected a WAV file .*, found the end of the file"),
        (b"fLaC" + bytes(40), "found 'fLaC'"),
        (b"RIFF" + bytes(4) + b"AVI " + bytes(20), "at byte 8: expected 'WAVE'"),
        (riff(), "a fmt chunk"),
        (riff(fmt()), "a data chunk"),
        (riff(chunk(b"data", bytes(8))), "a fmt chunk"),
        (riff(chunk(b"fmt ", bytes(14)), chunk(b"data", b"")), "16 bytes or more, found 14"),
        (riff(fmt(channels=0), chunk(b"data", b"")), "0 channels"),
        (riff(fmt(rate=0), chunk(b"data", b"")), "0 Hz"),
        (riff(fmt(width=0), chunk(b"data", b"")), "0 bytes"),
        (riff(fmt(width=3), chunk(b"data", b"")), "samples of 16 bits in 2 channels"),
        (riff(fmt(bits=24), chunk(b"data", b"")), "samples of 24 bits in 2 channels"),
        (riff(fmt(0xFFFE), chunk(b"data", b"")), "40 bytes, found 16"),
        (riff(chunk(b"\0\1\2\3", b""), fmt()), "at byte 12: expected the name of a chunk"),
        (riff(fmt(), chunk(b"data", b"", size=0xFFFFFFFF), magic=b"RF64"), "ds64"),
        (riff(chunk(b"ds64", bytes(8)), magic=b"RF64"), "ds64 chunk of 28"),
        (riff(fmt(), chunk(b"LIST", bytes(8), size=2**31)), "a data chunk"),
        (riff(fmt(), *[chunk(b"abcd", b"")] * 10_001), "at most 10000 chunks"),
    ],
)
def test_what_is_broken_is_named_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        parse(data)


@pytest.mark.parametrize(("magic", "said"), [(b"RIFX", "RIFX"), (b"riff", "Wave64")])
def test_relatives_of_wav_are_named(magic: bytes, said: str) -> None:
    with pytest.raises(UnsupportedError, match=said):
        parse(magic + bytes(40))


def test_long_sizes_of_other_chunks_come_from_the_table() -> None:
    ds64 = struct.pack("<QQQI", 0, 8, 2, 1) + b"bigc" + struct.pack("<Q", 6)
    data = riff(
        chunk(b"ds64", ds64),
        fmt(),
        chunk(b"bigc", bytes(6), size=0xFFFFFFFF),
        chunk(b"data", bytes(8), size=0xFFFFFFFF),
        magic=b"RF64",
    )
    info = parse(data)
    assert [each.n_bytes for each in info.chunks] == [40, 16, 6, 8]
    assert info.n_samples == 2


@pytest.mark.parametrize("size", [2**63 + 1, 2**64 - 1])
def test_a_size_beyond_all_files_is_only_a_truncation(size: int) -> None:
    ds64 = chunk(b"ds64", struct.pack("<QQQI", size, size, size, 0))
    data = chunk(b"data", bytes(40), size=0xFFFFFFFF)
    info = parse(riff(ds64, fmt(), data, magic=b"RF64"))
    assert info.is_truncated
    assert info.n_samples == 10


SIZES = st.sampled_from((0, 1, 3, 16, 18, 28, 40, 2**31 - 1, 2**32 - 1)) | st.integers(
    0, 2**32 - 1
)
NAMES = st.sampled_from((b"fmt ", b"data", b"ds64", b"LIST", b"\0\0\0\0"))
RAW_CHUNKS = st.builds(chunk, NAMES, st.binary(max_size=48), SIZES | st.none())
WHOLE_CHUNKS = st.sampled_from(
    (fmt(), fmt(0xFFFE, more=bytes(24)), chunk(b"ds64", b"\xff" * 28))
)


@given(
    chunks=st.lists(RAW_CHUNKS | WHOLE_CHUNKS, max_size=6),
    magic=st.sampled_from((b"RIFF", b"RF64", b"BW64")),
    cut=st.integers(0, 60),
    size=SIZES,
)
@settings(max_examples=300, deadline=None)
def test_near_wav_files_raise_nothing_but_format_errors(
    chunks: list[bytes], magic: bytes, cut: int, size: int
) -> None:
    data = riff(*chunks, size=size, magic=magic)[: -cut or None]
    try:
        info = parse(data)
    except FormatError:
        return
    assert info.data_offset + info.data_bytes <= len(data)
    assert info.data_bytes >= 0
    assert info.n_samples >= 0


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_bytes_raise_nothing_but_format_errors(data: bytes) -> None:
    for each in (data, b"RIFF\0\0\0\0WAVE" + data):
        try:
            parse(each)
        except FormatError:
            continue


# --- Other programs ---


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        assert not os.environ.get("REQUIRE_ORACLES"), f"{name} is not installed"
        pytest.skip(f"{name} is not installed")
    return found


@pytest.mark.oracle
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
def test_libsndfile_files_are_read(tmp_path: Path, container: str, subtype: str) -> None:
    path = tmp_path / "theirs.wav"
    soundfile.write(path, NOISE / 2**15, 48_000, format=container, subtype=subtype)
    info = read_info(path)
    assert (info.n_samples, info.promised_samples) == (1_000, 1_000)
    assert (info.sample_rate_hz, info.n_channels) == (48_000, 2)
    assert info.codec_tag == (3 if subtype == "FLOAT" else 1)
    assert info.bits == {"PCM_16": 16, "PCM_24": 24, "FLOAT": 32}[subtype]


@pytest.mark.oracle
@pytest.mark.parametrize("bits", [16, 24])
def test_libsndfile_reads_our_files(tmp_path: Path, bits: int) -> None:
    pcm, wav = tmp_path / "take.pcm", tmp_path / "ours.wav"
    pcm.write_bytes(pack(NOISE, SampleFormat.of_bits(bits)))
    chunks = [("bext", b"x" * 603), ("LIST", b"INFOINAM" + struct.pack("<I", 2) + b"a\0")]
    write_wav(wav, pcm, sample_rate_hz=48_000, bits=bits, n_channels=2, chunks=chunks)
    samples, rate_hz = soundfile.read(wav, dtype="int32", always_2d=True)
    assert rate_hz == 48_000
    np.testing.assert_array_equal(samples >> (32 - bits), NOISE)


@pytest.mark.oracle
def test_libsndfile_reads_our_long_files(tmp_path: Path) -> None:
    wav, n_samples = tmp_path / "long.wav", 2**30 + 5
    with wav.open("wb") as file:  # a hole of 4 GiB takes no room on the disk
        file.write(wav_header(n_samples, **CD, chunks=[("LIST", b"INFO" + bytes(3))]))
        file.seek(4 * (n_samples - 1), 1)
        file.write(b"\1\0\2\0")
    with soundfile.SoundFile(wav) as theirs:
        assert (theirs.frames, theirs.format, theirs.subtype) == (n_samples, "RF64", "PCM_16")
        theirs.seek(n_samples - 1)
        assert theirs.read(dtype="int16").tolist() == [[1, 2]]
    assert read_info(wav).n_samples == n_samples


@pytest.mark.oracle
def test_ffmpeg_reads_our_files(tmp_path: Path) -> None:
    pcm, wav = tmp_path / "take.pcm", tmp_path / "ours.wav"
    pcm.write_bytes(pack(NOISE, SampleFormat.S24LE))
    write_wav(wav, pcm, sample_rate_hz=96_000, bits=24, n_channels=2)
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(wav),
        "-f",
        "s24le",
        "-",
    ]
    assert subprocess.run(command, capture_output=True, check=True).stdout == pcm.read_bytes()


@pytest.mark.oracle
def test_a_size_that_ffmpeg_left_open_promises_nothing() -> None:
    source = ["-f", "lavfi", "-i", "sine=frequency=440:duration=0.1"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, "-f", "wav", "-"]
    info = parse(subprocess.run(command, capture_output=True, check=True).stdout)
    assert (info.promised_bytes, info.n_samples) == (None, 4_410)


@pytest.mark.oracle
def test_sox_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "theirs.wav"
    sound = ["-r", "44100", "-b", "24", "-c", "2", str(path), "synth", "0.1", "sine", "440"]
    subprocess.run([program("sox"), "-n", *sound], check=True)
    info = read_info(path)
    assert (info.n_samples, info.codec_tag, info.bits) == (4_410, 1, 24)
