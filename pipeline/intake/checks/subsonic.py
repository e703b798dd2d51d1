"""Energy below what is heard."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.background import SUBSONIC_HZ, BackgroundFigures
from pipeline.intake.listening import SILENCE_DB

# Of 187 pieces, most of them with drums, the median is -33 dB; 12 % lie above -15 dB, among
# them a whole soundtrack whose drums reach down to 10 Hz, but none above -5 dB (own
# measurements). The -30 dB that some tools take is exceeded by kick drums alone.
WARN_DB = -5.0
INFO_DB = -15.0
QUIETEST_DBFS = -70.0


@check(
    "intake/subsonic",
    rationale="""Nobody hears below 20 Hz, but it moves loudspeakers and cutters, and takes
    headroom that the limiter then takes from the music.""",
)
def subsonic(received: Surveyed) -> Iterator[Finding]:
    """There is next to no energy below 20 Hz."""
    figures = received.survey.of(BackgroundFigures)
    part_db = figures.subsonic_dbfs - figures.all_dbfs
    if part_db <= INFO_DB or not SILENCE_DB < QUIETEST_DBFS < figures.subsonic_dbfs:
        return
    yield Finding(
        Severity.WARN if part_db > WARN_DB else Severity.INFO,
        "subsonic",
        f"{100.0 * min(1.0, 10.0 ** (part_db / 10.0)):.0f} % of the energy lies below 20 Hz, "
        "where nothing is heard",
        action="put a high_pass at 20 to 25 Hz into the chain, or ask where it comes from",
        evidence=Evidence(
            numbers=(
                ("subsonic_part_db", round(part_db, 1)),
                ("allowed_db", INFO_DB),
                ("measured_from_hz", SUBSONIC_HZ[0]),
                ("measured_to_hz", SUBSONIC_HZ[1]),
            )
        ),
    )
