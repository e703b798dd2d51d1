import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.master.processors.width import Width, widen

NOISE = np.random.default_rng(1).normal(0.0, 0.2, (500, 2))


def run(amount: str, block: Audio) -> Audio:
    width = Width.model_validate({"amount": amount}).make(48_000)
    return np.concatenate((width.process(block), width.flush()))


def mid_and_side(block: Audio) -> tuple[Audio, Audio]:
    return block[:, 0] + block[:, 1], block[:, 0] - block[:, 1]


@pytest.mark.parametrize(("amount", "factor"), [("110 %", 1.1), ("50 %", 0.5), ("0 %", 0.0)])
def test_the_side_is_scaled_and_the_mono_sum_stays(amount: str, factor: float) -> None:
    mid, side = mid_and_side(NOISE)
    got_mid, got_side = mid_and_side(run(amount, NOISE))
    np.testing.assert_allclose(got_mid, mid, rtol=0, atol=1e-15)
    np.testing.assert_allclose(got_side, factor * side, rtol=0, atol=1e-15)


def test_one_hundred_percent_keeps_every_bit() -> None:
    np.testing.assert_array_equal(run("100 %", NOISE), NOISE)


def test_mono_keeps_every_bit_at_any_width() -> None:
    mono = np.repeat(NOISE[:, :1], 2, axis=1)
    np.testing.assert_array_equal(run("150 %", mono), mono)


def test_the_plain_kernel_does_what_the_compiled_one_does() -> None:
    np.testing.assert_array_equal(widen.py_func(NOISE, 1.3), widen(NOISE, 1.3))
