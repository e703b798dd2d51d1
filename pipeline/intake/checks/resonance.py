"""Narrow resonances."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.resonance import Resonance, ResonanceFigures
from pipeline.intake.verdict import TONE, needs

# Own measurements: 3 dB and more that no note explains stand in one of ten clean pieces, 4.5
# in one of fifteen: instruments have formants. Hence advice.
ADVICE_EXCESS_DB = 4.5
LEFT_DB = 6.0  # a peak of this height over its surroundings is part of many good sounds


@check(
    "intake/resonance",
    rationale="""A narrow peak that rings whatever is played is a room, a microphone or a
    plug-in, not the music; equalising and compressing make it more obvious.""",
)
def resonance(received: Surveyed) -> Iterator[Finding]:
    """No narrow band rings through the whole mix."""
    figures = received.survey.of(ResonanceFigures)
    found = [each for each in figures.resonances if each.excess_db >= ADVICE_EXCESS_DB]
    for each in found:
        yield Finding(
            Severity.INFO,
            "rings",
            f"advice: {_hz(each)} may be a resonance, it rings all through: "
            f"{each.gain_db:.0f} dB over its surroundings, Q {each.q:.0f}",
            action=f"sweep a narrow cut around {_hz(each)}; if it sings, ask for it in the mix",
            evidence=Evidence(
                numbers=(
                    ("frequency_hz", each.frequency_hz),
                    ("q", each.q),
                    ("gain_db", each.gain_db),
                    ("unexplained_by_notes_db", each.excess_db),
                    ("allowed_unexplained_by_notes_db", ADVICE_EXCESS_DB),
                    *needs(TONE, max(each.gain_db - LEFT_DB, 0.0)),
                ),
                plot=_picture(figures, each),
            ),
        )


def _picture(figures: ResonanceFigures, found: Resonance) -> Plot:
    return Plot(
        figures.curve_hz,
        figures.curve_db,
        "frequency, Hz",
        "level that no note explains, dB",
        is_log_x=True,
        limit=ADVICE_EXCESS_DB,
        marks=(found.frequency_hz,),
    )


def _hz(found: Resonance) -> str:
    hz = found.frequency_hz
    return f"{hz / 1000:.1f} kHz" if hz >= 1000 else f"{hz:.0f} Hz"
