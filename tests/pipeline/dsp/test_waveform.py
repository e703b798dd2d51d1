"""The outline of a programme."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp.waveform import Waveform

NOISE = np.random.default_rng(1).uniform(-1, 1, (1000, 2))


def outline(cuts: list[int], n_columns: int = 7) -> list[float]:
    waveform = Waveform(len(NOISE), n_columns=n_columns)
    for block in np.split(NOISE, sorted(cuts)):
        waveform.update(block)
    return list(waveform.columns)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(NOISE)), max_size=5))
def test_any_block_split_gives_the_same_outline(cuts: list[int]) -> None:
    assert outline(cuts) == outline([])


def test_each_column_is_the_largest_magnitude_of_its_stretch() -> None:
    width = -(-1000 // 7)
    expected = [abs(NOISE[i : i + width]).max() for i in range(0, 1000, width)]
    assert outline([]) == expected


def test_what_comes_behind_the_promised_end_is_not_counted() -> None:
    waveform = Waveform(4, n_columns=2)
    waveform.update(np.array([[0.1], [0.2], [0.3], [0.4], [0.9]]))
    assert list(waveform.columns) == [0.2, 0.4]
