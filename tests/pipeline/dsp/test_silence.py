"""Digital silence inside a programme."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.silence import GapMeter, Gaps, note_gaps

RATE_HZ = 8_000
NO_GAPS = Gaps(0, 0, 0, None)


def with_gaps(*gaps: tuple[int, int], n_channels: int = 2) -> Audio:
    """Return sound with stretches of zeros: (start, length)."""
    audio = np.full((4_000, n_channels), 0.1)
    for start, length in gaps:
        audio[start : start + length] = 0.0
    return audio


def measure(audio: Audio, cuts: list[int] | None = None) -> Gaps:
    meter = GapMeter(RATE_HZ)
    for block in np.split(audio, sorted(cuts or [])):
        meter.update(block)
    return meter.result()


@pytest.mark.parametrize("n_channels", [1, 2, 6])
def test_gaps_are_counted_with_their_place_and_length(n_channels: int) -> None:
    found = measure(with_gaps((500, 60), (1_000, 200), n_channels=n_channels))
    assert found == Gaps(2, 260, 200, 500)


def test_less_than_five_milliseconds_is_no_gap() -> None:
    assert measure(with_gaps((500, 39))) == NO_GAPS
    assert measure(with_gaps((500, 40))).n_gaps == 1


def test_silence_at_the_ends_is_no_gap() -> None:
    assert measure(with_gaps((0, 900), (3_000, 1_000))) == NO_GAPS
    assert measure(np.zeros((1_000, 2))) == NO_GAPS


def test_one_channel_that_sounds_is_enough() -> None:
    audio = with_gaps((500, 100))
    audio[500:600, 1] = 1e-9
    assert measure(audio) == NO_GAPS


@settings(deadline=None)
@given(st.lists(st.integers(0, 4_000), max_size=6))
def test_any_block_cut_gives_the_same(cuts: list[int]) -> None:
    audio = with_gaps((0, 50), (500, 60), (1_000, 200), (3_900, 100))
    assert measure(audio, cuts) == measure(audio)


def test_the_plain_function_counts_as_the_kernel_does() -> None:
    state = np.array([-1, 0, 0, 0, -1])
    note_gaps.py_func(with_gaps((500, 60)), 0, 40, state)
    assert state.tolist() == [3_999, 1, 60, 60, 500]
