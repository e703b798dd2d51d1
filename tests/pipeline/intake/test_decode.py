import os
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.errors import SourceError
from pipeline.intake.decode import SourceReader, read_blocks, timecode

WriteMix = Callable[..., Path]

CONTAINERS = [
    ("mix.wav", "WAV", "PCM_24"),
    ("mix.wav", "WAVEX", "FLOAT"),
    ("mix.rf64", "RF64", "PCM_24"),
    ("mix.w64", "W64", "PCM_24"),
    ("mix.aiff", "AIFF", "PCM_24"),
    ("mix.aifc", "AIFF", "FLOAT"),
    ("mix.caf", "CAF", "PCM_24"),
    ("mix.flac", "FLAC", "PCM_24"),
]
UNCOMPRESSED = CONTAINERS[:-1]


def whole(path: Path, *, block_samples: int = 65_536) -> Audio:
    return np.concatenate(list(read_blocks(path, block_samples=block_samples)))


def refusal(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        whole(path)
    assert caught.value.where == str(path)
    assert caught.value.exit_code == 3
    return f"{caught.value.message} | {caught.value.hint}"


@pytest.mark.parametrize(("name", "container", "subtype"), CONTAINERS)
def test_every_container_gives_the_samples_that_were_stored(
    write_mix: WriteMix, noise: Audio, name: str, container: str, subtype: str
) -> None:
    path = write_mix(noise, name, format=container, subtype=subtype)
    read = whole(path)
    assert read.dtype == np.float64
    assert read.flags.c_contiguous
    np.testing.assert_array_equal(read, noise)


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize(
    ("container", "endian"),
    [("WAV", "FILE"), ("WAV", "BIG"), ("WAVEX", "FILE"), ("RF64", "FILE"), ("W64", "FILE")],
)
def test_words_are_those_that_libsndfile_reads(
    tmp_path: Path, noise: Audio, container: str, endian: str, subtype: str, n_channels: int
) -> None:
    path = tmp_path / "mix.wav"
    soundfile.write(
        path, noise[:999, :n_channels], 48_000, subtype, endian=endian, format=container
    )
    expected = soundfile.read(path, always_2d=True)[0]
    with SourceReader(path) as reader:
        np.testing.assert_array_equal(reader.decode(500), expected[:500])
        reader.seek(7)
        np.testing.assert_array_equal(reader.decode(2000), expected[7:])


@pytest.mark.parametrize("block_samples", [1, 999, 65_536])
def test_any_block_length_gives_the_same_samples(
    write_mix: WriteMix, noise: Audio, block_samples: int
) -> None:
    audio = noise[:3000]
    path = write_mix(audio, "mix.flac")
    np.testing.assert_array_equal(whole(path, block_samples=block_samples), audio)


@pytest.mark.parametrize("subtype", ["MPEG_LAYER_III", "VORBIS"])
def test_lossy_files_read_the_same_in_any_blocks(
    write_mix: WriteMix, noise: Audio, subtype: str
) -> None:
    container = {"MPEG_LAYER_III": "MP3", "VORBIS": "OGG"}[subtype]
    path = write_mix(noise, "mix.lossy", format=container, subtype=subtype)
    np.testing.assert_array_equal(whole(path, block_samples=1000), whole(path))


def test_mono_becomes_dual_mono(write_mix: WriteMix, noise: Audio) -> None:
    read = whole(write_mix(noise[:, :1]))
    np.testing.assert_array_equal(read, noise[:, [0, 0]])


def test_blocks_are_the_readers_to_keep(write_mix: WriteMix, noise: Audio) -> None:
    blocks = list(read_blocks(write_mix(noise), block_samples=1000))
    assert len({block.__array_interface__["data"][0] for block in blocks}) == len(blocks)


@pytest.mark.parametrize("name", ["mix.wav", "mix.flac"])
def test_reading_goes_on_where_it_was_told_to_seek(
    write_mix: WriteMix, noise: Audio, name: str
) -> None:
    with SourceReader(write_mix(noise, name)) as reader:
        assert (reader.n_samples, reader.sample_rate_hz) == (len(noise), 48_000)
        reader.seek(70_000)
        np.testing.assert_array_equal(reader.read(10), noise[70_000:70_010])
        np.testing.assert_array_equal(np.concatenate(list(reader.blocks())), noise[70_010:])
        assert reader.read(10).shape == (0, 2)
        reader.seek(5)
        np.testing.assert_array_equal(reader.read(1), noise[5:6])


def test_seeking_outside_the_mix_is_a_programming_mistake(
    write_mix: WriteMix, noise: Audio
) -> None:
    with SourceReader(write_mix(noise)) as reader:
        reader.seek(reader.n_samples)
        for place in (-1, reader.n_samples + 1):
            with pytest.raises(ValueError, match="start must be 0 to 96000"):
                reader.seek(place)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.wav")
    assert "does not exist" in refusal(tmp_path / "no folder" / "none.wav")


def test_a_folder_is_no_mix(tmp_path: Path) -> None:
    assert "is a folder, not a file of audio" in refusal(tmp_path)


def test_a_pipe_is_no_mix(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    assert "is no ordinary file" in refusal(tmp_path / "pipe.wav")


def test_a_file_as_a_folder_is_refused_in_words(write_mix: WriteMix, noise: Audio) -> None:
    assert "cannot be opened" in refusal(write_mix(noise[:10]) / "mix.wav")
    assert "cannot be opened" in refusal(Path("a\0b.wav"))


def test_a_file_that_may_not_be_read_is_named(
    write_mix: WriteMix, noise: Audio, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_mix(noise[:10])

    def forbid(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    if os.geteuid() == 0:  # nothing is forbidden to the superuser
        monkeypatch.setattr(Path, "open", forbid)
    else:
        path.chmod(0)
    assert "may not be read by this user" in refusal(path)


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "mix.wav").touch()
    assert "is an empty file (0 bytes)" in refusal(tmp_path / "mix.wav")


@pytest.mark.parametrize(
    ("content", "looks_like"),
    [
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"PK\x03\x04....", "a ZIP archive"),
        (b"\x1f\x8b\x08....", "a gzip archive"),
        (b"\xff\xd8\xff\xe0....", "a JPEG picture"),
        (b"\x00\x05\x16\x07....", "the shadow that macOS leaves"),
        (b"RIFF\x10\x00\x00\x00AVI LIST", "a RIFF file without sound"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"take 3 is the good one \xe2\x9c\x94\n", "a text file"),
        (bytes(500), "nothing but zero bytes"),
    ],
)
def test_what_is_no_audio_is_told_by_its_looks(
    tmp_path: Path, content: bytes, looks_like: str
) -> None:
    (tmp_path / "mix.wav").write_bytes(content)
    said = refusal(tmp_path / "mix.wav")
    assert f"is not an audio file: it looks like {looks_like}" in said
    assert "send a WAV, AIFF or FLAC file" in said


def test_bytes_without_any_looks_are_not_audio(tmp_path: Path) -> None:
    (tmp_path / "mix.wav").write_bytes(bytes(range(1, 256)))
    assert refusal(tmp_path / "mix.wav").startswith("is not an audio file |")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x00\x00\x00\x20ftypM4A ....", "an MPEG-4 file (AAC or Apple Lossless)"),
        (b"wvpk....", "a WavPack file"),
        (b"DSD ....", "a DSD file (DSF)"),
        (b".snd....", "an AU file"),
    ],
)
def test_audio_that_is_not_read_is_refused_by_name(
    tmp_path: Path, content: bytes, name: str
) -> None:
    (tmp_path / "mix.m4a").write_bytes(content)
    assert f"is {name}, which is not read here | send a WAV" in refusal(tmp_path / "mix.m4a")


