"""Sound that was an MP3 or its like before it became a WAV."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.checks.upsampled import original_rate_hz, spectrum_plot
from pipeline.intake.listeners.bandwidth import LEAST_DROP_DB, BandwidthFigures, cutoff
from pipeline.intake.listeners.coding import CodingFigures

# Own measurements (benchmarks/intake/lossy_origin.py): the lead of untouched excerpts, whatever
# the music and however dull, has the median 0.6 and falls to one in e with every 0.3 above it.
# MP3 and AAC lead by 5 to 20, Vorbis by 5 to 16. Between the two lie mixes that only contain
# samples from lossy files, and what was encoded at the highest rates.
USUAL_LEAD, LEAD_SPREAD = 0.6, 0.3
INFO_LEAD, WARN_LEAD = 2.4, 3.0
# Encoders cut at 11 kHz (64 kb/s) to 20 kHz (320 kb/s).
LOWEST_EDGE_HZ = 10_000.0


@check(
    "intake/lossy_origin",
    rationale="""A WAV that was made from an MP3 or its like lacks what the encoder threw away,
    and the stores encode it again: the losses add up and become audible.""",
)
def lossy_origin(received: Surveyed) -> Iterator[Finding]:
    """No mix was encoded lossily before it became a lossless file."""
    coding = received.survey.of(CodingFigures)
    if received.facts.is_lossy:
        return
    if coding.lead < INFO_LEAD:
        yield from _edge(received)
        return
    is_sure = coding.lead >= WARN_LEAD
    confidence = _confidence(coding.lead)
    blocks = f"the blocks of {coding.coder}{_rate(coding, received.facts.sample_rate_hz)}"
    yield Finding(
        Severity.WARN if is_sure else Severity.INFO,
        "laundered" if is_sure else "lossy-parts",
        f"the sound falls into {blocks}: it was encoded lossily before it "
        f"became this file (confidence {_shown(confidence)})"
        if is_sure
        else f"advice: traces of {blocks}: the mix, or samples in it, may have been "
        f"encoded lossily before (confidence {_shown(confidence)})",
        action="ask for the bounce from the session; what an encoder took cannot be given back",
        evidence=Evidence(
            numbers=(
                ("lead_standard_deviations", coding.lead),
                ("warns_from_standard_deviations", WARN_LEAD),
                ("confidence_percent", round(100 * confidence, 3)),
                ("coded_hz", float(coding.coded_hz)),
                ("block_start_samples", float(coding.start_samples)),
            ),
            plot=_plot(coding.levels),
        ),
    )


def _edge(received: Surveyed) -> Iterator[Finding]:
    """Remark on a knife-sharp end of the sound, if no resampler explains it."""
    levels_db = received.survey.of(BandwidthFigures).levels_db
    rate_hz = received.facts.sample_rate_hz
    edge = cutoff(levels_db, rate_hz) if levels_db else None
    if edge is None or edge.hz < LOWEST_EDGE_HZ or original_rate_hz(edge, rate_hz):
        return
    yield Finding(
        Severity.INFO,
        "edge",
        f"advice: above {edge.hz / 1000:.1f} kHz there is nothing; a lossy encoder or a steep "
        f"low-pass may have been at work",
        action="ask how the mix was bounced, and whether an MP3 or its like was on the way",
        evidence=Evidence(
            numbers=(
                ("edge_hz", round(edge.hz)),
                ("drop_db", round(edge.drop_db, 1)),
                ("least_drop_db", LEAST_DROP_DB),
            ),
            plot=spectrum_plot(levels_db, rate_hz, edge.hz),
        ),
    )


def _rate(coding: CodingFigures, rate_hz: int) -> str:
    """Return at which rate, where the mix has another: it was resampled since."""
    return "" if coding.coded_hz == rate_hz else f" at {coding.coded_hz / 1000:g} kHz"


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
