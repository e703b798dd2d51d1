"""Bass that makes the limiter pump."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.bands import Row
from pipeline.intake.checks.words import clock
from pipeline.match.mastered import Heard, Mastered, worst_first

# A swing of 3 dB within a second is heard on what sounds beside the bass; the bass is to blame
# where it is clearly the strongest part of its second. Own measurements on 26 pieces: 2 pump
# where the limiter takes 3 dB off the highest peaks, half of them when driven to -6 LUFS, three
# of four with 10 dB more bass at -8 LUFS.
SWING_DB = 3.0
BASS_OVER_BODY_DB = 3.0
LEAST_SECONDS = 3
LEAST_SHARE = 0.05
LIFTED_DB = 1.5


@check(
    "match/pumping",
    rationale="""A limiter turns everything down for the strongest sound: where that is the
    bass, voices and cymbals breathe in its rhythm.""",
)
def pumping(mastered: Mastered) -> Iterator[Finding]:
    """The limiter does not swing with the bass."""
    heard = mastered.heard()
    swing = np.array(
        [
            float(np.ptp(each)) if len(each) else 0.0
            for each in mastered.reduction.by_the_second(int(heard.seconds.max(initial=-1)) + 1)
        ]
    )[heard.seconds]
    pumps = (swing >= SWING_DB) & (_bass_over_body(heard) >= BASS_OVER_BODY_DB)
    n_pumping = int(pumps.sum())
    if n_pumping < max(LEAST_SECONDS, LEAST_SHARE * len(pumps)):
        return
    lifted_db = float(np.median(_lifted(heard)[pumps]))
    worst = int(heard.seconds[np.argmax(np.where(pumps, swing, -1.0))])
    yield Finding(
        # It sounds in 3 of 20 pieces that are limited gently, too: so this is advice.
        Severity.INFO,
        "swings",
        f"advice: the limiter may pump with the bass in {n_pumping} s of the track, worst at "
        f"{clock(worst)} ({swing.max(where=pumps, initial=0.0):.0f} dB up and down); "
        f"it comes from {_source(lifted_db)}",
        time_s=float(worst),
        action="listen there; lower the bass in the chain, or the level that is asked for"
        if lifted_db >= LIFTED_DB
        else "listen there; ask for less bass in the mix, or lower the level that is asked for",
        evidence=Evidence(
            times_s=worst_first(heard.seconds[pumps].tolist(), by=swing[pumps]),
            numbers=(
                ("largest_swing_db", round(float(swing.max(where=pumps, initial=0.0)), 1)),
                ("allowed_swing_db", SWING_DB),
                ("pumping_s", float(n_pumping)),
                ("bass_lifted_by_chain_db", round(lifted_db, 1)),
            ),
        ),
    )


def _bass_over_body(heard: Heard) -> Row:
    return heard.peaks_of_master("bass") - heard.peaks_of_master("body")


def _lifted(heard: Heard) -> Row:
    """Return how much stronger the bass is against the rest than it was in the mix."""
    before = heard.of_mix("bass") - heard.of_mix("body")
    return heard.of_master("bass") - heard.of_master("body") - before


def _source(lifted_db: float) -> str:
    if lifted_db >= LIFTED_DB:
        return f"the chain, which lifts the bass by {lifted_db:.0f} dB"
    return "the mix, whose bass is the strongest part"
