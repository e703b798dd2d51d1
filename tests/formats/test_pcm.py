from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from formats.errors import DecodeError, EncodeError, FormatError
from formats.pcm import (
    SampleFormat,
    pack,
    read_pieces,
    unpack,
    unpack_to_float,
)

S16, S24, F32 = SampleFormat.S16LE, SampleFormat.S24LE, SampleFormat.F32LE
NOISE = np.random.default_rng(1).integers(-(2**23), 2**23, (1_000, 2), dtype=np.int32)


@st.composite
def integer_blocks(draw: st.DrawFn) -> tuple[SampleFormat, npt.NDArray[np.int32]]:
    sample_format = draw(st.sampled_from((S16, S24)))
    limit = 2 ** (sample_format.bits - 1)
    shape = draw(st.tuples(st.integers(0, 40), st.integers(1, 3)))
    values = hnp.arrays(np.int32, shape, elements=st.integers(-limit, limit - 1))
    return sample_format, draw(values)


def plain_bytes(samples: npt.NDArray[Any], sample_format: SampleFormat) -> bytes:
    """The same by the plainest means there is."""
    values = samples.reshape(-1).tolist()
    return b"".join(v.to_bytes(sample_format.n_bytes, "little", signed=True) for v in values)


@given(integer_blocks())
@settings(deadline=None)
def test_integers_survive_packing_and_unpacking(
    block: tuple[SampleFormat, npt.NDArray[np.int32]],
) -> None:
    sample_format, samples = block
    data = pack(samples, sample_format)
    assert data == plain_bytes(samples, sample_format)
    read = unpack(data, sample_format, n_channels=samples.shape[1])
    assert read.dtype == np.int32
    np.testing.assert_array_equal(read, samples)


@given(integer_blocks())
@settings(deadline=None)
def test_floats_of_integers_are_exact(
    block: tuple[SampleFormat, npt.NDArray[np.int32]],
) -> None:
    sample_format, samples = block
    data = pack(samples, sample_format)
    floats = unpack_to_float(data, sample_format, n_channels=samples.shape[1])
    assert floats.dtype == np.float64
    assert np.array_equal(floats * 2 ** (sample_format.bits - 1), samples)


@pytest.mark.parametrize(
    ("value", "data"),
    [(-1, "ffffff"), (1, "010000"), (-(2**23), "000080"), (2**23 - 1, "ffff7f")],
)
def test_24_bit_samples_are_three_bytes_lowest_first(value: int, data: str) -> None:
    samples = np.array([[value]], np.int32)
    assert pack(samples, S24).hex() == data
    assert unpack(bytes.fromhex(data), S24, n_channels=1) == value


@pytest.mark.parametrize(("sample_format", "lowest"), [(S16, "0080"), (S24, "000080")])
def test_the_lowest_integer_is_minus_full_scale(
    sample_format: SampleFormat, lowest: str
) -> None:
    assert unpack_to_float(bytes.fromhex(lowest), sample_format, n_channels=1) == -1.0


@pytest.mark.parametrize("view", [NOISE[::2], NOISE[:, ::-1], np.asfortranarray(NOISE)])
def test_the_layout_in_memory_makes_no_difference(view: npt.NDArray[np.int32]) -> None:
    assert pack(view, S24) == plain_bytes(view, S24)
    assert pack(view.astype(np.int64), S24) == plain_bytes(view, S24)


@pytest.mark.parametrize(
    ("sample_format", "value"),
    [(S16, 32_768), (S16, -32_769), (S24, 2**23), (S24, -(2**23) - 1)],
)
def test_a_sample_that_would_wrap_around_is_refused(
    sample_format: SampleFormat, value: int
) -> None:
    samples = np.array([[0, 0], [0, value]], np.int32)
    with pytest.raises(EncodeError, match=f"{value} must be"):
        pack(samples, sample_format)


def test_floats_are_stored_in_single_precision() -> None:
    floats = np.array([[0.1, -1.5], [0.0, 1.0]])
    data = pack(floats, F32)
    np.testing.assert_array_equal(unpack(data, F32, n_channels=2), floats.astype(np.float32))
    read = unpack_to_float(data, F32, n_channels=2)
    np.testing.assert_array_equal(read, floats.astype(np.float32).astype(np.float64))


def test_only_integers_pack_as_integers_and_only_in_two_dimensions() -> None:
    with pytest.raises(TypeError, match="takes integers"):
        pack(np.zeros((2, 2)), S24)
    with pytest.raises(ValueError, match="two dimensions"):
        pack(np.zeros(2, np.int32), S24)


@pytest.mark.parametrize(("bits", "sample_format"), [(16, S16), (24, S24)])
def test_a_word_length_names_its_format(bits: int, sample_format: SampleFormat) -> None:
    assert SampleFormat.of_bits(bits) is sample_format


def test_other_word_lengths_have_no_format() -> None:
    with pytest.raises(EncodeError, match="16 or 24"):
        SampleFormat.of_bits(20)


@given(data=st.binary(max_size=60), n_channels=st.integers(1, 3))
@settings(deadline=None)
def test_any_bytes_are_samples_or_a_format_error(data: bytes, n_channels: int) -> None:
    for sample_format in (S16, S24):
        width = sample_format.n_bytes * n_channels
        try:
            samples = unpack(data, sample_format, n_channels=n_channels)
        except FormatError:
            assert len(data) % width
        else:
            assert samples.shape == (len(data) // width, n_channels)
            assert pack(samples, sample_format) == data


@pytest.mark.parametrize("block_samples", [1, 7, 999, 1_000, 1_001])
def test_a_file_reads_the_same_whatever_the_block(tmp_path: Path, block_samples: int) -> None:
    path = tmp_path / "take.pcm"
    path.write_bytes(pack(NOISE, S24))
    pieces = list(read_pieces(path, S24, n_channels=2, block_samples=block_samples))
    assert all(len(piece.audio) == block_samples for piece in pieces[:-1])
    audio = np.concatenate([piece.audio for piece in pieces])
    np.testing.assert_array_equal(audio * 2**23, NOISE)
    assert b"".join(piece.words or b"" for piece in pieces) == path.read_bytes()


def test_a_stretch_behind_a_header_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(b"header" + pack(NOISE, S24) + b"tail")
    pieces = read_pieces(
        path, S24, n_channels=2, block_samples=64, offset_bytes=6 + 60, n_samples=100
    )
    audio = np.concatenate([piece.audio for piece in pieces])
    np.testing.assert_array_equal(audio * 2**23, NOISE[10:110])


def test_an_empty_file_has_no_pieces(tmp_path: Path) -> None:
    path = tmp_path / "empty.pcm"
    path.write_bytes(b"")
    assert list(read_pieces(path, S16, n_channels=2)) == []


def test_a_file_that_ends_within_a_sample_is_refused_before_the_first_piece(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cut.pcm"
    path.write_bytes(bytes(4 * 10 + 3))
    with pytest.raises(DecodeError, match="at byte 40"):
        next(read_pieces(path, S16, n_channels=2, block_samples=2))


def test_a_file_shorter_than_promised_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.pcm"
    path.write_bytes(bytes(4 * 10))
    with pytest.raises(DecodeError, match="expected 11 samples, found the end after 10"):
        list(read_pieces(path, S16, n_channels=2, n_samples=11))
