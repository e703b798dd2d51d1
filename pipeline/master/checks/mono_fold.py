"""Widths that make a song cancel in mono."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import inf

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.master.checks.width_change import effective_percent
from pipeline.master.checks.worked import Worked
from pipeline.master.processors.width import Width
from pipeline.units import HZ


@check(
    "master/mono_fold",
    rationale="""Telephones, clubs and kitchen radios play mono: the sides vanish there. Where a
    width makes them louder than the middle, most of the music is lost with them.""",
)
def mono_fold(worked: Worked) -> Iterator[Finding]:
    """No width makes the sides of a band louder than its middle, but for 5 % of the time."""
    heard = [each["mid_over_sides_db"] for each in worked.log if "mid_over_sides_db" in each]
    widths = [item for item in worked.chain if _widens(item.parameters)]
    if len(heard) != len(widths):
        return  # it was not mastered yet, or by a version that did not listen
    for item, levels_db in zip(widths, heard, strict=True):
        assert isinstance(item.parameters, Width)
        bands = zip(_bands(item.parameters), item.parameters.amounts, levels_db, strict=True)
        for band, amount, level_db in bands:
            percent = effective_percent(item, amount)
            widest = 100.0 * 10.0 ** ((inf if level_db is None else level_db) / 20.0)
            if amount > 100.0 and percent > widest:
                yield _too_wide(band, percent, widest)


def _too_wide(band: str, percent: float, widest: float) -> Finding:
    if widest > 100.0:
        action = f"write {int(widest)} % at most there"
    else:
        action = "leave it at 100 % there: the mix alone is as wide as mono bears"
    return Finding(
        Severity.FAIL,
        "cancels",
        f"a width of {percent:.0f} % makes its sides {band} louder than the middle; in mono "
        "more than half of that is lost",
        action=f"{action}; if it is meant, say why under intent: mono_fold",
        evidence=Evidence(
            numbers=(("sides_percent", round(percent, 1)), ("widest_percent", round(widest, 1)))
        ),
    )


def _widens(parameters: object) -> bool:
    return isinstance(parameters, Width) and parameters.widens


def _bands(width: Width) -> list[str]:
    at = [HZ.text(each) for each in width.at_hz]
    between = [f"between {low} and {high}" for low, high in pairwise(at)]
    return [f"below {at[0]}", *between, f"above {at[-1]}"]
