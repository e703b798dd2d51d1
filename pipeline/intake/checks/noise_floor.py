"""The noise that a mix stands on."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.background import BackgroundFigures

# A quiet tape without noise reduction is at -55 dBFS or so under a mix; more than that is heard
# in every rest once the master is 10 dB louder.
WARN_DBFS = -45.0
INFO_DBFS = -60.0
QUIET_BELOW_DB = 20.0
"""A place is quiet if it is so far below the loud ones."""


@check(
    "intake/noise_floor",
    rationale="""What a mix hisses in its rests, the master hisses louder, by as much as its
    level is raised.""",
)
def noise_floor(received: Surveyed) -> Iterator[Finding]:
    """The noise in the rests of the music is below -60 dBFS."""
    figures = received.survey.of(BackgroundFigures)
    level_dbfs = figures.noise_dbfs
    if level_dbfs is not None and level_dbfs > INFO_DBFS:
        yield Finding(
            Severity.WARN if level_dbfs > WARN_DBFS else Severity.INFO,
            "noise",
            f"noise of {level_dbfs:.0f} dBFS lies under the quiet places; "
            f"{INFO_DBFS:.0f} dBFS is usual",
            action="ask for the noisy tracks to be cleaned or muted in their rests, "
            "or write that it belongs to the sound: intent: {noise_floor: …}",
            evidence=Evidence(
                numbers=(
                    ("noise_dbfs", level_dbfs),
                    ("allowed_dbfs", INFO_DBFS),
                    ("heard_s", figures.noise_s),
                )
            ),
        )
    elif level_dbfs is None and _is_never_quiet(figures):
        yield Finding(
            Severity.SKIP,
            "no-quiet-place",
            "the noise floor cannot be told: the music has no quiet place",
        )


def _is_never_quiet(figures: BackgroundFigures) -> bool:
    if figures.loud_dbfs is None or figures.quiet_dbfs is None:
        return False
    return figures.quiet_dbfs > figures.loud_dbfs - QUIET_BELOW_DB
