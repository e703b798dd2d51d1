"""Sibilance and harshness that mastering brought out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.sibilance import ADVICE_OVER_DB, LEAST_MOMENTS
from pipeline.intake.checks.words import clock
from pipeline.match.mastered import Heard, Mastered, worst_first

# Half of what people hear as "another EQ": a decibel over two octaves is just noticed, and 2 dB
# where the ear is keenest are asked about.
ESSES_DB = 2.0
PRESENCE_DB = 2.0
LEAST_LOUD_S = 3


@check(
    "match/brought_out",
    rationale="""Compression turns up what the loud parts had covered: esses, breath, cymbals
    and the edge of guitars are nearer in the master than they were in the mix.""",
)
def brought_out(mastered: Mastered) -> Iterator[Finding]:
    """Esses and 2 to 5 kHz are no stronger in the master than in the mix."""
    heard = mastered.heard()
    yield from _esses(heard)
    yield from _presence(heard)


def _esses(heard: Heard) -> Iterator[Finding]:
    rise = _risen(heard)
    found = [
        each
        for each in heard.master.sibilants
        if each.over_db >= ADVICE_OVER_DB and rise.get(int(each.time_s), 0.0) >= ESSES_DB
    ]
    if len(found) < LEAST_MOMENTS:
        return
    worst = max(found, key=lambda each: each.over_db)
    by_db = float(np.median([rise[int(each.time_s)] for each in found]))
    yield Finding(
        Severity.WARN,
        "esses",
        f"the chain brings {len(found)} s-sounds out, by {by_db:.0f} dB; "
        f"the sharpest at {clock(worst.time_s)} stands {worst.over_db:.0f} dB over 1–4 kHz",
        time_s=worst.time_s,
        action="listen there; slow the compressor's attack or lower its ratio, or ask for a "
        "de-esser in the mix",
        evidence=Evidence(
            times_s=tuple(each.time_s for each in found[:20]),
            numbers=(
                ("raised_by_chain_db", round(by_db, 1)),
                ("allowed_raised_by_chain_db", ESSES_DB),
                ("worst_over_db", worst.over_db),
            ),
        ),
    )


def _risen(heard: Heard) -> dict[int, float]:
    """Return by how much the esses of each second have come up against its body."""
    before = heard.peaks_of_mix("sibilance") - heard.of_mix("body")
    rise = heard.peaks_of_master("sibilance") - heard.of_master("body") - before
    return dict(zip(heard.seconds.tolist(), rise.tolist(), strict=True))


def _presence(heard: Heard) -> Iterator[Finding]:
    before = heard.of_mix("presence") - heard.of_mix("body")
    rise = heard.of_master("presence") - heard.of_master("body") - before
    raised = heard.is_loud & (rise >= PRESENCE_DB)
    if raised.sum() < max(LEAST_LOUD_S, heard.is_loud.sum() // 4):
        return
    times_s = worst_first(heard.seconds[raised].tolist(), by=rise[raised])
    by_db = float(np.median(rise[raised]))
    worst = float(heard.seconds[raised][rise[raised].argmax()])
    yield Finding(
        Severity.WARN,
        "presence",
        f"the chain brings 2–5 kHz out in the loud passages, by {by_db:.0f} dB, most of all "
        f"at {clock(worst)}",
        time_s=worst,
        action="listen there whether it is harsh; lower the EQ, or give the compressor a "
        "high-pass in its side chain",
        evidence=Evidence(
            times_s=times_s,
            numbers=(
                ("raised_by_chain_db", round(by_db, 1)),
                ("allowed_raised_by_chain_db", PRESENCE_DB),
            ),
        ),
    )
