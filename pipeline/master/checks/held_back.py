"""Processors that hold back more than mastering should."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.master.checks.worked import Worked

# House values: on a whole programme 1 to 2 dB are what engineers aim at.
MEAN_DB = 3.0
MOST_DB = 8.0
# Three gentle ones in a row are one that is not: what they hold back on average adds up.
TOGETHER_DB = 4.0


@check(
    "master/held_back",
    rationale="""A compressor that works all the time is a level control, and one that reaches
    deep is heard: what it evens out is missing where music lives, in its contrasts.""",
)
def held_back(worked: Worked) -> Iterator[Finding]:
    """No processor holds back over 3 dB on average or 8 dB at once, nor all of them 4 dB."""
    yield from _each(worked)
    means_db = [
        each["mean_reduction_db"]
        for each in worked.log
        if _is_broad(each) and each["mean_reduction_db"] > 0.0
    ]
    together_db = sum(means_db)
    if len(means_db) > 1 and together_db > TOGETHER_DB:
        yield Finding(
            Severity.WARN,
            "together",
            f"its {len(means_db)} compressors hold back {together_db:.1f} dB on average, one "
            f"after the other; {TOGETHER_DB:g} dB are the budget",
            action="leave one of them out; if it is meant, say why under intent: held_back",
            evidence=Evidence(
                numbers=(
                    ("mean_reduction_db", round(together_db, 1)),
                    ("allowed_mean_db", TOGETHER_DB),
                )
            ),
        )


def _is_broad(entry: Mapping[str, Any]) -> bool:
    """Whether a processor holds back the whole, and not one band of it."""
    return "mean_reduction_db" in entry and str(entry["processor"]).startswith("compressor")


def _each(worked: Worked) -> Iterator[Finding]:
    for each in worked.log:
        if "mean_reduction_db" not in each:
            continue
        mean_db, most_db = abs(each["mean_reduction_db"]), abs(each["max_reduction_db"])
        if mean_db <= MEAN_DB and most_db <= MOST_DB:
            continue
        yield Finding(
            Severity.WARN,
            "much",
            f"its {each['processor']} holds back {mean_db:.1f} dB on average and "
            f"{most_db:.1f} dB at most; {MEAN_DB:g} and {MOST_DB:g} dB are the budget",
            action="raise its threshold or lower its ratio; if it is meant, say why under "
            "intent: held_back",
            evidence=Evidence(
                numbers=(
                    ("mean_reduction_db", round(mean_db, 1)),
                    ("max_reduction_db", round(most_db, 1)),
                    ("allowed_mean_db", MEAN_DB),
                    ("allowed_max_db", MOST_DB),
                )
            ),
        )
