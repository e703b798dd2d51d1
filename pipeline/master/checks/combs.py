"""Processors that comb when they are mixed with what went into them."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.master.checks.worked import Worked
from pipeline.master.processors.multiband import Multiband

HEARD_DB = 0.5


@check(
    "master/combs",
    rationale="""Bands that are split with minimum phase come back with their phases turned.
    Mixed with what went in, which is not turned, they cancel where the two stand against each
    other, whether or not a band works.""",
)
def combs(worked: Worked) -> Iterator[Finding]:
    """No multiband of minimum phase is heard in parallel with its input."""
    for item in worked.chain:
        settings, (least, most) = item.parameters, item.routing.percents
        mix_percent = min(max(50.0, least), most)  # where the two come nearest to one another
        if not isinstance(settings, Multiband) or settings.phase != "minimum":
            continue
        dip_db = -20.0 * log10(max(abs(1.0 - mix_percent / 50.0), 1e-3))
        if 0.0 < mix_percent < 100.0 and dip_db > HEARD_DB:
            yield Finding(
                Severity.FAIL,
                "turned",
                f"its multiband of minimum phase is mixed in at {mix_percent:g} %, and cancels "
                f"with its input where its bands meet: dips of up to {_size(dip_db)}",
                action="write phase: linear, which does not turn anything, or mix: 100 %; if "
                "it is meant, say why under intent: combs",
                evidence=Evidence(
                    numbers=(
                        ("mix_percent", mix_percent),
                        ("largest_dip_db", round(dip_db, 1)),
                        ("allowed_dip_db", HEARD_DB),
                    )
                ),
            )


def _size(dip_db: float) -> str:
    return "everything there" if dip_db > 40.0 else f"{dip_db:.0f} dB"
