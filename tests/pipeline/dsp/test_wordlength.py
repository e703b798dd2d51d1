"""How many bits of its words a programme uses."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.dsp.wordlength import WordLengthMeter
from pipeline.dsp.words import words_to_samples


def noise(bits: int) -> Audio:
    full = 1 << (bits - 1)
    codes = np.random.default_rng(bits).integers(-full, full, (2_000, 2))
    return codes / full


def used(audio: Audio, bits: int) -> int:
    meter = WordLengthMeter(bits)
    for block in np.array_split(audio, 7):
        meter.update(block)
    return meter.bits_in_use


@pytest.mark.parametrize(("padded", "bits"), [(16, 24), (24, 24), (20, 24), (24, 32), (8, 16)])
def test_the_bits_that_are_used_are_found(padded: int, bits: int) -> None:
    assert used(noise(padded), bits) == padded


def test_one_sample_is_enough_to_use_a_bit() -> None:
    audio = noise(16)
    audio[1_234, 1] += 2.0**-23
    assert used(audio, 24) == 24


def test_silence_uses_none() -> None:
    assert used(np.zeros((10, 2)), 24) == 0


def test_the_lowest_code_uses_one_bit() -> None:
    assert used(np.full((3, 1), -1.0), 16) == 1


@pytest.mark.parametrize("bits", [0, 33])
def test_other_word_lengths_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="1 to 32"):
        WordLengthMeter(bits)


@pytest.mark.parametrize("n_bytes", [2, 3])
def test_stored_words_become_samples_without_a_loss(n_bytes: int) -> None:
    full = 1 << (8 * n_bytes - 1)
    codes = np.array([[-full, full - 1], [0, 1], [-1, 255], [-256, 4_711]])
    data = b"".join(int(code).to_bytes(n_bytes, "little", signed=True) for code in codes.flat)
    for function in (words_to_samples, words_to_samples.py_func):
        samples = np.empty(codes.shape)
        function(np.frombuffer(data, np.uint8), n_bytes, samples)
        np.testing.assert_array_equal(samples * full, codes)
