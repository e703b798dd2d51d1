from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.codecs import StreamFacts, decode, encode_flac, encode_mp3, stream_facts
from formats.errors import EncodeError, FormatError, ToolError
from formats.payload import find_payload
from formats.tool import Command, ffmpeg_path, run

Samples = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


def music(n_samples: int, *, bits: int = 24) -> Samples:
    """Return a chord with some noise, the largest values of the word length included."""
    time = np.arange(n_samples) / 48000
    chord = sum(np.sin(2 * np.pi * tone_hz * time) for tone_hz in (110.0, 331.0, 1760.0))
    noise = np.random.default_rng(1).normal(size=(2, n_samples))
    scale = 1 << bits - 1
    audio = np.round(scale * (0.2 * chord + 0.02 * noise)).T.astype(np.int32)
    audio[:2] = [[scale - 1, -scale], [-1, 1]][: len(audio)]
    return np.ascontiguousarray(audio)


def raw_pcm(folder: Path, audio: Samples, *, bits: int) -> Path:
    path = folder / "raw.pcm"
    path.write_bytes(packed(audio, bits=bits))
    return path


def packed(audio: Samples, *, bits: int) -> bytes:
    return audio.astype("<i4").view(np.uint8).reshape(-1, 4)[:, : bits // 8].tobytes()


def raw_float(folder: Path, audio: Samples) -> Path:
    path = folder / "raw.f32"
    (audio / (1 << 23)).astype("<f4").tofile(path)
    return path


def decoded(path: Path, *, block_samples: int = 4096) -> Floats:
    return np.concatenate([piece.audio for piece in decode(path, block_samples=block_samples)])


@pytest.fixture
def mp3(tmp_path: Path) -> Path:
    encode_mp3(raw_float(tmp_path, music(30_011)), tmp_path / "song.mp3", sample_rate_hz=48000)
    return tmp_path / "song.mp3"


@pytest.fixture
def flac(tmp_path: Path) -> Path:
    audio = music(30_011)
    encode_flac(
        [audio[:4000], audio[4000:]], tmp_path / "song.flac", sample_rate_hz=48000, bits=24
    )
    return tmp_path / "song.flac"


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "song.wav", music(30_011) << 8, 48000, subtype="PCM_24")
    return tmp_path / "song.wav"


# MP3


@pytest.mark.parametrize("rate_hz", [32000, 44100, 48000])
@pytest.mark.parametrize("n_samples", [1, 46, 47, 576, 1152, 1153, 30_011])
def test_an_mp3_gives_back_as_many_samples_as_went_in(
    n_samples: int, rate_hz: int, tmp_path: Path
) -> None:
    out = tmp_path / "song.mp3"
    encode_mp3(raw_float(tmp_path, music(n_samples)), out, sample_rate_hz=rate_hz)
    assert len(decoded(out)) == n_samples
    assert stream_facts(out).n_samples == n_samples


def test_an_mp3_is_not_shifted(mp3: Path) -> None:
    audio, heard = music(30_011) / (1 << 23), decoded(mp3)
    inner = slice(2000, -2000)
    error = {
        lag: np.std(np.roll(heard, -lag, axis=0)[inner] - audio[inner])
        for lag in (-1105, -529, -1, 0, 1, 529, 1105)
    }
    assert min(error, key=lambda lag: error[lag]) == 0
    assert error[0] < 0.02


def test_left_stays_left_in_an_mp3(tmp_path: Path) -> None:
    audio = music(10_000)
    audio[:, 1] = 0
    encode_mp3(raw_float(tmp_path, audio), tmp_path / "left.mp3", sample_rate_hz=44100)
    left, right = np.std(decoded(tmp_path / "left.mp3"), axis=0)
    assert left > 100 * right


def test_an_mp3_says_what_it_is(mp3: Path) -> None:
    assert stream_facts(mp3) == StreamFacts("mp3", 48000, 2, 30_011, bits=None, kbps=320)


def test_an_mp3_may_be_smaller(tmp_path: Path) -> None:
    out = tmp_path / "song.mp3"
    encode_mp3(raw_float(tmp_path, music(96_000)), out, sample_rate_hz=48000, kbps=192)
    assert stream_facts(out).kbps == 192


def test_the_same_samples_give_the_same_mp3(mp3: Path, tmp_path: Path) -> None:
    again = tmp_path / "other name.mp3"
    encode_mp3(raw_float(tmp_path, music(30_011)), again, sample_rate_hz=48000)
    assert again.read_bytes() == mp3.read_bytes()


