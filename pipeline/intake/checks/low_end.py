"""Too much bass, or rumble below it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Surveyed
from pipeline.intake.checks.tone_balance import picture
from pipeline.intake.listeners.tone import ToneFigures
from pipeline.intake.verdict import TONE, needs

# Own measurements on 134 pieces of many kinds: 60 to 120 Hz stand up to 5.1 dB over all of
# 200 to 2000 Hz in 98 % of them, and never more than 6.0; below 40 Hz there is up to 3.2 dB
# more than at 60 to 120 Hz in 98 %.
WARN_BASS_DB, ADVICE_BASS_DB = 6.0, 4.0
WARN_SUB_DB = 4.0
LEAST_SUB_DB = -3.0  # over 200 to 2000 Hz: below that it takes no headroom


@check(
    "intake/low_end",
    rationale="""Bass takes the headroom and makes the limiter pump; what lies below 40 Hz
    takes it too, and hardly anybody hears it.""",
)
def low_end(received: Surveyed) -> Iterator[Finding]:
    """60 to 120 Hz do not drown the rest, and little lies below 40 Hz."""
    tone = received.survey.of(ToneFigures)
    if not tone.heard_s or tone.centres_hz[-1] < 2000.0:
        return
    body = tone.between(199, 2100)
    bass, sub = tone.between(60, 130), tone.between(19, 41)
    if bass - body >= ADVICE_BASS_DB:
        yield _excess_bass(tone, bass - body)
    if sub - bass >= WARN_SUB_DB and sub - body >= LEAST_SUB_DB:
        yield _excess_sub(tone, sub - bass)


def _excess_bass(tone: ToneFigures, over_db: float) -> Finding:
    is_advice = over_db < WARN_BASS_DB
    return Finding(
        Severity.INFO if is_advice else Severity.WARN,
        "bass",
        f"{'advice: ' if is_advice else ''}60–120 Hz stand {over_db:.0f} dB over the middle "
        f"(200–2000 Hz); {ADVICE_BASS_DB:.0f} dB are much",
        action="ask for less bass or bass drum, or say under intent: {low_end: …} "
        "that it is meant",
        evidence=Evidence(
            numbers=(
                ("bass_over_middle_db", round(over_db, 1)),
                ("allowed_bass_over_middle_db", WARN_BASS_DB),
                *needs(TONE, over_db - ADVICE_BASS_DB),
            ),
            plot=picture(tone, marks=(60.0, 120.0)),
        ),
    )


def _excess_sub(tone: ToneFigures, over_db: float) -> Finding:
    return Finding(
        Severity.WARN,
        "sub",
        f"below 40 Hz there is {over_db:.0f} dB more than at 60–120 Hz: "
        "it takes the headroom, and few will hear it",
        action="ask for a high-pass at 30 Hz on what rumbles, or put high_pass into the chain",
        evidence=Evidence(
            numbers=(
                ("sub_over_bass_db", round(over_db, 1)),
                ("allowed_sub_over_bass_db", WARN_SUB_DB),
                *needs(TONE, over_db - WARN_SUB_DB),
            ),
            plot=picture(tone, marks=(40.0,)),
        ),
    )
