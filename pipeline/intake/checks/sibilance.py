"""Sharp s-sounds."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.checks.words import clock
from pipeline.intake.listeners.moments import MomentsFigures
from pipeline.intake.verdict import DYNAMIC, needs

# Own measurements on 134 pieces of many kinds: three or more moments reach 3 dB in 9 % of
# them, 5 dB in 1.5 % (hard hi-hats and noise of synthesisers).
ADVICE_OVER_DB = 3.0
WARN_OVER_DB = 5.0
LEAST_MOMENTS = 3
SHOWN = 20


@check(
    "intake/sibilance",
    rationale="""Sharp s-sounds get sharper with every stage behind the mix: compression
    brings them up, lossy encoders and lacquers break on them.""",
)
def sibilance(received: Surveyed) -> Iterator[Finding]:
    """No s-sound is stronger, at 5 to 9 kHz, than the mix is at 1 to 4 kHz."""
    found = received.survey.of(MomentsFigures).sibilants
    sharp = [each for each in found if each.over_db >= WARN_OVER_DB]
    severity = Severity.WARN if len(sharp) >= LEAST_MOMENTS else Severity.INFO
    if severity is Severity.INFO:
        sharp = [each for each in found if each.over_db >= ADVICE_OVER_DB]
    if len(sharp) < LEAST_MOMENTS:
        return
    worst = max(sharp, key=lambda each: each.over_db)
    places = sorted(sharp, key=lambda each: -each.over_db)[:SHOWN]
    times_s = tuple(sorted(each.time_s for each in places))
    advice = "" if severity is Severity.WARN else "advice: listen, this may be a cymbal; "
    yield Finding(
        severity,
        "sharp",
        f"{advice}{len(sharp)} s-sounds are sharp, the worst at {clock(worst.time_s)}: "
        f"5–9 kHz stand {worst.over_db:.0f} dB over 1–4 kHz",
        time_s=worst.time_s,
        action="ask for a de-esser on the voice, or for the cymbals lower at these places",
        evidence=Evidence(
            times_s=times_s,
            numbers=(
                ("worst_over_db", worst.over_db),
                ("allowed_over_db", WARN_OVER_DB),
                ("n_moments", float(len(sharp))),
                *needs(DYNAMIC, worst.over_db - ADVICE_OVER_DB),
            ),
        ),
    )
