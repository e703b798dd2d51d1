"""Music keeps its peaks."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.verify.package import Package

# Under 8 dB engineers call a master crushed; loud masters measure 7.5 to 8.8 dB, mixes 10 to
# 18 dB. Music of few peaks (a drone, a chiptune) lies there of itself: so it counts only where
# the limiter has taken this much off the highest of them.
HOT_DB = 8.0
FLOOR_DB = 6.0
LIMITED_DB = 3.0
# A song with a quiet half has a good ratio as a whole, however flat its loud half is: there the
# peak stands over the loudest three seconds. Mixes measure 9 to 15 dB, hot masters 6.6 to 7 dB
# (own measurements on 77 pieces).
HOT_PASSAGE_DB = 6.0
FLOOR_PASSAGE_DB = 4.0


@check(
    "audio/dynamics",
    rationale="What a limiter takes from the peaks no service gives back: all of them turn "
    "loud masters down, and what is left is flat (peak-to-loudness ratio, Tech 3343).",
)
def dynamics(package: Package) -> Iterator[Finding]:
    """Peaks limited by over 3 dB still stand 8 dB over the loudness; 6 dB is the floor."""
    promises = package.promises()
    for piece, facts in package.found():
        promise = promises.get(piece)
        if promise is None or promise.limited_db < LIMITED_DB:
            continue
        measured = facts.measurement
        whole = _Stand(measured.plr_db, HOT_DB, FLOOR_DB, "its loudness")
        loudest_lufs = measured.max_short_term_lufs
        passage = _Stand(
            None if loudest_lufs is None else measured.true_peak_dbtp - loudest_lufs,
            HOT_PASSAGE_DB,
            FLOOR_PASSAGE_DB,
            "its loudest three seconds",
            "-passage",
        )
        flat = [each for each in (whole, passage) if each.is_flat]
        if not flat:
            continue
        worst = max(flat, key=lambda each: each.is_below_floor)
        yield _finding(
            worst, f"{piece.name}: {promise.title}", promise.limited_db, promise.track
        )


@dataclass(frozen=True, slots=True)
class _Stand:
    """How far the peaks stand over something, and what is allowed there."""

    over_db: float | None
    hot_db: float
    floor_db: float
    what: str
    suffix: str = ""

    @property
    def is_flat(self) -> bool:
        return self.over_db is not None and self.over_db < self.hot_db

    @property
    def is_below_floor(self) -> bool:
        return self.over_db is not None and self.over_db < self.floor_db


def _finding(stand: _Stand, song: str, limited_db: float, track: str) -> Finding:
    over_db = stand.over_db or 0.0
    measure = "psr" if stand.suffix else "plr"
    return Finding(
        Severity.FAIL if stand.is_below_floor else Severity.WARN,
        ("crushed" if stand.is_below_floor else "hot") + stand.suffix,
        f"{song} has peaks only {over_db:.1f} dB over {stand.what}, "
        f"of which the limiter took up to {limited_db:.1f} dB; under {stand.hot_db:g} dB "
        f"is crushed, {stand.floor_db:g} dB is the floor",
        track=track,
        action="ask for less level; if it is meant, say why under intent: dynamics",
        evidence=Evidence(
            numbers=(
                (f"{measure}_db", round(over_db, 1)),
                (f"least_{measure}_db", stand.hot_db),
                ("limited_db", limited_db),
            )
        ),
    )
