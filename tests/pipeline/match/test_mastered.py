import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.intake.listening import Format
from pipeline.intake.survey import MASTER_EARS, Survey, hear
from pipeline.match.checks import mastered_findings
from pipeline.match.mastered import Mastered, Reduction, worst_first

RATE_HZ = 48_000


def heard(audio: Audio) -> Survey:
    wanted = Format(RATE_HZ, 2, len(audio), 0, is_float=True)
    return hear(iter([audio]), wanted, ears=MASTER_EARS)


@pytest.fixture(scope="module")
def swelling() -> Audio:
    noise = np.random.default_rng(2).normal(0.0, 0.05, (12 * RATE_HZ, 2))
    return np.asarray(noise * 10.0 ** (np.arange(len(noise)) / RATE_HZ / 10.0)[:, None])


@pytest.mark.parametrize("starts_s", [0.0, 3.0, 2.5])
def test_mix_and_master_are_compared_at_the_same_moments(
    swelling: Audio, starts_s: float
) -> None:
    cut = swelling[int(starts_s * RATE_HZ) :]
    found = Mastered(heard(swelling), heard(cut), starts_s).heard()
    assert len(found.seconds) >= 5
    np.testing.assert_allclose(found.of_mix("body"), found.of_master("body"), atol=0.5)


def test_a_track_that_begins_before_its_mix_is_compared_from_the_mix_on(
    swelling: Audio,
) -> None:
    later = np.pad(swelling, ((2 * RATE_HZ, 0), (0, 0)))
    found = Mastered(heard(swelling), heard(later), -2.0).heard()
    assert found.seconds[0] == 3
    np.testing.assert_allclose(found.of_mix("body"), found.of_master("body"), atol=0.5)


def test_the_limiter_is_read_by_the_second() -> None:
    seconds = Reduction(tuple(range(25)), 0.1).by_the_second(4)
    assert [len(each) for each in seconds] == [10, 10, 5, 0]


def test_places_to_listen_to_come_in_order_of_time() -> None:
    assert worst_first([4, 5, 9], by=np.array([1.0, 7.0, 3.0]), most=2) == (5.0, 9.0)


@pytest.mark.parametrize("n_samples", [1, 3_000, RATE_HZ, 4 * RATE_HZ])
@pytest.mark.parametrize("level", [0.0, 0.1])
def test_short_and_silent_tracks_are_judged(n_samples: int, level: float) -> None:
    noise = np.random.default_rng(3).normal(0.0, 1.0, (n_samples, 2))
    found = heard(level * noise)
    mastered = Mastered(found, found, 0.0, Reduction((1.0,) * 5))
    assert mastered_findings(mastered, track="tide", intent={}) == ()
