"""Sums over time keep their size."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.dsp.overtime import SumsOverTime

ROWS = np.arange(46.0).reshape(23, 2)


@pytest.mark.parametrize("n_at_a_time", [1, 3, 23])
def test_neighbours_are_merged_when_there_are_too_many(n_at_a_time: int) -> None:
    sums = SumsOverTime(2, most=8)
    for start in range(0, 23, n_at_a_time):
        sums.add(ROWS[start : start + n_at_a_time])
    assert sums.rows_per_stretch == 4
    wanted = [ROWS[start : start + 4].sum(axis=0) for start in range(0, 23, 4)]
    np.testing.assert_array_equal(sums.stretches, wanted)


def test_few_rows_are_kept_as_they_are() -> None:
    sums = SumsOverTime(2, most=8)
    sums.add(ROWS[:8])
    np.testing.assert_array_equal(sums.stretches, ROWS[:8])
    assert sums.rows_per_stretch == 1
