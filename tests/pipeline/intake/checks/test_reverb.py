from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import fftconvolve

from pipeline.dsp import Audio
from pipeline.findings import Severity

if TYPE_CHECKING:
    from tests.pipeline.intake.conftest import Judge

RATE_HZ = 48_000


def test_a_mix_that_nowhere_dies_away_may_be_too_wet(judge: Judge, programme: Audio) -> None:
    assert "intake/reverb" not in {each.check for each in judge(programme)}
    time_s = np.arange(8 * RATE_HZ) / RATE_HZ
    hall = np.random.default_rng(2).normal(size=(len(time_s), 1)) * 10.0 ** (
        -0.375 * time_s[:, None]
    )
    wet = fftconvolve(programme, hall / np.sqrt((hall**2).sum()), axes=0)
    (found,) = (each for each in judge(0.5 * wet) if each.check == "intake/reverb")
    assert found.severity is Severity.INFO
    assert "low confidence" in found.message
