"""Music keeps its peaks."""

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.verify.package import Package

# Under 8 dB engineers call a master crushed; loud masters measure 7.5 to 8.8 dB, mixes 10 to
# 18 dB. Music of few peaks (a drone, a chiptune) lies there of itself: so it counts only where
# the limiter has taken this much off the highest of them.
HOT_DB = 8.0
FLOOR_DB = 6.0
LIMITED_DB = 3.0


@check(
    "audio/dynamics",
    rationale="What a limiter takes from the peaks no service gives back: all of them turn "
    "loud masters down, and what is left is flat (peak-to-loudness ratio, Tech 3343).",
)
def dynamics(package: Package) -> Iterator[Finding]:
    """Peaks limited by over 3 dB still stand 8 dB over the loudness; 6 dB is the floor."""
    promises = package.promises()
    for piece, facts in package.found():
        plr_db, promise = facts.measurement.plr_db, promises.get(piece)
        if promise is None or promise.limited_db < LIMITED_DB:
            continue
        if plr_db is None or plr_db >= HOT_DB:
            continue
        yield Finding(
            Severity.FAIL if plr_db < FLOOR_DB else Severity.WARN,
            "crushed" if plr_db < FLOOR_DB else "hot",
            f"{piece.name}: {promise.title} has peaks only {plr_db:.1f} dB over its loudness, "
            f"of which the limiter took up to {promise.limited_db:.1f} dB; under {HOT_DB:g} dB "
            f"is crushed, {FLOOR_DB:g} dB is the floor",
            track=promise.track,
            action="ask for less level; if it is meant, say why under intent: dynamics",
            evidence=Evidence(
                numbers=(
                    ("plr_db", round(plr_db, 1)),
                    ("least_plr_db", HOT_DB),
                    ("limited_db", promise.limited_db),
                )
            ),
        )
