"""One channel later than the other."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.stereo import StereoFigures

LEAST_LAG_MS = 0.03  # under two samples at 48 kHz; a converter that takes turns has half of one
# Own measurements: in two of three excerpts of game music (88) the phases of left and right
# agree by 0.9 or more, without a delay. In modelled rooms (1 to 12 sources, two microphones 0.2
# to 3 m apart) they agree on a delay beyond 0.03 ms by 0.84 at most, beyond 6 ms (2 m) by 0.24;
# of the clean excerpts none with a delay agrees on it by 0.5, but one by 0.86 that has one.
SURE_LIKENESS = 0.85
NO_PAIR_MS, NO_PAIR_LIKENESS = 6.0, 0.5
ADVICE_LIKENESS = 0.5
LEAST_GAIN = 0.1  # over the likeness without a delay


@check(
    "intake/delay",
    rationale="""A channel that comes late moves the middle aside on speakers and combs it
    out in mono. A pair of microphones at a distance does that on purpose, but never so
    exactly.""",
)
def delay(received: Surveyed) -> Iterator[Finding]:
    """What is in the middle reaches both channels at once."""
    figures = received.survey.of(StereoFigures)
    lag_ms, likeness = abs(figures.lag_ms), abs(figures.lag_likeness)
    gain = likeness - abs(figures.likeness_at_zero)
    if lag_ms < LEAST_LAG_MS or likeness < ADVICE_LIKENESS or gain < LEAST_GAIN:
        return
    late, early = ("left", "right") if figures.lag_ms > 0 else ("right", "left")
    turned = ", and turned over" if figures.lag_likeness < 0 else ""
    found = f"the {late} channel is {lag_ms:.2f} ms later than the {early}{turned}"
    if _is_sure(lag_ms, likeness):
        yield Finding(
            # Nine of ten are heard: the sides of very wide mixes have too little in common.
            Severity.INFO,
            "delayed",
            f"advice: {found}",
            action=f"ask for a bounce without the delay on the {late}, or why it is there",
            evidence=_evidence(figures),
        )
    else:
        yield Finding(
            Severity.INFO,
            "may-be-delayed",
            f"advice: {found}; two microphones at a distance do that, a mixer may not",
            action="ask whether this is a recording with a spaced pair",
            evidence=_evidence(figures),
        )


def _is_sure(lag_ms: float, likeness: float) -> bool:
    return likeness >= SURE_LIKENESS or (lag_ms >= NO_PAIR_MS and likeness >= NO_PAIR_LIKENESS)


def _evidence(figures: StereoFigures) -> Evidence:
    return Evidence(
        numbers=(
            ("left_later_by_ms", round(figures.lag_ms, 3)),
            ("phase_agreement", round(figures.lag_likeness, 3)),
            ("phase_agreement_limit", SURE_LIKENESS),
            ("phase_agreement_without_delay", round(figures.likeness_at_zero, 3)),
            ("coherence", round(figures.lag_coherence, 3)),
        )
    )
