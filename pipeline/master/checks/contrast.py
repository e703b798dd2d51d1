"""Attacks and contrasts that a chain takes from a mix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.master.checks.worked import Worked

# Own measurements on 12 pieces: gentle compressors (1.5:1 and 2:1, 10 ms and slower) take up
# to 0.3 dB of the attacks and bring soft and loud up to 4.1 dB closer; fast ones that hold back
# 5 dB and more on average take 1 to 2.7 dB of the attacks.
ATTACKS_DB = 1.5
RANGE_DB = 5.0


@check(
    "master/contrast",
    rationale="""What makes music alive is how far beats stand over what is between them, and
    loud passages over soft ones. Each compressor and clipper takes a little of it, and nobody
    hears the sum grow.""",
)
def contrast(worked: Worked) -> Iterator[Finding]:
    """A chain takes no more than 1.5 dB of the attacks, or 5 dB between soft and loud."""
    if len(worked.levels) < 2:
        return
    mix, end = worked.levels[0], worked.levels[-1]
    attacks_db = end["attacks_lost_db"]
    if attacks_db > ATTACKS_DB:
        yield _attacks(attacks_db, _costliest(worked.levels))
    if mix["range_db"] is not None and end["range_db"] is not None:
        lost_db = mix["range_db"] - end["range_db"]
        if lost_db > RANGE_DB:
            yield _range(mix["range_db"], end["range_db"])


def _costliest(levels: Sequence[Mapping[str, Any]]) -> str:
    """Return the processor behind which most of the attacks is gone."""
    steps = [
        (now["attacks_lost_db"] - before["attacks_lost_db"], str(now["after"]))
        for before, now in pairwise(levels)
    ]
    return max(steps)[1]


def _attacks(lost_db: float, costliest: str) -> Finding:
    return Finding(
        Severity.WARN,
        "attacks",
        f"its chain takes {lost_db:.1f} dB of the attacks, most of it in its {costliest}; "
        f"{ATTACKS_DB:g} dB are the budget",
        action="slow the attack there, or raise the threshold; if it is meant, say why under "
        "intent: contrast",
        evidence=Evidence(
            numbers=(("attacks_lost_db", lost_db), ("allowed_attacks_lost_db", ATTACKS_DB))
        ),
    )


def _range(before_db: float, after_db: float) -> Finding:
    return Finding(
        Severity.WARN,
        "range",
        f"its chain brings soft and loud from {before_db:.1f} to {after_db:.1f} dB apart; "
        f"{RANGE_DB:g} dB less are the budget",
        action="raise the thresholds or lower the ratios; if it is meant, say why under "
        "intent: contrast",
        evidence=Evidence(
            numbers=(
                ("range_of_mix_db", before_db),
                ("range_db", after_db),
                ("allowed_range_lost_db", RANGE_DB),
            )
        ),
    )