@pytest.mark.parametrize(("name", "container", "subtype"), UNCOMPRESSED)
@pytest.mark.parametrize("missing_bytes", [1, 100_000])
def test_a_truncated_file_is_refused_with_both_lengths(
    write_mix: WriteMix,
    noise: Audio,
    name: str,
    container: str,
    subtype: str,
    missing_bytes: int,
) -> None:
    path = write_mix(noise, name, format=container, subtype=subtype)
    content = path.read_bytes()
    if container in ("WAVEX", "AIFF") and subtype == "FLOAT":
        missing_bytes += len(content) - _end_of_audio(content, noise)
    path.write_bytes(content[:-missing_bytes])
    said = refusal(path)
    assert "is truncated: the header promises 96000 samples, there are " in said
    assert "ask for the file again" in said


def _end_of_audio(content: bytes, noise: Audio) -> int:
    """A chunk of peaks may follow the audio; find where the last sample ends."""
    last = noise[-1].astype("<f4").tobytes()
    little, big = content.rfind(last), content.rfind(noise[-1].astype(">f4").tobytes())
    return max(little, big) + len(last)


def test_a_truncated_flac_file_is_refused_with_both_lengths(
    write_mix: WriteMix, noise: Audio
) -> None:
    path = write_mix(noise, "mix.flac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    said = refusal(path)
    assert said.startswith(
        "is truncated: the header promises 96000 samples (0:02.000), there are 4"
    )
    assert "(0:00.9" in said or "(0:01.0" in said


def test_a_damaged_flac_file_is_told_from_a_truncated_one(
    write_mix: WriteMix, noise: Audio
) -> None:
    path = write_mix(noise, "mix.flac")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)
    assert "the FLAC data is damaged at 0:0" in refusal(path)


