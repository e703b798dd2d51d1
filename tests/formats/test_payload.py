from __future__ import annotations

import hashlib
import os
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.codecs import encode_mp3
from formats.errors import DecodeError, FormatError, UnsupportedError
from formats.payload import Container, container_of, find_payload, payload_digest

AUDIO = np.random.default_rng(1).integers(-9999, 9999, (5000, 2), np.int16)

ID3V2 = b"ID3\x04\x00\x00\x00\x00\x01\x02" + bytes(130)
ID3V1 = b"TAG" + bytes(125)
APE = struct.pack("<8sIIII8x", b"APETAGEX", 2000, 32 + 40, 1, 1 << 31)
APEV2 = APE + b"x" * 40 + APE


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


FMT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, 44100, 176400, 4, 16))
DATA = chunk(b"data", AUDIO.tobytes())


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    (tmp_path / "song").write_bytes(riff(FMT, DATA))
    return tmp_path / "song"


@pytest.fixture
def flac(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "song.flac", AUDIO, 44100)
    return tmp_path / "song.flac"


@pytest.fixture
def mp3(tmp_path: Path) -> Path:
    (AUDIO / 32768).astype("<f4").tofile(tmp_path / "raw")
    encode_mp3(tmp_path / "raw", tmp_path / "song.mp3", sample_rate_hz=44100)
    return tmp_path / "song.mp3"


def digest_of(data: bytes, folder: Path) -> str:
    (folder / "other").write_bytes(data)
    return payload_digest(folder / "other")


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_the_first_bytes_say_what_a_file_is(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    path: Path = request.getfixturevalue(kind)
    path = path.rename(tmp_path / "song.txt")
    assert container_of(path) is Container(kind)
    assert find_payload(path).container is Container(kind)


@pytest.mark.parametrize("data", [b"", b"OggS" + bytes(99), b"<html>", b"RIFF\0\0\0\0AVI "])
def test_other_files_are_told_apart(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(UnsupportedError, match="which is no WAV, FLAC or MP3 file"):
        container_of(tmp_path / "x")


def test_the_digest_of_an_mp3_is_that_of_the_file_without_tags(mp3: Path) -> None:
    assert payload_digest(mp3) == hashlib.sha256(mp3.read_bytes()).hexdigest()


@pytest.mark.parametrize("before", [b"", ID3V2, ID3V2 + ID3V2])
@pytest.mark.parametrize("after", [b"", ID3V1, APEV2, APEV2 + ID3V1])
def test_tags_around_an_mp3_do_not_count(
    before: bytes, after: bytes, mp3: Path, tmp_path: Path
) -> None:
    bare = mp3.read_bytes()
    assert digest_of(before + bare + after, tmp_path) == payload_digest(mp3)


def test_an_id3_footer_counts_as_tag(mp3: Path, tmp_path: Path) -> None:
    tag = bytearray(ID3V2) + b"3DI" + ID3V2[3:10]
    tag[5] |= 0x10
    assert digest_of(bytes(tag) + mp3.read_bytes(), tmp_path) == payload_digest(mp3)


def test_the_digest_of_a_flac_is_that_of_streaminfo_and_audio(flac: Path) -> None:
    data = flac.read_bytes()
    payload = find_payload(flac)
    assert payload.description == data[8:42]
    assert data[payload.offset_bytes :].startswith((b"\xff\xf8", b"\xff\xf9"))
    expected = hashlib.sha256(data[8:42] + data[payload.offset_bytes :]).hexdigest()
    assert payload_digest(flac) == expected


def test_other_blocks_of_a_flac_do_not_count(flac: Path, tmp_path: Path) -> None:
    data = flac.read_bytes()
    assert data[4] == 0  # STREAMINFO, and others follow
    padded = data[:42] + b"\x01\x00\x00\x05hello" + data[42:]
    assert digest_of(ID3V2 + padded, tmp_path) == payload_digest(flac)


def test_other_chunks_of_a_wav_do_not_count(wav: Path, tmp_path: Path) -> None:
    odd = chunk(b"id3 ", b"odd")
    assert digest_of(riff(odd, FMT, odd, DATA, odd), tmp_path) == payload_digest(wav)


def test_the_extensible_form_of_a_wav_has_the_same_digest(wav: Path, tmp_path: Path) -> None:
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    fields = (0xFFFE, 2, 44100, 176400, 4, 16, 22, 16, 3, guid)
    extensible = chunk(b"fmt ", struct.pack("<HHIIHHHHI16s", *fields))
    assert digest_of(riff(extensible, DATA), tmp_path) == payload_digest(wav)


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_one_wrong_bit_of_audio_counts(kind: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(kind)
    before, data = payload_digest(path), bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    assert payload_digest(path) != before


def test_the_sample_rate_counts(wav: Path, tmp_path: Path) -> None:
    other = FMT.replace(struct.pack("<I", 44100), struct.pack("<I", 48000))
    assert digest_of(riff(other, DATA), tmp_path) != payload_digest(wav)


def test_a_wav_that_is_cut_short_is_noticed(wav: Path) -> None:
    os.truncate(wav, 10_000)
    with pytest.raises(DecodeError, match="expected 20000 bytes of audio, as the header"):
        payload_digest(wav)


def test_a_wav_that_ends_within_a_sample_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="whole samples of 4 bytes, found 2 bytes more"):
        digest_of(riff(FMT, chunk(b"data", bytes(10))), tmp_path)


def test_a_flac_without_audio_is_noticed(flac: Path, tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="expected the first block of audio, found the end"):
        digest_of(flac.read_bytes()[: find_payload(flac).offset_bytes], tmp_path)


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_the_bytes_only_our_own_errors_escape(
    kind: str, data: st.DataObject, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    whole = request.getfixturevalue(kind).read_bytes()
    before = data.draw(st.sampled_from([b"", ID3V2, ID3V2[:9], b"ID3"]))
    after = data.draw(st.sampled_from([b"", ID3V1, APEV2, APEV2[50:], APEV2 + ID3V1]))
    damaged = bytearray(before + whole[: data.draw(st.integers(0, 300))] + after)
    places = st.integers(0, max(0, len(damaged) - 1))
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=9)):
        damaged[place : place + 1] = bytes([byte])
    with suppress(FormatError):
        assert len(digest_of(bytes(damaged), tmp_path)) == 64


@given(data=st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_noise_is_refused_with_our_own_errors(data: bytes, tmp_path: Path) -> None:
    with suppress(FormatError):
        digest_of(data, tmp_path)
