from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.routing import Channels, Routed

NOISE = np.random.default_rng(11).normal(0.0, 0.2, (3000, 2))
ALL: list[Channels] = ["stereo", "mid", "side", "left", "right"]


class Late:
    """A gain that comes `latency_samples` late."""

    def __init__(self, latency_samples: int, gain: float = 1.0) -> None:
        self.latency_samples = latency_samples
        self._held = np.zeros((latency_samples, 2))
        self._gain = gain

    def process(self, block: Audio) -> Audio:
        line = np.concatenate((self._held, block))
        self._held = line[len(block) :]
        return self._gain * line[: len(block)]

    def flush(self) -> Audio:
        return self._gain * self._held


def run(routed: Routed, edges: list[int]) -> Audio:
    parts = [routed.process(NOISE[start:end]) for start, end in pairwise(edges)]
    return np.concatenate([*parts, routed.flush()])


WHOLE = [0, len(NOISE)]


@pytest.mark.parametrize("channels", ALL)
@pytest.mark.parametrize("latency", [0, 1, 700, 5000])
def test_what_is_late_but_changes_nothing_keeps_every_bit(
    latency: int, channels: Channels
) -> None:
    """A delayed copy would comb."""
    out = run(Routed(Late(latency), channels=channels, mix=0.5), WHOLE)
    np.testing.assert_array_equal(out, NOISE)


@pytest.mark.parametrize("mix", [0.0, 0.25, 1.0])
def test_the_mix_is_the_share_of_what_the_processor_makes(mix: float) -> None:
    out = run(Routed(Late(50, gain=3.0), channels="stereo", mix=mix), WHOLE)
    np.testing.assert_allclose(out, (1 + 2 * mix) * NOISE, rtol=1e-12)


@pytest.mark.parametrize(
    ("channels", "kept"),
    [("mid", (1, -1)), ("side", (1, 1)), ("left", (0, 1)), ("right", (1, 0))],
)
def test_what_it_does_not_work_on_stays(channels: Channels, kept: tuple[int, int]) -> None:
    out = run(Routed(Late(50, gain=3.0), channels=channels, mix=1.0), WHOLE)
    np.testing.assert_allclose(out @ kept, NOISE @ kept, rtol=0, atol=1e-15)
    gains = np.array([[kept[1], kept[0]]])  # what is at right angles to what is kept
    worked_on = gains[0] * [1, -1] if 0 not in kept else gains[0]
    np.testing.assert_allclose(out @ worked_on, 3 * NOISE @ worked_on, rtol=0, atol=1e-14)


@pytest.mark.parametrize("channels", ALL)
@given(cuts=st.lists(st.integers(0, len(NOISE)), max_size=6))
@settings(max_examples=15, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int], channels: Channels) -> None:
    one = run(Routed(Late(300, gain=0.3), channels=channels, mix=0.7), WHOLE)
    many = Routed(Late(300, gain=0.3), channels=channels, mix=0.7)
    np.testing.assert_array_equal(run(many, [0, *sorted(cuts), len(NOISE)]), one)


def test_the_input_is_left_alone() -> None:
    before = NOISE.copy()
    run(Routed(Late(3, gain=2.0), channels="mid", mix=0.4), WHOLE)
    np.testing.assert_array_equal(NOISE, before)
