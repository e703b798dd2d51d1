"""Peaks at and over full scale."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Received
from pipeline.intake.decode import timecode
from pipeline.intake.probe import MixFacts

# Unclipped mixes reach 0.1 runs a second; clipping by 3 dB gives 0.8 to 119 (own measurements).
WARN_RUNS_PER_S = 0.5
FAIL_RUNS_PER_S = 5.0


@check(
    "intake/clipped",
    rationale="What was cut off at full scale in the mix cannot be brought back in mastering.",
)
def clipped(received: Received) -> Iterator[Finding]:
    """No peak of the mix is cut off."""
    facts = received.facts
    if facts.n_clipped_runs:
        yield _runs(facts)
    elif facts.is_float and facts.peak_dbfs > 0.0:
        yield Finding(
            Severity.INFO,
            "over-in-float",
            f"peaks reach {facts.peak_dbfs:+.1f} dBFS; floating point keeps them whole",
        )


def _runs(facts: MixFacts) -> Finding:
    runs_per_s = facts.n_clipped_runs / facts.duration_s
    first = facts.first_clipped_sample or 0
    place = timecode(first, facts.sample_rate_hz)
    times = "time" if facts.n_clipped_runs == 1 else "times"
    return Finding(
        _severity(runs_per_s),
        "clipped",
        f"the mix is clipped {facts.n_clipped_runs} {times}, first at {place}",
        time_s=first / facts.sample_rate_hz,
        action="ask for a new bounce with the master fader 3 dB lower; if this is meant: "
        "intent: {clipped: …}",
        evidence=Evidence(
            times_s=(first / facts.sample_rate_hz,),
            numbers=(
                ("clipped_runs_per_s", round(runs_per_s, 3)),
                ("fails_from_runs_per_s", FAIL_RUNS_PER_S),
            ),
        ),
    )


def _severity(runs_per_s: float) -> Severity:
    if runs_per_s >= FAIL_RUNS_PER_S:
        return Severity.FAIL
    return Severity.WARN if runs_per_s >= WARN_RUNS_PER_S else Severity.INFO