def test_a_flac_file_of_unknown_length_is_refused(write_mix: WriteMix, noise: Audio) -> None:
    path = write_mix(noise, "mix.flac")
    content = bytearray(path.read_bytes())
    (packed,) = struct.unpack_from(">Q", content, 18)  # the low 36 bits count the samples
    struct.pack_into(">Q", content, 18, packed >> 36 << 36)
    path.write_bytes(content)
    assert "the FLAC header does not say how long the mix is" in refusal(path)


@pytest.mark.parametrize("declared_bytes", [0, 4000])
def test_a_header_that_knows_of_too_little_is_refused(
    write_mix: WriteMix, noise: Audio, declared_bytes: int
) -> None:
    path = write_mix(noise)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, 40, declared_bytes)
    path.write_bytes(content)
    said = refusal(path)
    assert f"the WAV header speaks of {declared_bytes} bytes of audio, but " in said
    assert "the recorder did not close the file" in said


def test_a_wav_file_from_a_pipe_is_read_to_its_end(write_mix: WriteMix, noise: Audio) -> None:
    path = write_mix(noise)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, 4, 0xFFFFFFFF)
    struct.pack_into("<I", content, 40, 0xFFFFFFFF)
    path.write_bytes(content)
    with SourceReader(path) as reader:
        assert not reader.header.is_length_declared
        np.testing.assert_array_equal(reader.read(len(noise) + 1), noise)


@pytest.mark.parametrize(
    "trailer", [b"ID3\x04" + bytes(9000), b"TAG" + b"x" * 9000, bytes(9000)]
)
def test_tags_and_padding_behind_the_audio_do_no_harm(
    write_mix: WriteMix, noise: Audio, trailer: bytes
) -> None:
    path = write_mix(noise)
    path.write_bytes(path.read_bytes() + trailer)
    np.testing.assert_array_equal(whole(path), noise)


@pytest.mark.parametrize(
    ("name", "container"), [("m.wav", "WAV"), ("m.aiff", "AIFF"), ("m.w64", "W64")]
)
def test_a_file_of_no_length_holds_no_audio(
    write_mix: WriteMix, name: str, container: str
) -> None:
    assert "holds no audio" in refusal(write_mix(np.empty((0, 2)), name, format=container))


