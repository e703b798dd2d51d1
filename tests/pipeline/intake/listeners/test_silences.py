from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.intake.listeners import silences
from pipeline.intake.listeners.silences import SilenceFigures, SilenceListener
from pipeline.intake.listening import Format, pieces

RATE_HZ = 8_000


@pytest.fixture
def audio() -> Audio:
    """Noise of four seconds with holes: in both channels, on the left, at the ends."""
    noise = np.random.default_rng(3).normal(0.0, 0.1, (4 * RATE_HZ, 2))
    noise[:100] = noise[-100:] = 0.0
    noise[8_000:8_060] = 0.0
    noise[20_000:20_400, 0] = 0.0
    noise[25_000:25_030] = 0.0  # too short
    return noise


def heard(audio: Audio, cuts: list[int]) -> SilenceFigures:
    listener = SilenceListener(Format(RATE_HZ, 2, len(audio), 24, is_float=False))
    blocks: Iterator[Audio] = iter(np.split(audio, cuts))
    for each in pieces(blocks, sample_rate_hz=RATE_HZ, n_channels=2):
        listener.hear(each)
    return listener.figures()


def test_silences_inside_are_kept_with_their_levels(audio: Audio) -> None:
    figures = heard(audio, [])
    assert figures.n_runs == 3
    assert figures.channels == (0, 0, 1)
    assert figures.starts_s == (1.0, 2.5, 1.0)
    assert figures.lengths_s == (0.0075, 0.05, 0.0075)
    assert figures.before_dbfs == pytest.approx([-20.0] * 3, abs=2.0)
    assert figures.behind_dbfs == pytest.approx([-20.0] * 3, abs=2.0)


@pytest.mark.parametrize("cuts", [[8_030], [1, 7_999, 8_001, 20_100, 20_200, 20_401, 20_450]])
def test_blocks_may_end_anywhere_in_a_silence(audio: Audio, cuts: list[int]) -> None:
    assert heard(audio, cuts) == heard(audio, [])


def test_more_silences_than_are_kept_are_counted(audio: Audio) -> None:
    for start in range(200, 30_000, 200):
        audio[start : start + 50] = 0.0
    figures = heard(audio, [])
    assert figures.n_runs > 2 * silences.MOST_RUNS
    assert len(figures.channels) == 2 * silences.MOST_RUNS


def test_the_kernel_compiled_or_not_finds_the_same(audio: Audio) -> None:
    results = []
    for find in (silences.find_silences, silences.find_silences.py_func):
        state, runs = np.zeros(6), np.zeros((silences.MOST_RUNS, 6))
        find(audio[:10_000, 0].copy(), 40, 160, state, runs)
        results.append((state, runs))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-12)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-12)
