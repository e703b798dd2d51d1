import numpy as np
import pytest

from pipeline.dsp.compression import hear_power, smooth, want_reduction

NOISE = np.random.default_rng(5).normal(0.0, 0.2, (200, 2))


@pytest.mark.parametrize("n_detectors", [1, 2])
@pytest.mark.parametrize("is_exact", [True, False])
def test_the_plain_kernels_do_what_the_compiled_ones_do(
    is_exact: bool, n_detectors: int
) -> None:
    curve, poles = np.array([-20.0, 6.0, 0.5, 8.0, 0.5]), np.array([0.9, 0.99, 0.999, 0.9999])
    results = []
    for want, follow in (
        (want_reduction, smooth),
        (want_reduction.py_func, smooth.py_func),
    ):
        reduction_db = np.empty((200, n_detectors))
        want(NOISE, curve, reduction_db)
        state = np.zeros((n_detectors, 3))
        follow(reduction_db, poles, state, np.zeros(2), is_exact)
        results.append(reduction_db)
    assert results[0].max() > 1.0
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12)


def test_the_plain_power_is_the_compiled_one() -> None:
    results = []
    for hear in (hear_power, hear_power.py_func):
        heard = NOISE.copy()
        hear(heard, 0.99, np.zeros(2))
        results.append(heard)
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12)


def test_the_power_of_silence_ends_in_zero() -> None:
    heard, power = np.zeros((1000, 2)), np.full(2, 1e-29)
    hear_power(heard, 0.99, power)
    assert not power.any()
