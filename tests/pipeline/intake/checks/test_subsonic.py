from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.findings import Severity

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge


@pytest.mark.parametrize(
    ("rumble_hz", "below_db", "severity"),
    [
        (9.0, 0.0, Severity.WARN),
        (14.0, 10.0, Severity.INFO),
        (9.0, 25.0, None),
        (41.2, 0.0, None),
        (27.5, 0.0, None),
    ],
)
def test_what_is_too_low_to_be_heard_is_noticed_and_low_notes_are_not(
    judge: Judge, song: Audio, rumble_hz: float, below_db: float, severity: Severity | None
) -> None:
    rumble = np.sin(2 * np.pi * rumble_hz * np.arange(len(song)) / 48_000)[:, None]
    level = np.sqrt(2 * np.mean(song**2)) * 10 ** (-below_db / 20)
    found = [each for each in judge(song + level * rumble) if each.check == "intake/subsonic"]
    assert [each.severity for each in found] == ([severity] if severity else [])


def test_a_standing_offset_is_not_subsonic(judge: Judge, song: Audio) -> None:
    assert all(each.check != "intake/subsonic" for each in judge(song + 0.05))
