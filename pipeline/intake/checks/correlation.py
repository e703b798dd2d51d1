"""Passages in which left and right work against each other."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.polarity import inversion
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.decode import timecode
from pipeline.intake.listeners.stereo import StereoFigures

# Own measurements, 88 excerpts of game music: 95 of 100 have under 9 % of their time below
# -0.3, and the worst has 8 % below -0.5.
LOW_CORRELATION, LOW_SHARE = -0.3, 0.1
MOST_PLACES = 20


@check(
    "intake/correlation",
    rationale="""Where left and right work against each other for long, the sound has no
    place, and is gone in mono; a section pasted with one side turned over sounds so too.""",
)
def correlation(received: Surveyed) -> Iterator[Finding]:
    """Left and right work together from start to end."""
    figures = received.survey.of(StereoFigures)
    n_passages = len(figures.passage_correlations)
    if not n_passages or inversion(figures):
        return  # `intake/polarity` tells the cause
    low = [
        (start_s, each)
        for start_s, each in zip(figures.passages_s, figures.passage_correlations, strict=True)
        if each < LOW_CORRELATION
    ]
    if len(low) < max(1.0, LOW_SHARE * n_passages):
        return
    first_s = low[0][0]
    yield Finding(
        # A pasted section is heard in 17 mixes of 20 only, so this stays advice.
        Severity.INFO,
        "against-each-other",
        "advice: left and right work against each other for "
        f"{len(low) * figures.passage_s:.0f} s, "
        f"first at {timecode(round(first_s * 1000), 1000)[:-4]}",
        time_s=first_s,
        action="listen there in mono; ask which part was widened, or has one side turned over",
        evidence=_evidence(figures, [start_s for start_s, _ in low]),
    )


def _evidence(figures: StereoFigures, places_s: list[float]) -> Evidence:
    return Evidence(
        times_s=tuple(places_s[:MOST_PLACES]),
        numbers=(
            ("correlation_lowest", min(figures.passage_correlations)),
            ("correlation_limit", LOW_CORRELATION),
            ("share_limit", LOW_SHARE),
        ),
        plot=Plot(
            figures.passages_s,
            figures.passage_correlations,
            "time, s",
            "correlation",
            limit=LOW_CORRELATION,
        ),
    )
