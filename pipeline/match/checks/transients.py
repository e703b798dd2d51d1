"""Attacks that mastering flattened."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.bands import Row
from pipeline.intake.checks.words import clock
from pipeline.match.mastered import Heard, Mastered, worst_first

# A window of 45 ms against the mean of its second. Steady sound has 1 to 2 dB of it, drums 6
# to 12: losing 2.5 dB where there was most of it is losing a good part of the attack.
LOST_DB = 2.5
LEAST_CREST_DB = 4.0
LEAST_SECONDS = 3
LIVELY_SHARE = 0.25
WORDS = {"bass": "of the bass", "body": "of the body (150–2000 Hz)",
         "presence": "at 2–5 kHz", "sibilance": "at 5–9 kHz"}  # fmt: skip


@check(
    "match/transients",
    rationale="""What makes drums and plucked strings alive is the moment in which they stand
    over everything else; a compressor or a limiter that is too fast takes it.""",
)
def transients(mastered: Mastered) -> Iterator[Finding]:
    """The attacks of the mix are still there, in every band."""
    heard = mastered.heard()
    lost = {band: _lost(heard, band) for band in WORDS}
    flattened = {band: each for band, each in lost.items() if each}
    if not flattened:
        return
    worst = max(flattened, key=lambda band: flattened[band][1])
    times_s, by_db, at_s = flattened[worst]
    yield Finding(
        Severity.WARN,
        "flattened",
        f"the chain flattens the attacks {' and '.join(WORDS[band] for band in flattened)}: "
        f"{by_db:.0f} dB are lost, most of them at {clock(at_s)}",
        time_s=at_s,
        action="listen there; lower the level that is asked for, or slow the attack of the "
        "compressor",
        evidence=Evidence(
            times_s=times_s,
            numbers=(
                *((f"lost_{band}_db", round(each[1], 1)) for band, each in flattened.items()),
                ("allowed_lost_db", LOST_DB),
            ),
        ),
    )


def _lost(heard: Heard, band: str) -> tuple[tuple[float, ...], float, float] | None:
    """Return where attacks are lost, how many decibels of them, and where the most."""
    before = heard.peaks_of_mix(band) - heard.of_mix(band)
    lost: Row = before - (heard.peaks_of_master(band) - heard.of_master(band))
    loud = heard.is_loud & (before >= LEAST_CREST_DB)
    if loud.sum() < LEAST_SECONDS:
        return None
    lively = loud & (before >= np.quantile(before[loud], 1.0 - LIVELY_SHARE))
    by_db = float(np.median(lost[lively]))
    if by_db < LOST_DB:
        return None
    places = heard.seconds[lively]
    times_s = worst_first(places.tolist(), by=lost[lively])
    return times_s, by_db, float(places[lost[lively].argmax()])
