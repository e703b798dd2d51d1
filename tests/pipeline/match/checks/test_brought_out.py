from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.dsp import Audio

if TYPE_CHECKING:
    from tests.pipeline.match.checks.conftest import Compare

RATE_HZ = 48_000
PLACES_S = (2.2, 4.7, 6.2, 9.2)
Band = Callable[[Audio, float, float], Audio]


def esses(like: Audio, between: Band, rms: float) -> Audio:
    noise = between(np.random.default_rng(1).normal(size=like.shape), 5200.0, 8600.0)
    time_s = np.arange(len(like)) / RATE_HZ
    on = np.any([(time_s >= each) & (time_s < each + 0.12) for each in PLACES_S], axis=0)
    return np.asarray(noise * (rms / noise.std()) * on[:, None])


def test_esses_that_come_up_are_told_with_their_places(
    compare: Compare, mix: Audio, between: Band
) -> None:
    before = mix + esses(mix, between, 0.04)
    after = mix + esses(mix, between, 0.08)
    (found,) = compare("brought_out", before, after)
    assert found.code == "esses"
    assert found.evidence.times_s == pytest.approx([each + 0.06 for each in PLACES_S], abs=0.07)
    assert dict(found.evidence.numbers)["raised_by_chain_db"] == pytest.approx(6.0, abs=1.0)


def test_esses_that_the_mix_has_already_are_not_told_again(
    compare: Compare, mix: Audio, between: Band
) -> None:
    sharp = mix + esses(mix, between, 0.08)
    assert compare("brought_out", sharp, 0.5 * sharp) == []


def test_presence_that_comes_up_is_told(compare: Compare, mix: Audio, between: Band) -> None:
    (found,) = compare("brought_out", mix, mix + 0.6 * between(mix, 2000.0, 5000.0))
    assert found.code == "presence"
    assert dict(found.evidence.numbers)["raised_by_chain_db"] == pytest.approx(4.1, abs=0.3)


def test_a_change_of_level_brings_nothing_out(compare: Compare, mix: Audio) -> None:
    assert compare("brought_out", mix, 3.0 * mix) == []
