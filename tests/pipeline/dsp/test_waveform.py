"""The outline of a programme."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp.waveform import Waveform


@settings(deadline=None)
@given(
    n_samples=st.integers(1, 3000),
    cuts=st.lists(st.integers(0, 3000), max_size=5),
    n_channels=st.sampled_from([1, 2]),
)
def test_the_picture_shows_the_largest_magnitude_of_each_column(
    n_samples: int, cuts: list[int], n_channels: int
) -> None:
    audio = np.random.default_rng(n_samples).uniform(-1, 1, (n_samples, n_channels))
    waveform = Waveform(n_samples, n_columns=600)
    edges = [0, *sorted(min(cut, n_samples) for cut in cuts), n_samples]
    for start, end in pairwise(edges):
        waveform.update(audio[start:end])
    width = -(-n_samples // 600)
    expected = [
        np.abs(audio[start : start + width]).max() for start in range(0, n_samples, width)
    ]
    assert list(waveform.columns) == expected


def test_what_comes_behind_the_promised_end_is_not_counted() -> None:
    waveform = Waveform(4, n_columns=2)
    waveform.update(np.array([[0.1], [0.2], [0.3], [0.4], [0.9]]))
    assert list(waveform.columns) == [0.2, 0.4]
