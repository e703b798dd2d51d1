"""Stereo images that are made wider or narrower than a mix can bear."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.master.checks.worked import Worked
from pipeline.master.processors.width import Width
from pipeline.spec.model import ChainItem

# 80 to 125 % are customary; what the sides gain beyond half as much again, mono loses.
USUAL = (80.0, 125.0)
MOST = (50.0, 150.0)
BASS_HZ = 250.0


@check(
    "master/width_change",
    rationale="""Widening turns the sides up: what is only there vanishes in mono, and centre
    voices sink. Narrowing takes away what the mix engineer placed there.""",
)
def width_change(worked: Worked) -> Iterator[Finding]:
    """The sides of a track stay between 80 and 125 % of what they were."""
    widths = [
        [effective_percent(item, amount) / 100.0 for amount in _amounts(item.parameters)]
        for item in worked.chain
        if isinstance(item.parameters, Width)
    ]
    narrowest = 100.0 * math.prod(min(each) for each in widths)
    widest = 100.0 * math.prod(max(each) for each in widths)
    percent = narrowest if narrowest < USUAL[0] and widest <= USUAL[1] else widest
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


def effective_percent(item: ChainItem, amount_percent: float) -> float:
    """Return what a width comes to where only a part of it is heard, or where most is."""
    return 100.0 + item.routing.percents[1] / 100.0 * (amount_percent - 100.0)


def _amounts(width: Width) -> tuple[float, ...]:
    """Return the width of each band, without that of the bass: a bass in mono is customary."""
    if width.bands is None:
        return width.amounts
    return tuple(band.amount for band in width.bands if (band.up_to or math.inf) > BASS_HZ)
