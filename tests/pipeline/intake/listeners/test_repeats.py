import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.intake.listeners import repeats
from pipeline.intake.listeners.repeats import KNOWN_SAMPLES, RepeatFigures, RepeatListener
from pipeline.intake.listening import Format, pieces

RATE_HZ = 48_000
AT = 20_000


@pytest.fixture
def audio() -> Audio:
    """Noise in which 300 samples come three times."""
    noise = np.random.default_rng(3).normal(0.0, 0.1, (RATE_HZ, 2))
    for number in range(2):
        noise[AT + 300 * number :][:300] = noise[AT - 300 : AT]
    return noise


def heard(audio: Audio, cuts: list[int]) -> RepeatFigures:
    listener = RepeatListener(Format(RATE_HZ, audio.shape[1], len(audio), 24, is_float=False))
    blocks = iter(np.split(audio, cuts))
    for each in pieces(blocks, sample_rate_hz=RATE_HZ, n_channels=audio.shape[1]):
        listener.hear(each)
    return listener.figures()


@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_repeat_is_kept_with_its_size_and_length(audio: Audio, n_channels: int) -> None:
    figures = heard(audio[:, :n_channels], [])
    assert figures == RepeatFigures(1, (round(AT / RATE_HZ, 6),), (300,), (600,), (300,))


@pytest.mark.parametrize("cuts", [[AT], [AT - 1, AT + 5, AT + 31, AT + 33, AT + 450, AT + 600]])
def test_blocks_may_end_anywhere_in_a_repeat(audio: Audio, cuts: list[int]) -> None:
    assert heard(audio, cuts) == heard(audio, [])


def test_one_channel_that_repeats_alone_is_no_buffer(audio: Audio) -> None:
    audio[:, 1] = np.random.default_rng(4).normal(0.0, 0.1, len(audio))
    assert not heard(audio, []).n_repeats


def test_the_kernel_compiled_or_not_finds_the_same(audio: Audio) -> None:
    keys = np.concatenate((np.zeros(KNOWN_SAMPLES, np.uint64), repeats._keys(audio[:22_000])))
    results = []
    for find in (repeats.find_repeats, repeats.find_repeats.py_func):
        seen, state = np.zeros((1 << 13, 2), np.uint64), np.zeros(4, np.int64)
        found = np.zeros((repeats.MOST_REPEATS, 4), np.int64)
        with np.errstate(over="ignore"):  # modulo 2^64 on purpose
            find(keys, seen, state, found)
        results.append((state, found))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])
