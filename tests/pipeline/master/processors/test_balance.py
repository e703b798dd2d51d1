import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.master.processors.balance import Balance

NOISE = np.random.default_rng(1).normal(0.0, 0.2, (500, 2))


def run(written: str) -> Audio:
    balance = Balance.model_validate(written).make(48_000)
    return np.concatenate((balance.process(NOISE), balance.flush()))


@pytest.mark.parametrize("db", [-6.0, -0.5, 0.5, 6.0])
def test_the_right_gains_on_the_left_by_so_much_and_their_product_stays(db: float) -> None:
    left, right = (run(f"{db} dB") / NOISE).T
    np.testing.assert_allclose(20 * np.log10(right / left), db, rtol=1e-12)
    np.testing.assert_allclose(left * right, 1.0, rtol=1e-12)


def test_no_balance_keeps_every_bit() -> None:
    np.testing.assert_array_equal(run("0 dB"), NOISE)
