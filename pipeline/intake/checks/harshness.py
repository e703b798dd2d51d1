"""Harshness in loud passages."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.checks.words import clock
from pipeline.intake.listeners.moments import MomentsFigures
from pipeline.intake.listeners.tone import ToneFigures
from pipeline.intake.verdict import DYNAMIC, needs

# Own measurements on 134 pieces of many kinds: the loudest quarter has up to 4.4 dB more
# presence than the rest in 95 % of them, and up to 6.8 dB more of it than of its neighbours in
# 98 %. 12 dB put into the loudest fifth raise it by 5 dB or more in nine of ten.
BUILD_UP_DB = 5.0
STANDING_OUT_DB = 8.0
# Where nothing is above 5 kHz, what is below it stands out of nothing.
EMPTY_ABOVE_DB = 30.0
SHOWN = 10
ALIKE_DB = 3.0


@check(
    "intake/harshness",
    rationale="""From 2 to 5 kHz the ear is keenest. What piles up there when the music gets
    loud makes listeners turn a record down, and a limiter brings it further out.""",
)
def harshness(received: Surveyed) -> Iterator[Finding]:
    """2 to 5 kHz do not grow out of proportion in the loud passages."""
    tone = received.survey.of(ToneFigures)
    if not tone.heard_s or tone.centres_hz[-1] < 10_000.0 or _is_empty_above(tone):
        return
    loudest = _presence_db(tone, "loudest_db")
    build_up = loudest - _presence_db(tone, "softer_db")
    over = max(build_up - BUILD_UP_DB, loudest - STANDING_OUT_DB)
    if over <= 0.0 or tone.softer_db == tone.loudest_db:
        return
    times_s = _worst_s(received.survey.of(MomentsFigures))
    where = f", most of all at {clock(times_s[0])}" if times_s else ""
    by, than = (
        (build_up, "the softer ones") if build_up > BUILD_UP_DB else (loudest, "around it")
    )
    yield Finding(
        Severity.INFO,
        "build-up",
        f"advice: the loud passages may be harsh{where}: "
        f"{by:.0f} dB more at 2–5 kHz than {than}",
        time_s=times_s[0] if times_s else None,
        action="ask for a dynamic EQ at 2–5 kHz on what carries the loud passages",
        evidence=Evidence(
            times_s=tuple(sorted(times_s)),
            numbers=(
                ("build_up_db", round(build_up, 1)),
                ("allowed_build_up_db", BUILD_UP_DB),
                ("presence_over_neighbours_db", round(loudest, 1)),
                ("allowed_presence_over_neighbours_db", STANDING_OUT_DB),
                *needs(DYNAMIC, over + 2.0),
            ),
        ),
    )


def _is_empty_above(tone: ToneFigures) -> bool:
    presence, above = (
        tone.between(low_hz, high_hz, of="loudest_db")
        for low_hz, high_hz in ((1990, 5100), (6300, 10_500))
    )
    return above < presence - EMPTY_ABOVE_DB


def _presence_db(tone: ToneFigures, of: str) -> float:
    """Return how far 2 to 5 kHz stand over the line between the bands below and above."""
    below, above = tone.between(630, 1590, of=of), tone.between(6300, 10_500, of=of)
    return tone.between(1990, 5100, of=of) - 0.5 * (below + above)


def _worst_s(moments: MomentsFigures) -> list[float]:
    """Return the loud seconds with about the most presence, the worst first."""
    presence, body = moments.mean_of("presence"), moments.mean_of("body")
    if not len(body):
        return []
    loud = np.flatnonzero(body >= np.median(body))
    order = loud[np.argsort((body - presence)[loud], kind="stable")]
    over = (presence - body)[order]
    return [float(each) for each in order[over >= over[0] - ALIKE_DB][:SHOWN]]
