"""Any file that holds sound opens, and one that does not says why."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from formats.tool import ffmpeg_path
from pipeline.dsp import Audio
from pipeline.errors import SourceError
from pipeline.measure.sound import BLOCK_SAMPLES, Sound, open_sound

RATE_HZ = 48_000
Write = Callable[..., Path]


def codes(bits: int, *, n_samples: int = BLOCK_SAMPLES + 777, n_channels: int = 2) -> Audio:
    full = 1 << (bits - 1)
    found = np.random.default_rng(bits).integers(-full, full, (n_samples, n_channels))
    return found / full


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes samples into a file of the test's folder."""

    def written(audio: Audio, name: str, **how: object) -> Path:
        path = tmp_path / name
        soundfile.write(path, audio, **({"samplerate": RATE_HZ, "subtype": "PCM_24"} | how))
        return path

    return written


def through_ffmpeg(source: Path, name: str, *options: str) -> Path:
    """Return what FFmpeg makes of a file."""
    path = source.with_name(name)
    command = [ffmpeg_path(), "-v", "error", "-nostdin", "-i", str(source), *options, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


def opened(path: Path) -> tuple[Sound, Audio]:
    with open_sound(path) as sound:
        return sound, np.concatenate([block.copy() for block in sound.blocks])


def refusal(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        opened(path)
    assert caught.value.where == str(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "subtype", "bits"),
    [
        ("a.wav", "PCM_16", 16), ("a.wav", "PCM_24", 24), ("a.wav", "PCM_32", 24),
        ("a.rf64", "PCM_24", 24), ("a.aiff", "PCM_24", 24), ("a.flac", "PCM_16", 16),
        ("a.wav", "FLOAT", 24), ("a.wav", "PCM_U8", 8),
    ],
)  # fmt: skip
@pytest.mark.parametrize("n_channels", [1, 2])
def test_every_bit_of_lossless_files_is_kept(
    write: Write, name: str, subtype: str, bits: int, n_channels: int
) -> None:
    audio = codes(bits, n_channels=n_channels)
    sound, found = opened(write(audio, name, subtype=subtype))
    np.testing.assert_array_equal(found, audio)
    assert sound.sample_rate_hz == RATE_HZ
    assert sound.channels == (("M",), ("L", "R"))[n_channels - 1]
    wanted = {"PCM_32": 32, "FLOAT": None}
    assert sound.bits == wanted.get(subtype, bits)


def test_a_file_is_named_as_people_call_it(write: Write) -> None:
    assert opened(write(codes(16), "a.wav"))[0].codec == "24-bit WAV"
    assert opened(write(codes(16), "a.flac", subtype="PCM_16"))[0].codec == "16-bit FLAC"


def test_surround_knows_its_loudspeakers(write: Write) -> None:
    audio = codes(24, n_samples=5_000, n_channels=6)
    sound, found = opened(write(audio, "a.wav"))
    assert sound.channels == ("L", "R", "C", "LFE", "Ls", "Rs")
    assert sound.weights == (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)
    assert (sound.codec, sound.bits) == ("24-bit WAV", 24)
    np.testing.assert_array_equal(found, audio)


def test_more_than_six_channels_are_refused(write: Write) -> None:
    path = write(codes(16, n_channels=8), "a.wav")
    assert "8 channels" in refusal(path)


def test_a_film_is_opened_for_its_sound(write: Write) -> None:
    wav = write(codes(16, n_samples=RATE_HZ // 2), "a.wav", subtype="PCM_16")
    picture = ["-f", "lavfi", "-i", "testsrc=d=0.5:s=32x32:r=5", "-c:v", "mpeg4"]
    film = through_ffmpeg(wav, "a.mkv", *picture, "-c:a", "pcm_s16le")
    sound, found = opened(film)
    np.testing.assert_array_equal(found, soundfile.read(wav)[0])
    assert sound.bits is None
    assert sound.codec == "read by FFmpeg"


def test_a_coding_that_libsndfile_does_not_know_is_left_to_ffmpeg(write: Write) -> None:
    wav = write(codes(16, n_samples=RATE_HZ), "a.wav")
    sound, found = opened(through_ffmpeg(wav, "b.wav", "-c:a", "ac3"))
    assert sound.codec == "read by FFmpeg"
    assert len(found) >= RATE_HZ


def test_an_unusual_channel_order_is_put_right(write: Write) -> None:
    """In an MPEG-4 file the centre comes first; the LFE is silent, so a swap would show."""
    audio = codes(16, n_samples=RATE_HZ, n_channels=6) * [0.5, 0.4, 0.3, 0.0, 0.2, 0.1]
    film = through_ffmpeg(write(audio, "a.wav"), "a.m4a", "-c:a", "alac")
    sound, found = opened(film)
    assert sound.channels == ("L", "R", "C", "LFE", "Ls", "Rs")
    np.testing.assert_allclose(found, audio, atol=2**-22)


def test_what_holds_no_sound_says_what_it_looks_like(tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("take 3 was the best\n" * 300)
    assert "looks like a text file" in refusal(text)
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(np.random.default_rng(1).bytes(5_000))
    assert "holds no sound that can be read" in refusal(rubbish)
    assert "does not exist" in refusal(tmp_path / "none.wav")
    assert "is a folder" in refusal(tmp_path)
    (tmp_path / "empty.mp4").touch()
    assert "empty file" in refusal(tmp_path / "empty.mp4")


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    film = tmp_path / "mute.mkv"
    picture = ["-f", "lavfi", "-i", "testsrc=d=0.4:s=32x32:r=5", "-c:v", "mpeg4"]
    subprocess.run([ffmpeg_path(), "-v", "error", *picture, film], check=True, timeout=60)
    assert "holds no sound" in refusal(film)


def test_a_truncated_file_is_refused(write: Write) -> None:
    path = write(codes(24), "a.wav")
    path.write_bytes(path.read_bytes()[:-10_000])
    assert "truncated" in refusal(path)


@pytest.mark.parametrize("n_channels", [2, 6])
def test_a_sample_that_is_no_number_is_told_with_its_place(
    write: Write, n_channels: int
) -> None:
    audio = codes(16, n_samples=2 * RATE_HZ, n_channels=n_channels)
    audio[RATE_HZ + 480, 1] = np.nan
    assert "NaN or infinite at 0:01.010" in refusal(write(audio, "a.wav", subtype="FLOAT"))


def test_giving_up_early_stops_ffmpeg(write: Write) -> None:
    path = through_ffmpeg(
        write(codes(24, n_samples=20 * RATE_HZ), "a.wav"), "a.mka", "-c:a", "flac"
    )
    with open_sound(path) as sound:
        assert len(next(sound.blocks))
