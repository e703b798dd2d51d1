import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.intake.listeners.edges import EdgeFigures, EdgeListener
from pipeline.intake.listening import Format, pieces

RATE_HZ = 8_000


def heard(audio: Audio, cuts: list[int]) -> EdgeFigures:
    listener = EdgeListener(Format(RATE_HZ, audio.shape[1], len(audio), 24, is_float=False))
    blocks = iter(np.split(audio, cuts))
    for each in pieces(blocks, sample_rate_hz=RATE_HZ, n_channels=audio.shape[1]):
        listener.hear(each)
    return listener.figures()


@pytest.fixture
def audio() -> Audio:
    """A second of noise between 0.5 s and 0.25 s of zeros, with a hole near its end."""
    noise = np.random.default_rng(3).normal(0.0, 0.1, (14_000, 2))
    noise[:4_000] = noise[12_000:] = noise[11_500:11_600] = 0.0
    return noise


def test_zeros_silence_and_levels_are_those_of_the_ends(audio: Audio) -> None:
    figures = heard(audio, [])
    assert figures.head_zeros_s == figures.head_silence_s == 0.5
    assert figures.tail_zeros_s == figures.tail_silence_s == 0.25
    assert figures.head_levels_dbfs == pytest.approx([-20.0] * 100, abs=3.0)
    hole = figures.tail_levels_dbfs[100 - 500 // 16 :][:6]
    assert min(hole) == -200.0
    assert figures.tail_levels_dbfs[-20:] == pytest.approx([-20.0] * 20, abs=3.0)


@pytest.mark.parametrize("cuts", [[4_000, 12_000], [1, 2, 3_999, 4_001, 11_550, 11_999]])
def test_blocks_may_end_anywhere(audio: Audio, cuts: list[int]) -> None:
    assert heard(audio, cuts) == heard(audio, [])


@pytest.mark.parametrize("n_samples", [1, 3, 200])
def test_silence_and_moments_have_ends_too(n_samples: int) -> None:
    nothing = heard(np.zeros((n_samples, 1)), [])
    assert nothing.head_silence_s is nothing.tail_silence_s is None
    assert heard(np.ones((n_samples, 1)), []).head_jump == 1.0
