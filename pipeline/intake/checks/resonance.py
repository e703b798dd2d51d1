"""Narrow resonances."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.resonance import Resonance, ResonanceFigures
from pipeline.intake.verdict import TONE, needs

# Own measurements: of 157 clean recordings one in seven reaches this, of 20 synthesised
# programmes half: instruments have formants, drones and favourite notes. 18 dB put in reach it
# in 97 of 100. Hence advice.
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
    if not found:
        return
    worst = found[0]
    yield Finding(
        Severity.INFO,
        "rings",
        f"advice: {' and '.join(_words(each) for each in found)} may be a resonance: "
        "it rings all through, whatever is played",
        action=f"sweep a narrow cut around {_hz(worst)}; if it sings, ask for it in the mix",
        evidence=Evidence(
            numbers=(
                ("frequency_hz", worst.frequency_hz),
                ("q", worst.q),
                ("gain_db", worst.gain_db),
                ("unexplained_by_notes_db", worst.excess_db),
                ("allowed_unexplained_by_notes_db", ADVICE_EXCESS_DB),
                *needs(TONE, max(worst.gain_db - LEFT_DB, 0.0)),
            ),
            plot=_picture(figures, found),
        ),
    )


def _picture(figures: ResonanceFigures, found: list[Resonance]) -> Plot:
    return Plot(
        figures.curve_hz,
        figures.curve_db,
        "frequency, Hz",
        "level that no note explains, dB",
        is_log_x=True,
        limit=ADVICE_EXCESS_DB,
        marks=tuple(each.frequency_hz for each in found),
    )


def _words(found: Resonance) -> str:
    return f"{_hz(found)} (+{found.gain_db:.0f} dB, Q {found.q:.0f})"


def _hz(found: Resonance) -> str:
    hz = found.frequency_hz
    return f"{hz / 1000:.1f} kHz" if hz >= 1000 else f"{hz:.0f} Hz"
