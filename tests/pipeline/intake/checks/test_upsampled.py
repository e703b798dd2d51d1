from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.signal import firwin, oaconvolve
from soxr import resample

from pipeline.findings import Finding, Severity
from tests.pipeline.intake.checks.songs import song

if TYPE_CHECKING:
    from pipeline.dsp import Audio
    from tests.pipeline.intake.conftest import Judge


def said(found: tuple[Finding, ...]) -> list[Finding]:
    names = ("intake/upsampled", "intake/lossy_origin")
    return [each for each in found if each.check in names]


def low_passed(audio: Audio, hz: float, rate_hz: int) -> Audio:
    taps = firwin(2001, hz, window=("kaiser", 14.0), fs=rate_hz)
    return np.asarray(oaconvolve(audio, taps[:, None], "same", axes=0))


@pytest.mark.parametrize(
    ("from_hz", "to_hz"),
    [
        (22_050, 48_000),
        (44_100, 48_000),
        (44_100, 96_000),
        (48_000, 88_200),
        (48_000, 96_000),
        (96_000, 192_000),
    ],
)
def test_the_rate_it_was_made_from_is_told(judge: Judge, from_hz: int, to_hz: int) -> None:
    quality, subtype = ("HQ", "PCM_24") if to_hz % 48_000 == 0 else ("VHQ", "PCM_16")
    audio = resample(song(rate_hz=from_hz, seconds=3), from_hz, to_hz, quality)
    (found,) = said(judge(audio, samplerate=to_hz, subtype=subtype))
    assert (found.check, found.severity) == ("intake/upsampled", Severity.WARN)
    assert f"made from {from_hz / 1000:g} kHz" in found.message
    assert found.evidence.plot is not None


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 96_000])
def test_a_mix_that_fills_its_rate_is_left_alone(judge: Judge, rate_hz: int) -> None:
    assert said(judge(song(3, rate_hz=rate_hz, seconds=3), samplerate=rate_hz)) == []


@pytest.mark.parametrize("hz", [16_000.0, 20_000.0])
def test_an_edge_where_no_rate_ends_is_advice_about_encoders(judge: Judge, hz: float) -> None:
    (found,) = said(judge(low_passed(song(4), hz, 48_000)))
    assert (found.check, found.code) == ("intake/lossy_origin", "edge")
    assert found.severity is Severity.INFO
    assert dict(found.evidence.numbers)["edge_hz"] == pytest.approx(hz, abs=200.0)


def test_quiet_and_short_files_have_no_spectrum_to_judge(judge: Judge) -> None:
    assert said(judge(1e-5 * song())) == []
    assert said(judge(song()[:1000])) == []
