import numpy as np

from pipeline.master.processors.swap import Swap

NOISE = np.random.default_rng(1).normal(0.0, 0.2, (500, 2))


def test_left_comes_out_on_the_right_bit_for_bit() -> None:
    crossing = Swap().make(48_000)
    crossed = crossing.process(NOISE)
    np.testing.assert_array_equal(crossed[:, 1], NOISE[:, 0])
    np.testing.assert_array_equal(crossed[:, 0], NOISE[:, 1])
    assert crossed.flags.c_contiguous
    assert len(crossing.flush()) == 0
