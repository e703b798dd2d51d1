from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.findings import Finding
from pipeline.intake.checks import ReceivedAlbum, Surveyed, album_findings
from pipeline.intake.listening import Format
from pipeline.intake.survey import hear
from pipeline.intake.verdict import Verdict, verdict
from tests.pipeline.intake.test_checks import FINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.pipeline.intake.checks.conftest import Shape

RATE_HZ = 48_000


def compared(mixes: Mapping[str, Audio]) -> list[Finding]:
    tracks = {
        name: Surveyed(
            FINE, survey=hear(iter([audio]), Format(RATE_HZ, 2, len(audio), 24, is_float=False))
        )
        for name, audio in mixes.items()
    }
    names = {name: name for name in tracks}
    found = album_findings(ReceivedAlbum(tracks, names, names), intents={})
    return [each for each in found if each.check == "intake/album_tone"]


def tilted(slope: float) -> Callable[[Any], Any]:
    return lambda hz: slope * np.log2(hz / 1000.0)


@pytest.fixture(scope="module")
def album(programme: Audio, equalise: Shape) -> dict[str, Audio]:
    """Five tracks that differ a little, in level a lot."""
    return {
        f"track-{number}": 2.0**-number * equalise(programme, tilted(slope))
        for number, slope in enumerate((0.0, 0.2, -0.2, 0.1, -0.1))
    }


def test_tracks_of_one_tone_are_left_alone(album: dict[str, Audio]) -> None:
    assert compared(album) == []


def test_a_dark_track_is_named_with_how_dark_it_is(
    album: dict[str, Audio], equalise: Shape
) -> None:
    dark = equalise(album["track-2"], lambda hz: -2.0 * np.log2(hz / 1000.0))
    (found,) = compared(album | {"track-2": dark})
    assert found.track == "track-2"
    assert "dB/oct darker" in found.message
    assert "less above 8 kHz" in found.message
    assert dict(found.evidence.numbers)["tilt_db_per_octave"] == pytest.approx(-2.2, abs=0.2)
    assert verdict(found) in (Verdict.BY_HAND, Verdict.MIX)
    assert found.evidence.plot
    assert len(found.evidence.plot.x) == len(found.evidence.plot.y) < 30


def test_a_collection_of_many_colours_has_no_outlier_by_its_colour_alone(
    programme: Audio, equalise: Shape
) -> None:
    slopes = (-3.0, -1.5, 0.0, 1.5, 3.0)
    mixes = {f"slope {slope}": 0.1 * equalise(programme, tilted(slope)) for slope in slopes}
    assert compared(mixes) == []


def test_two_tracks_have_no_median(album: dict[str, Audio]) -> None:
    assert compared(dict(list(album.items())[:2])) == []
