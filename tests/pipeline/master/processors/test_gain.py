import numpy as np
import pytest

from pipeline.master.processors.gain import Gain

NOISE = np.random.default_rng(1).normal(0.0, 0.2, (500, 2))


@pytest.mark.parametrize(("written", "factor"), [("-6.0206 dB", 0.5), ("20 dB", 10.0)])
def test_a_gain_is_a_factor_on_every_sample(written: str, factor: float) -> None:
    amplifier = Gain.model_validate(written).make(48_000)
    np.testing.assert_allclose(amplifier.process(NOISE), factor * NOISE, rtol=1e-6)


def test_no_gain_keeps_every_bit() -> None:
    amplifier = Gain.model_validate("0 dB").make(48_000)
    np.testing.assert_array_equal(amplifier.process(NOISE), NOISE)
    assert len(amplifier.flush()) == 0