def test_an_mp3_has_no_tags_and_no_version_in_it(mp3: Path) -> None:
    data = mp3.read_bytes()
    payload = find_payload(mp3)
    assert (payload.offset_bytes, payload.size_bytes) == (0, len(data))
    assert b"Info" in data[:64]
    assert b"Lavc" not in data
    assert b"Lavf6" not in data


@pytest.mark.parametrize("name", ["-y", "a:b", "100%d", "日本語 'x'", "a;b$c", "pipe:1"])
def test_a_file_may_have_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    raw_float(tmp_path, music(1000)).rename(name)
    encode_mp3(Path(name), Path(f"{name}.mp3"), sample_rate_hz=48000)
    assert len(decoded(Path(f"{name}.mp3"))) == 1000
    encode_flac([music(1000)], Path(f"{name}.flac"), sample_rate_hz=48000, bits=24)
    assert len(decoded(Path(f"{name}.flac"))) == 1000


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        (
            {"sample_rate_hz": 96000},
            r"sample rate: 96000 must be one of \(32000, 44100, 48000\)",
        ),
        ({"sample_rate_hz": 48000, "kbps": 321}, "kbps: 321 must be one of"),
    ],
)
def test_what_mp3_cannot_hold_is_refused(
    settings_: dict[str, int], message: str, tmp_path: Path
) -> None:
    with pytest.raises(EncodeError, match=message):
        encode_mp3(raw_float(tmp_path, music(10)), tmp_path / "x.mp3", **settings_)
    assert not (tmp_path / "x.mp3").exists()


def test_nothing_is_left_behind_when_ffmpeg_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tmp_path / "ffmpeg"
    failing.write_text(
        "#!/bin/sh\nfor out; do :; done; echo x > half.mp3; echo no >&2; exit 9\n"
    )
    failing.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLASSMASTER_FFMPEG", str(failing))
    raw = raw_float(tmp_path, music(10))
    with pytest.raises(ToolError, match=r"status 9 while encoding half\.mp3 to MP3: no"):
        encode_mp3(raw, tmp_path / "half.mp3", sample_rate_hz=48000)
    assert not (tmp_path / "half.mp3").exists()


# FLAC


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("n_samples", [1, 17, 4096, 70_001])
def test_flac_keeps_every_bit(n_samples: int, bits: int, tmp_path: Path) -> None:
    audio, out = music(n_samples, bits=bits), tmp_path / "song.flac"
    encode_flac([audio], out, sample_rate_hz=44100, bits=bits)
    np.testing.assert_array_equal(decoded(out) * (1 << bits - 1), audio)
    assert stream_facts(out) == StreamFacts("flac", 44100, 2, n_samples, bits=bits)


def test_flac_holds_the_md5_of_its_samples(flac: Path) -> None:
    md5 = hashlib.md5(packed(music(30_011), bits=24), usedforsecurity=False).digest()
    assert find_payload(flac).description[18:] == md5


def test_the_same_samples_give_the_same_flac(flac: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.flac"
    encode_flac([music(30_011)], again, sample_rate_hz=48000, bits=24)
    assert again.read_bytes() == flac.read_bytes()


def test_other_word_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match="word length: 20 bits must be 16 or 24"):
        encode_flac([music(10)], tmp_path / "x.flac", sample_rate_hz=48000, bits=20)


def test_a_rate_flac_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match="sample rate: 700000 Hz must be 1 to 655350"):
        encode_flac([music(10)], tmp_path / "x.flac", sample_rate_hz=700_000, bits=24)


def test_nothing_is_left_behind_when_flac_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"libsndfile failed while encoding x\.flac to FLAC"):
        encode_flac([music(10)], tmp_path / "nowhere" / "x.flac", sample_rate_hz=48000, bits=24)


def test_a_full_disk_is_told_from_another_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(OSError, match="No space left") as caught:
        encode_flac([music(10)], tmp_path / "nowhere" / "x.flac", sample_rate_hz=48000, bits=24)
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.parametrize("blocks", [[], [np.zeros((0, 2), np.int32)]])
def test_a_flac_of_no_samples_is_refused(blocks: list[Samples], tmp_path: Path) -> None:
    with pytest.raises(EncodeError, match=r"x\.flac: 0 samples: one or more are needed"):
        encode_flac(blocks, tmp_path / "x.flac", sample_rate_hz=48000, bits=24)
    assert not (tmp_path / "x.flac").exists()


