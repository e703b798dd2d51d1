"""Sound that was an MP3 or its like before it became a WAV."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.coding import CodingFigures

# Own measurements (benchmarks/intake/lossy_origin.py): the lead of untouched excerpts of 20 s,
# whatever the music and however dull, has the median 0.6 and falls to one in e with every 0.35
# above it; no excerpt reached 2.6. Mixes that only contain samples from Vorbis files reached
# 3.6. MP3 and AAC lead by 5 to 20, Vorbis by 10 to 40.
USUAL_LEAD, LEAD_SPREAD = 0.6, 0.35
INFO_LEAD, WARN_LEAD = 2.6, 4.0


@check(
    "intake/lossy_origin",
    rationale="""A WAV that was made from an MP3 or its like lacks what the encoder threw away,
    and the stores encode it again: the losses add up and become audible.""",
)
def lossy_origin(received: Surveyed) -> Iterator[Finding]:
    """No mix was encoded lossily before it became a lossless file."""
    coding = received.survey.of(CodingFigures)
    if received.facts.is_lossy or coding.lead < INFO_LEAD:
        return
    is_sure = coding.lead >= WARN_LEAD
    confidence = _confidence(coding.lead)
    yield Finding(
        Severity.WARN if is_sure else Severity.INFO,
        "laundered" if is_sure else "lossy-parts",
        f"the sound falls into the blocks of {coding.coder}: it was encoded lossily before it "
        f"became this file (confidence {_shown(confidence)})"
        if is_sure
        else f"advice: traces of {coding.coder}: the mix, or samples in it, may have been "
        f"encoded lossily before (confidence {_shown(confidence)})",
        action="ask for the bounce from the session; what an encoder took cannot be given back",
        evidence=Evidence(
            numbers=(
                ("lead_standard_deviations", coding.lead),
                ("warns_from_standard_deviations", WARN_LEAD),
                ("confidence_percent", round(100 * confidence, 3)),
                ("block_start_samples", float(coding.start_samples)),
            ),
            plot=_plot(coding.levels),
        ),
    )


def _confidence(lead: float) -> float:
    """Return the share of untouched mixes that lead by less."""
    return 1.0 - 0.5 * exp(-(lead - USUAL_LEAD) / LEAD_SPREAD)


def _shown(confidence: float) -> str:
    return "over 99.99 %" if confidence > 0.9999 else f"{100 * confidence:.2f} %"


def _plot(levels: tuple[float, ...]) -> Plot:
    reach = len(levels) // 2
    return Plot(
        x=tuple(float(offset) for offset in range(-reach, reach + 1)),
        y=levels,
        x_label="start of the blocks, samples beside the place found",
        y_label="level of the coder's lines, standard deviations",
        marks=(0.0,),
    )
