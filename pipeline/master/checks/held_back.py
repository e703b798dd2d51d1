"""Processors that hold back more than mastering should."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.master.checks.worked import Worked

# House values: on a whole programme 1 to 2 dB are what engineers aim at.
MEAN_DB = 3.0
MOST_DB = 8.0


@check(
    "master/held_back",
    rationale="""A compressor that works all the time is a level control, and one that reaches
    deep is heard: what it evens out is missing where music lives, in its contrasts.""",
)
def held_back(worked: Worked) -> Iterator[Finding]:
    """No processor holds back more than 3 dB on average, or more than 8 dB at once."""
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
