"""Against what tires the ear: resonances, harsh loud passages, sharp esses, a bright top."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.findings import Severity
from pipeline.intake.listeners.moments import MomentsFigures
from pipeline.intake.listeners.resonance import ResonanceFigures
from pipeline.match.suggestions.song import Song, Suggestion, db_text, gentle_db, hz_text

# Own measurements on 77 pieces: 2 of them ring that much, one in ten as much as `check` tells
# of. A cut is heard in everything, so it takes more to suggest one than to tell of it.
RINGING_DB = 5.0
MOST_CUTS = 2
USUAL_AIR_DB = -7.0
# Between what is usual in a mix and its loudest tenth; its peaks stand so far over the mean of
# the 45 ms around them.
USUAL_PERCENT, LOUD_PERCENT = 50.0, 90.0
PEAK_OVER_MEAN_DB = 6.0


def resonance(song: Song) -> Iterator[Suggestion]:
    """Suggest narrow cuts on what rings all through."""
    if not song.finding("resonance", "rings") or song.has("resonance_tamer"):
        return
    rings = [
        each
        for each in song.survey.of(ResonanceFigures).resonances
        if each.excess_db >= RINGING_DB
    ]
    for each in rings[:MOST_CUTS]:
        gain_db = gentle_db(-each.excess_db / 4.0)
        if song.is_moved(each.frequency_hz, gain_db):
            continue
        at = hz_text(each.frequency_hz)
        yield Suggestion(
            f"a resonance at {at}",
            "eq",
            {
                "bell": {
                    "at": at,
                    "gain": db_text(gain_db),
                    "q": f"{min(max(each.q, 4.0), 10.0):g}",
                }
            },
            f"it rings all through, {each.gain_db:.0f} dB over what is around it",
            (
                ("frequency_hz", each.frequency_hz),
                ("gain_db", each.gain_db),
                ("unexplained_by_notes_db", each.excess_db),
                ("allowed_unexplained_by_notes_db", RINGING_DB),
            ),
        )


def harshness(song: Song) -> Iterator[Suggestion]:
    """Suggest a band that gives way where the loud passages get sharp."""
    if song.has("dynamic_eq"):
        return
    for found in song.found("harshness", "build-up"):
        threshold_db = _presence_threshold_db(song.survey.of(MomentsFigures))
        yield Suggestion(
            "harshness",
            "dynamic_eq",
            {
                "bands": {
                    "at": "3.2 kHz",
                    "q": "0.8",
                    "threshold": f"{threshold_db} dB",
                    "range": "-2 dB",
                }
            },
            f"loud passages have {found['build_up_db']:.1f} dB more at 2-5 kHz than soft ones",
            tuple(found.items()),
        )


def _presence_threshold_db(moments: MomentsFigures) -> int:
    peaks_db = moments.peak_of("presence")
    if not len(peaks_db):
        return 0
    usual_db, loud_db = np.percentile(peaks_db, (USUAL_PERCENT, LOUD_PERCENT))
    threshold_db = round(float(usual_db + loud_db) / 2.0 + PEAK_OVER_MEAN_DB)
    return min(max(threshold_db, -80), 0)


def esses(song: Song) -> Iterator[Suggestion]:
    """Suggest a de-esser where s-sounds are sharper than a voice makes them."""
    finding = song.finding("sibilance", "sharp")
    if not finding or finding.severity is not Severity.WARN or song.has("deesser"):
        return
    numbers = dict(finding.evidence.numbers)
    yield Suggestion(
        "esses",
        "deesser",
        {"threshold": "-6 dB", "range": "2 dB"},
        f"{numbers['n_moments']:.0f} are sharp: 5-9 kHz stand up to "
        f"{numbers['worst_over_db']:.0f} dB over 1-4 kHz",
        tuple(numbers.items()),
    )


def brightness(song: Song) -> Iterator[Suggestion]:
    """Suggest a shelf where the top is stronger than records have it."""
    for found in song.found("tone_balance", "bright"):
        air_db = found["air_over_presence_db"]
        gain_db = gentle_db(-0.5 * (air_db - USUAL_AIR_DB))
        if not song.is_moved(12_000.0, gain_db):
            yield Suggestion(
                "a bright top",
                "eq",
                {"high_shelf": {"at": "8 kHz", "gain": db_text(gain_db)}},
                f"8-16 kHz lie {air_db:+.1f} dB from 1-4 kHz, {USUAL_AIR_DB:g} dB are usual "
                "at most",
                tuple(found.items()),
            )