@pytest.mark.parametrize(
    ("n_channels", "layout"), [(3, "LCR or 2.1"), (4, "quad"), (6, "5.1"), (9, "multichannel")]
)
def test_more_than_two_channels_are_refused_by_name(
    write_mix: WriteMix, noise: Audio, n_channels: int, layout: str
) -> None:
    path = write_mix(np.repeat(noise[:100, :1], n_channels, axis=1))
    said = refusal(path)
    assert said.startswith(f"{layout} ({n_channels} channels)")
    assert "send a stereo mix" in said


@pytest.mark.parametrize("rate_hz", [4000, 500_000])
def test_a_rate_that_no_session_has_is_refused(
    write_mix: WriteMix, noise: Audio, rate_hz: int
) -> None:
    path = write_mix(noise[:100], samplerate=rate_hz)
    assert f"a sample rate of {rate_hz} Hz; 8 to 384 kHz can be used" in refusal(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_is_found_while_reading(
    write_mix: WriteMix, noise: Audio, bad: float
) -> None:
    audio = noise.copy()
    audio[60_000, 1] = bad
    said = refusal(write_mix(audio, subtype="FLOAT"))
    assert "NaN or infinite, the first at 0:01.250" in said


def test_a_damaged_header_is_told_from_no_audio(tmp_path: Path) -> None:
    path = tmp_path / "mix.wav"
    path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + bytes(20))
    assert "begins like an audio file, but its header is damaged" in refusal(path)


def test_a_file_named_raw_is_asked_to_say_what_it_is(write_mix: WriteMix, noise: Audio) -> None:
    path = write_mix(noise[:100])
    assert "is named .raw" in refusal(path.rename(path.with_suffix(".raw")))


def test_a_name_that_is_no_text_is_read_all_the_same(write_mix: WriteMix, noise: Audio) -> None:
    path = write_mix(noise)
    np.testing.assert_array_equal(whole(path.rename(path.parent / "\udcff mix.wav")), noise)


@pytest.mark.parametrize(
    ("n_samples", "text"), [(0, "0:00.000"), (47, "0:00.000"), (48_000 * 61 + 24, "1:01.000")]
)
def test_places_are_told_as_minutes_and_seconds(n_samples: int, text: str) -> None:
    assert timecode(n_samples, 48_000) == text


SEEDS = ["WAV", "WAVEX", "RF64", "W64", "AIFF", "CAF", "FLAC"]


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of a tiny mix in each container."""
    path = tmp_path_factory.mktemp("seeds") / "seed"
    audio = np.random.default_rng(3).uniform(-0.5, 0.5, (60, 2))
    found = {}
    for container in SEEDS:
        soundfile.write(path, audio, 48_000, format=container, subtype="PCM_16")
        found[container] = path.read_bytes()
    return found


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    container=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4)), max_size=4),
    kept_bytes=st.integers(4, 500),
)
def test_whatever_the_bytes_only_a_source_error_escapes(
    seeds: dict[str, bytes],
    tmp_path: Path,
    container: str,
    edits: list[tuple[int, bytes]],
    kept_bytes: int,
) -> None:
    content = bytearray(seeds[container][:kept_bytes])
    for place, patch in edits:
        content[place : place + len(patch)] = patch
    _reads_or_refuses(tmp_path / "mix.wav", bytes(content))


MAGICS = [
    b"",
    b"RIFF\xff\xff\xff\xffWAVE",
    b"FORM\x00\x00\x01\x00AIFC",
    b"caff\x00\x01\x00\x00",
]
MAGICS += [b"fLaC\x00\x00\x00\x22", b"OggS\x00\x02", b"ID3\x04\x00", b"\xff\xfb\x90\x64"]


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(magic=st.sampled_from(MAGICS), rest=st.binary(max_size=300))
def test_whatever_follows_a_magic_only_a_source_error_escapes(
    tmp_path: Path, magic: bytes, rest: bytes
) -> None:
    _reads_or_refuses(tmp_path / "mix.flac", magic + rest)


def _reads_or_refuses(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with suppress(SourceError):
        for block in read_blocks(path):
            assert block.shape[1] == 2
            assert np.isfinite(block).all()
