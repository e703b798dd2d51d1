"""More reverb than can be taken off again."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.moments import MomentsFigures

# A room with reverberation time T lets sound fall by 60 dB in T, so the steepest fall of a mix
# bounds its reverb from above. But held chords and dense guitars do not fall either: of clean
# pieces a tenth fall by less than 19 dB/s, of the same with 3 s of reverb as loud as the dry
# sound half fall by less than 24. Hence advice of low confidence.
ADVICE_FALL_DB_PER_S = 19.0
DECAY_DB = 60.0


@check(
    "intake/reverb",
    rationale="""Reverb can be added in mastering and never taken away, and compression
    brings it forward.""",
)
def reverb(received: Surveyed) -> Iterator[Finding]:
    """Somewhere in the mix sound dies away at the speed of a room that is not too wet."""
    fall = received.survey.of(MomentsFigures).steepest_fall_db_per_s
    if fall is None or fall >= ADVICE_FALL_DB_PER_S:
        return
    yield Finding(
        Severity.INFO,
        "wet",
        f"advice, of low confidence: the mix may be too wet; nothing in it dies away faster "
        f"than in a hall of {DECAY_DB / max(fall, 1.0):.0f} s (or everything is held)",
        action="listen on headphones; if so, ask for a bounce with less reverb beside this one",
        evidence=Evidence(
            numbers=(
                ("steepest_fall_db_per_s", fall),
                ("allowed_steepest_fall_db_per_s", ADVICE_FALL_DB_PER_S),
            )
        ),
    )
