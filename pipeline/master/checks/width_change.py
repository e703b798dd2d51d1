"""Stereo images that are made wider or narrower than a mix can bear."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.master.checks.worked import Worked
from pipeline.master.processors.width import Width

# 80 to 125 % are customary; what the sides gain beyond half as much again, mono loses.
USUAL = (80.0, 125.0)
MOST = (50.0, 150.0)


@check(
    "master/width_change",
    rationale="""Widening turns the sides up: what is only there vanishes in mono, and centre
    voices sink. Narrowing takes away what the mix engineer placed there.""",
)
def width_change(worked: Worked) -> Iterator[Finding]:
    """The sides of a track stay between 80 and 125 % of what they were."""
    amounts = [
        1.0 + item.routing.mix_percent / 100.0 * (item.parameters.amount / 100.0 - 1.0)
        for item in worked.chain
        if isinstance(item.parameters, Width)
    ]
    percent = 100.0 * math.prod(amounts)
    if USUAL[0] <= percent <= USUAL[1]:
        return
    is_too_much = not MOST[0] <= percent <= MOST[1]
    yield Finding(
        Severity.FAIL if is_too_much else Severity.WARN,
        "too-much" if is_too_much else "much",
        f"its sides are brought to {percent:.0f} % of what they were; {USUAL[0]:g} to "
        f"{USUAL[1]:g} % are usual, {MOST[0]:g} to {MOST[1]:g} % the most",
        action="ask for it in the mix; if it is meant, say why under intent: width_change",
        evidence=Evidence(
            numbers=(
                ("sides_percent", round(percent, 1)),
                ("least_percent", USUAL[0]),
                ("most_percent", USUAL[1]),
            )
        ),
    )
