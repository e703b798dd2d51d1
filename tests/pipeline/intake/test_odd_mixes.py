"""Mixes that no listener and no check may stumble over."""

import json

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.intake.checks import SURVEY_CHECKS, Surveyed, survey_findings
from pipeline.intake.listening import Format
from pipeline.intake.survey import Survey, hear
from tests.pipeline.intake.test_checks import FINE

NOISE = np.random.default_rng(6).normal(0.0, 0.1, (40_000, 2))
TONE = np.column_stack([0.5 * np.sin(np.arange(40_000) * 0.3)])
ODD = {
    "one sample": NOISE[:1],
    "too short for a window": NOISE[:500],
    "silence": np.zeros((40_000, 2)),
    "one tone": TONE,
    "mono": NOISE[:, :1],
    "silence, then a click": np.pad(np.ones((1, 2)), ((39_999, 0), (0, 0))),
    "full scale": np.sign(NOISE),
}


@pytest.mark.parametrize("sample_rate_hz", [8_000, 44_100, 384_000])
@pytest.mark.parametrize("audio", ODD.values(), ids=ODD)
def test_odd_mixes_are_heard_and_judged(audio: Audio, sample_rate_hz: int) -> None:
    wanted = Format(sample_rate_hz, audio.shape[1], len(audio), 24, is_float=False)
    survey = hear(iter([audio]), wanted)
    stored = json.dumps(survey.to_json(), allow_nan=False)
    again = Survey.from_json(json.loads(stored))
    assert SURVEY_CHECKS
    for found in survey_findings(Surveyed(FINE, survey=again)):
        json.dumps(found.to_json(), allow_nan=False)
