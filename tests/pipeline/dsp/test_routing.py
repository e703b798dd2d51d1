from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.automation import Automation, Point, Shape
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


def moving(*points: tuple[int, float], shape: Shape = "smooth") -> Automation:
    return Automation([Point(place, value, shape) for place, value in points])


@pytest.mark.parametrize("channels", ALL)
def test_a_mix_that_moves_is_that_of_each_sample_and_in_time(channels: Channels) -> None:
    way = moving((500, 0.0), (1500, 1.0), shape="straight")
    out = run(Routed(Late(64, 2.0), channels=channels, mix=way), WHOLE)
    full = run(Routed(Late(64, 2.0), channels=channels, mix=1.0), WHOLE)
    share = np.interp(np.arange(len(NOISE)), [500, 1500], [0.0, 1.0])[:, None]
    np.testing.assert_allclose(out, NOISE + share * (full - NOISE), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(out[:501], NOISE[:501])
    np.testing.assert_array_equal(out[1500:], full[1500:])


@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
def test_any_block_cut_moves_the_mix_in_the_same_way(cuts: list[int]) -> None:
    def routed() -> Routed:
        way = moving((300, 0.2), (900, 0.9), (2500, 0.0))
        return Routed(Late(100, 0.3), channels="mid", mix=way)

    edges = [0, *sorted(cuts), len(NOISE)]
    np.testing.assert_array_equal(run(routed(), edges), run(routed(), WHOLE))


RATE_HZ = 48_000


def sidebands_db(mix: Automation) -> float:
    """Return what a tone of 1 kHz has beyond 200 Hz beside it, relative to itself."""
    tone = np.sin(2 * np.pi * 1_000 * np.arange(RATE_HZ) / RATE_HZ)[:, None].repeat(2, 1)
    routed = Routed(Late(0, 10.0 ** (-12.0 / 20.0)), channels="stereo", mix=mix)
    parts = [routed.process(tone[start : start + 480]) for start in range(0, RATE_HZ, 480)]
    out = np.concatenate([*parts, routed.flush()])[:, 0]
    spectrum = np.abs(np.fft.rfft(out * np.kaiser(RATE_HZ, 30.0)))
    beside = spectrum[np.abs(np.arange(len(spectrum)) - 1_000) > 200]
    return float(20 * np.log10(beside.max() / spectrum.max()))


@pytest.mark.parametrize(
    ("ms", "shape", "most_db"),
    [
        (20, "smooth", -90.0),
        (100, "smooth", -130.0),
        (400, "smooth", -165.0),
        (20, "straight", -65.0),
        (100, "straight", -80.0),
    ],
)
def test_a_mix_that_moves_by_12_db_has_no_zipper_noise(
    ms: int, shape: Shape, most_db: float
) -> None:
    start = 24_000 - 24 * ms
    found_db = sidebands_db(moving((start, 0.0), (start + 48 * ms, 1.0), shape=shape))
    steps = Stepping([(start + 480 * n, n / (ms / 10)) for n in range(ms // 10 + 1)])
    assert found_db < most_db
    assert found_db < sidebands_db(steps) - 8.0  # what a step per block would sound like


class Stepping(Automation):
    """A value that is the same throughout a block, as it must not be."""

    def __init__(self, steps: list[tuple[int, float]]) -> None:
        super().__init__([Point(place, value) for place, value in steps])

    def next(self, n_samples: int) -> npt.NDArray[np.float64]:
        values = super().next(n_samples)
        return np.full_like(values, values[0] if n_samples else 0.0)
