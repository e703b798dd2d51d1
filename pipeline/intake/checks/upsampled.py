"""High sample rates that hold the sound of a lower one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.bandwidth import (
    LEAST_DROP_DB,
    BandwidthFigures,
    Cutoff,
    cutoff,
)

# 32 kHz is left out: its edge at 16 kHz is that of MP3.
ORIGINAL_RATES_HZ = (22_050, 24_000, 44_100, 48_000, 88_200, 96_000)
# Where resamplers are half way down, as a part of half the original rate. Own measurements:
# soxr 0.958 to 0.987. Lossy coders stop at 20 kHz, 0.907 of 22.05 kHz.
EDGE_PARTS = (0.955, 1.005)


@check(
    "intake/upsampled",
    rationale="""A file at a high rate that was made from one at a low rate is larger, not
    better; shops that sell high resolution measure this and refuse it.""",
)
def upsampled(received: Surveyed) -> Iterator[Finding]:
    """The sound reaches as far up as the sample rate allows."""
    levels_db = received.survey.of(BandwidthFigures).levels_db
    rate_hz = received.facts.sample_rate_hz
    edge = cutoff(levels_db, rate_hz) if levels_db and not received.facts.is_lossy else None
    original_hz = original_rate_hz(edge, rate_hz) if edge else None
    if edge is None or original_hz is None:
        return
    yield Finding(
        Severity.WARN,
        "resampled",
        f"the file has {rate_hz / 1000:g} kHz, but above {edge.hz / 1000:.1f} kHz there is "
        f"nothing: it was made from {original_hz / 1000:g} kHz",
        action=f"ask for the mix at the {original_hz / 1000:g} kHz of its session",
        evidence=Evidence(
            numbers=(
                ("edge_hz", round(edge.hz)),
                ("drop_db", round(edge.drop_db, 1)),
                ("least_drop_db", LEAST_DROP_DB),
                ("original_rate_hz", original_hz),
            ),
            plot=spectrum_plot(levels_db, rate_hz, edge.hz),
        ),
    )


def original_rate_hz(edge: Cutoff, sample_rate_hz: int) -> int | None:
    """Return the lower sample rate that explains where the sound ends, if one does."""
    low, high = EDGE_PARTS
    fitting = (
        each
        for each in ORIGINAL_RATES_HZ
        if each < sample_rate_hz and low <= edge.hz / (each / 2) <= high
    )
    return next(fitting, None)


def spectrum_plot(levels_db: tuple[float, ...], sample_rate_hz: int, edge_hz: float) -> Plot:
    """Return the spectrum up to half the sample rate, with its edge marked."""
    band_hz = sample_rate_hz / 2 / len(levels_db)
    middles = (np.arange(len(levels_db)) + 0.5) * band_hz
    return Plot(
        x=tuple(np.round(middles, 1).tolist()),
        y=levels_db,
        x_label="frequency, Hz",
        y_label="mean level of a bin, dB",
        marks=(edge_hz,),
    )
