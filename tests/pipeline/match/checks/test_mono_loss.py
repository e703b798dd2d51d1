from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.dsp import Audio
from pipeline.findings import Severity

if TYPE_CHECKING:
    from tests.pipeline.match.checks.conftest import Compare


def widened(audio: Audio, width: float) -> Audio:
    middle, side = audio.mean(axis=1), (audio[:, 0] - audio[:, 1]) / 2.0
    return np.column_stack((middle + width * side, middle - width * side))


def test_what_widening_costs_in_mono_is_told(compare: Compare, mix: Audio) -> None:
    wide = mix.copy()
    wide[:, 1] = 0.6 * wide[:, 1] + 0.4 * np.roll(wide[:, 1], 9_600)
    (found,) = compare("mono_loss", wide, widened(wide, 6.0))
    assert found.severity is Severity.WARN
    assert "the chain widens it" in found.message
    assert compare("mono_loss", wide, wide) == []
