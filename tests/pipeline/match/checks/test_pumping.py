from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.dsp import Audio

if TYPE_CHECKING:
    from tests.pipeline.match.checks.conftest import Compare

STEADY = (2.0,) * 120
SWINGING = (0.0, 5.0) * 60
Band = Callable[[Audio, float, float], Audio]


def test_a_limiter_that_swings_with_the_bass_of_the_mix_pumps(
    compare: Compare, mix: Audio, between: Band
) -> None:
    heavy = mix + 9.0 * between(mix, 20.0, 150.0)
    (found,) = compare("pumping", heavy, heavy, reduction_db=SWINGING)
    assert "comes from the mix" in found.message
    assert len(found.evidence.times_s) >= 8
    assert dict(found.evidence.numbers)["largest_swing_db"] == 5.0


def test_bass_that_the_chain_lifted_is_traced_to_the_chain(
    compare: Compare, mix: Audio, between: Band
) -> None:
    heavy = mix + 9.0 * between(mix, 20.0, 150.0)
    (found,) = compare("pumping", mix, heavy, reduction_db=SWINGING)
    assert "comes from the chain" in found.message


def test_neither_a_steady_limiter_nor_one_without_bass_pumps(
    compare: Compare, mix: Audio, between: Band
) -> None:
    heavy, light = (mix + gain * between(mix, 20.0, 150.0) for gain in (9.0, -0.7))
    assert compare("pumping", heavy, heavy, reduction_db=STEADY) == []
    assert compare("pumping", light, light, reduction_db=SWINGING) == []
    assert compare("pumping", heavy, heavy) == []
