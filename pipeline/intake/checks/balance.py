"""The level of left against right."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.stereo import StereoFigures

NOISE_LUFS = -70.0  # the absolute gate of BS.1770-5: below, there is no programme
# Own measurements, 88 excerpts of a minute of game music: half lie within 0.6 dB, nine of ten
# within 1.4, the farthest is a quiet one at 5.2. So 1 dB, as often asked for, would be noise.
INFO_DB, WARN_DB = 2.0, 3.0
MISSING_DB = 20.0  # the quieter one adds 0.04 dB: nothing that anybody could have meant


@check(
    "intake/balance",
    rationale="""A mix that leans to one side was made on uneven speakers, or lost level on
    one side of its way; a side far below the other is not a side.""",
)
def balance(received: Surveyed) -> Iterator[Finding]:
    """Left and right are about equally loud."""
    figures = received.survey.of(StereoFigures)
    difference_db = figures.left_lufs - figures.right_lufs
    size_db = abs(difference_db)
    # A side of zeros is for `intake/silent` to tell.
    if size_db < INFO_DB or not all(received.facts.peaks) or not figures.has_both:
        return
    quiet, loud = ("right", "left") if difference_db > 0 else ("left", "right")
    level_lufs = min(figures.left_lufs, figures.right_lufs)
    evidence = Evidence(
        numbers=(
            ("left_lufs", round(figures.left_lufs, 1)),
            ("right_lufs", round(figures.right_lufs, 1)),
            ("difference_limit_db", WARN_DB),
        )
    )
    if size_db >= MISSING_DB:
        only = "only noise" if level_lufs < NOISE_LUFS else "next to nothing"
        yield Finding(
            Severity.FAIL,
            "side-missing",
            f"the {quiet} channel holds {only} ({level_lufs:.0f} LUFS, "
            f"{size_db:.0f} dB under the {loud})",
            action="look for a cable, a mute or a pan pot, and ask for a new bounce",
            evidence=evidence,
        )
    else:
        yield Finding(
            Severity.WARN if size_db >= WARN_DB else Severity.INFO,
            "leans",
            f"the mix leans to the {loud} by {size_db:.1f} dB",
            action="listen whether the voice and the bass stand in the middle",
            evidence=evidence,
        )