@pytest.mark.parametrize("data", [b"", b"12345"])
def test_raw_audio_must_be_whole_samples(data: bytes, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(data)
    with pytest.raises(EncodeError, match="must be whole samples of 8 bytes, one or more"):
        encode_mp3(raw, tmp_path / "x.mp3", sample_rate_hz=48000)


@pytest.mark.parametrize("tail_samples", [1, 1152, 4800])
def test_an_encoder_puts_silence_behind_an_mp3(tail_samples: int, tmp_path: Path) -> None:
    raw = raw_float(tmp_path, music(30_011))
    padded = tmp_path / "padded.f32"
    padded.write_bytes(raw.read_bytes() + bytes(8 * tail_samples))
    encode_mp3(raw, tmp_path / "a.mp3", sample_rate_hz=48000, tail_samples=tail_samples)
    encode_mp3(padded, tmp_path / "b.mp3", sample_rate_hz=48000)
    assert (tmp_path / "a.mp3").read_bytes() == (tmp_path / "b.mp3").read_bytes()


# Decoding


def test_wav_keeps_every_bit(wav: Path) -> None:
    np.testing.assert_array_equal(decoded(wav) * (1 << 23), music(30_011))
    assert stream_facts(wav) == StreamFacts("pcm", 48000, 2, 30_011, bits=24)


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_any_block_length_gives_the_same_samples(
    kind: str, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(kind)
    whole = decoded(path, block_samples=1 << 16)
    np.testing.assert_array_equal(decoded(path, block_samples=777), whole)
    assert {len(each.audio) for each in decode(path, block_samples=10_000)} == {10_000, 11}


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_a_file_that_is_cut_short_is_noticed(kind: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(kind)
    os.truncate(path, path.stat().st_size * 2 // 3)
    with pytest.raises(FormatError):
        decoded(path)


def test_one_wrong_bit_in_a_flac_is_noticed(flac: Path) -> None:
    data = bytearray(flac.read_bytes())
    data[len(data) // 2] ^= 0x10
    flac.write_bytes(data)
    with pytest.raises(FormatError, match="the FLAC file is damaged: ffmpeg left"):
        decoded(flac)


def test_decoding_may_be_given_up(flac: Path) -> None:
    pieces = decode(flac, block_samples=10)
    assert len(next(pieces).audio) == 10
    pieces.close()  # type: ignore[attr-defined]  # a generator, promised as an iterator only


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_the_bytes_only_our_own_errors_escape(
    kind: str, data: st.DataObject, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    whole = request.getfixturevalue(kind).read_bytes()
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    places = st.integers(0, min(200, max(0, len(damaged) - 1)))
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        damaged[place : place + 1] = bytes([byte])
    path = tmp_path / "damaged"
    path.write_bytes(damaged)
    try:
        stream_facts(path)
        for _ in decode(path):
            pass
    except FormatError:
        pass


# Others agree


def oracle(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        if os.environ.get("REQUIRE_ORACLES"):
            pytest.fail(f"{program} is not installed")
        pytest.skip(f"{program} is not installed")
    return found


def test_ffmpeg_finds_as_many_samples_in_the_mp3_as_libsndfile(mp3: Path) -> None:
    argv = (ffmpeg_path(), "-v", "error", "-i", str(mp3), "-f", "f32le", "-")
    other = np.frombuffer(run(Command(argv, "ffmpeg", "decoding")), "<f4").reshape(-1, 2)
    np.testing.assert_allclose(other, decoded(mp3), atol=1e-5)


@pytest.mark.oracle
def test_flac_itself_accepts_the_flac(flac: Path) -> None:
    argv = [oracle("flac"), "--test", "--warnings-as-errors", "--silent", str(flac)]
    assert subprocess.run(argv, check=False, capture_output=True).stderr == b""


@pytest.mark.oracle
@pytest.mark.parametrize("n_samples", [1, 1153, 1200, 30_011])
def test_lame_finds_as_many_samples_in_the_mp3(n_samples: int, tmp_path: Path) -> None:
    mp3, wav = tmp_path / "song.mp3", tmp_path / "lame.wav"
    encode_mp3(raw_float(tmp_path, music(n_samples)), mp3, sample_rate_hz=44100)
    subprocess.run([oracle("lame"), "--quiet", "--decode", mp3, wav], check=True)
    assert soundfile.info(wav).frames == n_samples
