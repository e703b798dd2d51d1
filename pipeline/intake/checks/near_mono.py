"""Mono in two channels that differ only by what dither or a converter left."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.stereo import StereoFigures

SIDE_DBFS = -90.0  # two ditherings to 16 bits differ by -93 dBFS
BELOW_PROGRAMME_DB = 40.0  # a quiet mix may have a quiet side


@check(
    "intake/near_mono",
    rationale="""A mono mix in a stereo file is mostly an export that went wrong; if mono is
    meant, both channels should be the same.""",
)
def near_mono(received: Surveyed) -> Iterator[Finding]:
    """A stereo file holds more than mono."""
    facts, figures = received.facts, received.survey.of(StereoFigures)
    level_lufs = max(figures.left_lufs, figures.right_lufs)
    if facts.n_channels != 2 or facts.is_dual_mono or not all(facts.peaks):
        return  # what is exactly mono is for `intake/mono` to tell
    if figures.side_rms_dbfs < min(SIDE_DBFS, level_lufs - BELOW_PROGRAMME_DB):
        yield Finding(
            Severity.INFO,
            "nearly-mono",
            f"left and right differ by no more than {figures.side_rms_dbfs:.0f} dBFS: mono, "
            "but for dither or a converter",
            action="ask whether mono is meant, and for the file before it was made stereo",
            evidence=Evidence(
                numbers=(
                    ("side_rms_dbfs", round(figures.side_rms_dbfs, 1)),
                    ("side_peak_dbfs", round(figures.side_peak_dbfs, 1)),
                    ("side_limit_dbfs", SIDE_DBFS),
                )
            ),
        )
