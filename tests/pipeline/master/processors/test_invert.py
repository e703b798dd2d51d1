import numpy as np

from pipeline.master.processors.invert import Invert

NOISE = np.random.default_rng(1).normal(0.0, 0.2, (500, 2))


def test_every_sample_gets_the_other_sign() -> None:
    inverter = Invert().make(48_000)
    np.testing.assert_array_equal(inverter.process(NOISE), -NOISE)
    assert len(inverter.flush()) == 0


def test_twice_every_bit_is_as_it_was() -> None:
    inverter = Invert().make(48_000)
    np.testing.assert_array_equal(inverter.process(inverter.process(NOISE)), NOISE)
