from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.dsp import Audio

if TYPE_CHECKING:
    from tests.pipeline.match.checks.conftest import Compare

RATE_HZ = 48_000


def flattened(audio: Audio, power: float) -> Audio:
    """Return the beats of the mix with their height over the floor to a power."""
    beats = 0.15 + np.exp(-(np.arange(len(audio)) / RATE_HZ % 0.5) / 0.06)
    return np.asarray(audio * (beats ** (power - 1.0))[:, None])


def test_flattened_attacks_are_told_by_band_and_place(compare: Compare, mix: Audio) -> None:
    (found,) = compare("transients", mix, flattened(mix, 0.3))
    numbers = dict(found.evidence.numbers)
    assert numbers["lost_body_db"] > 2.5
    assert "body" in found.message
    assert found.evidence.times_s


def test_what_keeps_its_attacks_at_another_level_is_left_alone(
    compare: Compare, mix: Audio
) -> None:
    assert compare("transients", mix, 4.0 * mix) == []
    assert compare("transients", mix, flattened(mix, 0.85)) == []


def test_steady_sound_has_no_attacks_to_lose(compare: Compare, mix: Audio) -> None:
    steady = flattened(mix, 0.0)
    assert compare("transients", steady, steady * 0.5) == []
