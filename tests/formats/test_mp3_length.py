from __future__ import annotations

from pathlib import Path

import pytest

from formats.codecs import encode_mp3
from formats.errors import DecodeError, EncodeError
from formats.mp3_length import Mp3Length, read_length, write_length


@pytest.fixture
def mp3(tmp_path: Path) -> Path:
    """Return an MP3 file of 2000 samples: three blocks, 576 of them delay."""
    (tmp_path / "raw").write_bytes(bytes(8 * 2000))
    encode_mp3(tmp_path / "raw", tmp_path / "song.mp3", sample_rate_hz=48000)
    return tmp_path / "song.mp3"


def test_the_length_is_what_delay_and_padding_leave(mp3: Path) -> None:
    length = read_length(mp3)
    assert length == Mp3Length(n_blocks=3, delay_samples=576, padding_samples=880)
    assert length.n_samples == 2000


@pytest.mark.parametrize("n_samples", [1990, 2000, 2100])
def test_a_length_that_is_written_is_read(n_samples: int, mp3: Path) -> None:
    write_length(mp3, n_samples)
    assert read_length(mp3).n_samples == n_samples


def test_writing_the_length_it_has_changes_no_byte(mp3: Path) -> None:
    # So our checksum of the header is the one that FFmpeg computes.
    before = mp3.read_bytes()
    write_length(mp3, 2000)
    assert mp3.read_bytes() == before


def test_only_padding_and_checksum_change(mp3: Path) -> None:
    before = mp3.read_bytes()
    write_length(mp3, 1999)
    after = mp3.read_bytes()
    changed = [place for place in range(len(before)) if before[place] != after[place]]
    assert set(changed) <= {178, 179, 190, 191}
    assert len(after) == len(before)


@pytest.mark.parametrize("n_samples", [2881, -5000])
def test_a_length_that_cannot_be_is_refused(n_samples: int, mp3: Path) -> None:
    with pytest.raises(EncodeError, match="samples must be 0 to 4095"):
        write_length(mp3, n_samples)


@pytest.mark.parametrize("data", [b"", bytes(191), b"\xff\xfb" + bytes(500)])
def test_a_file_without_the_header_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(data)
    with pytest.raises(DecodeError, match="expected an Info header"):
        read_length(path)
    with pytest.raises(DecodeError, match="expected an Info header"):
        write_length(path, 1)
