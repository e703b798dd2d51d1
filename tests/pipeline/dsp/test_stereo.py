"""How two channels belong together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.stereo import Stereo, StereoMeter, sum_products

RATE_HZ = 8_000
LEFT, RIGHT = np.random.default_rng(2).standard_normal((2, 3 * RATE_HZ)) * 0.2


def measure(left: Audio, right: Audio, cuts: list[int] | None = None) -> Stereo:
    meter = StereoMeter(RATE_HZ)
    for block in np.split(np.column_stack((left, right)), sorted(cuts or [])):
        meter.update(block)
    return meter.result()


def test_mono_is_fully_correlated_and_has_no_sides() -> None:
    found = measure(LEFT, LEFT)
    assert found.correlation == pytest.approx(1.0)
    assert (found.side_to_mid_db, found.balance_db) == (-math.inf, 0.0)


def test_inverted_polarity_leaves_nothing_of_the_middle() -> None:
    found = measure(LEFT, -LEFT)
    assert found.correlation == pytest.approx(-1.0)
    assert found.side_to_mid_db == math.inf


def test_channels_with_nothing_in_common_have_as_much_side_as_middle() -> None:
    found = measure(LEFT, RIGHT)
    assert found.correlation == pytest.approx(0.0, abs=0.02)
    assert found.side_to_mid_db == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("width", [0.2, 0.5, 2.0])
def test_the_sides_are_as_wide_as_they_were_made(width: float) -> None:
    found = measure(LEFT + width * RIGHT, LEFT - width * RIGHT)
    power_db = 10 * math.log10((RIGHT**2).sum() / (LEFT**2).sum())
    assert found.side_to_mid_db == pytest.approx(20 * math.log10(width) + power_db)


def test_the_balance_is_positive_where_the_right_channel_is_louder() -> None:
    assert measure(LEFT, 2 * LEFT).balance_db == pytest.approx(6.02, abs=0.01)
    assert measure(0 * LEFT, LEFT).balance_db == math.inf


def test_with_a_silent_channel_there_is_no_correlation() -> None:
    found = measure(LEFT, 0 * LEFT)
    assert found.correlation is None
    assert found.side_to_mid_db == pytest.approx(0.0)
    assert measure(0 * LEFT, 0 * LEFT).balance_db is None


def test_the_curve_has_a_value_for_each_100_ms() -> None:
    right = LEFT.copy()
    right[RATE_HZ : 2 * RATE_HZ] *= -1
    right[2 * RATE_HZ :] = 0
    found = measure(LEFT, right)
    assert found.stretch_s == 0.1
    np.testing.assert_allclose(found.correlations[:20], [1.0] * 10 + [-1.0] * 10)
    assert np.isnan(found.correlations[20:]).all()
    assert len(found.sides_to_mids_db) == 30


@settings(deadline=None)
@given(st.lists(st.integers(0, len(LEFT)), max_size=6))
def test_any_block_cut_gives_the_same(cuts: list[int]) -> None:
    found, whole = measure(LEFT, RIGHT, cuts), measure(LEFT, RIGHT)
    assert found == whole
    np.testing.assert_array_equal(found.correlations, whole.correlations)


def test_the_plain_function_sums_as_the_kernel_does() -> None:
    block, so_far, hops = np.column_stack((LEFT, RIGHT))[:1_700], np.zeros(3), np.empty((2, 3))
    sum_products.py_func(block, 0, RATE_HZ, so_far, hops)
    assert hops[1, 2] == pytest.approx((LEFT * RIGHT)[800:1_600].sum())
    assert so_far[0] == pytest.approx((LEFT**2)[1_600:1_700].sum())
