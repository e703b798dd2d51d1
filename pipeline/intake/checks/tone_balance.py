"""Dull and bright mixes."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Plot, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.listeners.tone import ToneFigures
from pipeline.intake.verdict import TONE, needs

# Own measurements on 134 pieces of many kinds: 8 to 16 kHz lie 3.7 dB or more under 1 to
# 4 kHz in all of them, 6.8 dB or more in 98 %. Dull has no such edge: a quarter of them lie
# 28 dB under it, and a cello or a synthesiser may lie 60 dB under it by nature.
WARN_BRIGHT_DB, ADVICE_BRIGHT_DB = -4.0, -7.0
ADVICE_DULL_DB = -40.0
HIGHEST_BAND_HZ = 15_000.0


@check(
    "intake/tone_balance",
    rationale="""A mix that is far brighter or darker than records are was mostly made on
    speakers or in a room that said otherwise.""",
)
def tone_balance(received: Surveyed) -> Iterator[Finding]:
    """8 to 16 kHz lie somewhere between 4 and 40 dB under 1 to 4 kHz."""
    tone = received.survey.of(ToneFigures)
    if not tone.heard_s or tone.centres_hz[-1] < HIGHEST_BAND_HZ:
        return
    air_db = tone.between(7900, 17_000) - tone.between(990, 4100)
    if air_db >= ADVICE_BRIGHT_DB:
        yield _bright(tone, air_db)
    elif air_db <= ADVICE_DULL_DB:
        yield _dull(tone, air_db)


def picture(tone: ToneFigures, *, marks: tuple[float, ...]) -> Plot:
    """Return the third-octave spectrum of the loud passages."""
    return Plot(
        tone.centres_hz,
        tone.levels_db,
        "frequency, Hz",
        "level per third-octave, dBFS",
        is_log_x=True,
        marks=marks,
    )


def _bright(tone: ToneFigures, air_db: float) -> Finding:
    is_advice = air_db < WARN_BRIGHT_DB
    return Finding(
        Severity.INFO if is_advice else Severity.WARN,
        "bright",
        f"{'advice: ' if is_advice else ''}the mix is bright: 8–16 kHz lie {_under(air_db)} "
        f"1–4 kHz, {-ADVICE_BRIGHT_DB:.0f} dB under them is usual at most",
        action="ask whether cymbals, esses or a treble shelf may come down",
        evidence=_evidence(tone, air_db, WARN_BRIGHT_DB, air_db - ADVICE_BRIGHT_DB),
    )


def _dull(tone: ToneFigures, air_db: float) -> Finding:
    return Finding(
        Severity.INFO,
        "dull",
        f"advice: the mix may be dull: 8–16 kHz lie {_under(air_db)} 1–4 kHz",
        action="listen whether the top was lost; instruments without treble are dull by nature",
        evidence=_evidence(tone, air_db, ADVICE_DULL_DB, ADVICE_DULL_DB - air_db),
    )


def _under(air_db: float) -> str:
    return f"{abs(air_db):.0f} dB {'under' if air_db < 0 else 'over'}"


def _evidence(tone: ToneFigures, air_db: float, limit_db: float, needed_db: float) -> Evidence:
    return Evidence(
        numbers=(
            ("air_over_presence_db", round(air_db, 1)),
            ("allowed_air_over_presence_db", limit_db),
            *needs(TONE, needed_db),
        ),
        plot=picture(tone, marks=(8000.0,)),
    )
