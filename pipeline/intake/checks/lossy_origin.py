"""Sound that was an MP3 or its like before it became a WAV."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.coding import CodingFigures

# Own measurements (benchmarks/intake/lossy_origin.py): of untouched excerpts of 20 s the
# deepest dip follows a Gumbel law, whatever the music. So a dip of 6 comes up in one untouched
# mix of some thousand; what MP3 and AAC up to 320 kb/s leave reaches 7 to 90.
CHANCE_DIP, CHANCE_SPREAD = 3.75, 0.33
WARN_DIP = 6.0


@check(
    "intake/lossy_origin",
    rationale="""A WAV that was made from an MP3 or its like lacks what the encoder threw away,
    and the stores encode it again: the losses add up and become audible.""",
)
def lossy_origin(received: Surveyed) -> Iterator[Finding]:
    """No mix was encoded lossily before it became a lossless file."""
    coding = received.survey.of(CodingFigures)
    if received.facts.is_lossy or not coding.dips:
        return
    best = max(range(len(coding.dips)), key=lambda number: coding.dips[number])
    dip, coder = coding.dips[best], coding.coders[best]
    if dip < WARN_DIP:
        return
    confidence = _confidence(dip)
    yield Finding(
        Severity.WARN,
        "laundered",
        f"the sound falls into the blocks of {coder}: it was encoded lossily before it became "
        f"this file (confidence {_shown(confidence)})",
        action="ask for the bounce from the session; what an encoder took cannot be given back",
        evidence=Evidence(
            numbers=(
                ("dip_standard_deviations", dip),
                ("dip_of_untouched_sound_standard_deviations", WARN_DIP),
                ("confidence_percent", round(100 * confidence, 3)),
                ("block_start_samples", float(coding.starts_samples[best])),
            ),
            plot=_plot(coding.curve_db),
        ),
    )


def _confidence(dip: float) -> float:
    """Return the share of untouched mixes whose deepest dip is less deep."""
    return exp(-exp(-(dip - CHANCE_DIP) / CHANCE_SPREAD))


def _shown(confidence: float) -> str:
    return "over 99.99 %" if confidence > 0.9999 else f"{100 * confidence:.2f} %"


def _plot(curve_db: tuple[float, ...]) -> Plot:
    reach = len(curve_db) // 2
    return Plot(
        x=tuple(float(offset) for offset in range(-reach, reach + 1)),
        y=curve_db,
        x_label="start of the blocks, samples beside the place found",
        y_label="level of the coder's lines, dB",
        marks=(0.0,),
    )
