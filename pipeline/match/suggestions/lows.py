"""Against what takes the room below: rumble, too much bass, one booming note, a wide bass."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10, sqrt

import numpy as np

from pipeline.intake.listeners.stereo import StereoFigures
from pipeline.intake.listeners.tone import ToneFigures
from pipeline.match.suggestions.song import Song, Suggestion, db_text, gentle_db, hz_text

USUAL_BASS_DB = 4.0

# Own measurements on 77 pieces of many kinds: in none of them does a third-octave from 50 to
# 400 Hz stand more than 8.2 dB over all but one of the six around it.
BOOM_DB = 9.0
BOOM_HZ = (49.0, 410.0)
BOOM_NEIGHBOURS = 3

# In the same 77 pieces, among them an orchestra in a hall, it is 0.03 at least: below zero, the
# bass of one side works against that of the other, and is lost where they meet.
WIDE_CORRELATION = 0.0
BASS_HZ = 150.0
AUDIBLE_DB = 20.0  # bands so far under the strongest do not carry the mix
MOST_LOSS_DB = 2.0


def rumble(song: Song) -> Iterator[Suggestion]:
    """Suggest a high-pass where much lies below what is heard."""
    if song.has("high_pass"):
        return
    for found in song.found("subsonic", "subsonic"):
        part = 100.0 * min(1.0, 10.0 ** (found["subsonic_part_db"] / 10.0))
        yield Suggestion(
            "rumble",
            "high_pass",
            {"at": "25 Hz"},
            f"{part:.0f} % of the energy lies below 20 Hz, where nothing is heard",
            tuple(found.items()),
        )
        return
    for found in song.found("low_end", "sub"):
        yield Suggestion(
            "rumble",
            "high_pass",
            {"at": "30 Hz"},
            f"below 40 Hz there is {found['sub_over_bass_db']:.0f} dB more than at 60-120 Hz",
            tuple(found.items()),
        )


def bass(song: Song) -> Iterator[Suggestion]:
    """Suggest a shelf where the bass drowns the rest."""
    for found in song.found("low_end", "bass"):
        over_db = found["bass_over_middle_db"]
        gain_db = gentle_db(-0.5 * (over_db - USUAL_BASS_DB))
        if not song.is_moved(80.0, gain_db):
            yield Suggestion(
                "bass",
                "eq",
                {"low_shelf": {"at": "130 Hz", "gain": db_text(gain_db)}},
                f"60-120 Hz stand {over_db:.1f} dB over 200-2000 Hz, {USUAL_BASS_DB:g} dB "
                "are much",
                tuple(found.items()),
            )


def boom(song: Song) -> Iterator[Suggestion]:
    """Suggest a bell on a low band that stands far over those around it."""
    tone = song.survey.of(ToneFigures)
    centres_hz, levels_db = np.array(tone.centres_hz), np.array(tone.levels_db)
    found = [
        (float(levels_db[place]) - _all_but_one(levels_db, place), float(centres_hz[place]))
        for place in range(BOOM_NEIGHBOURS, len(centres_hz) - BOOM_NEIGHBOURS)
        if BOOM_HZ[0] < centres_hz[place] < BOOM_HZ[1]
    ]
    over_db, at_hz = max(found, default=(0.0, 0.0))
    gain_db = gentle_db(-1.0 - 0.25 * (over_db - BOOM_DB))
    if not tone.heard_s or over_db < BOOM_DB or song.is_moved(at_hz, gain_db):
        return
    yield Suggestion(
        "boom",
        "eq",
        {"bell": {"at": hz_text(at_hz), "gain": db_text(gain_db), "q": "3"}},
        f"{at_hz:.0f} Hz stand {over_db:.1f} dB over what is around them, {BOOM_DB:g} dB are "
        "much",
        (("over_neighbours_db", round(over_db, 1)), ("allowed_over_neighbours_db", BOOM_DB)),
    )


def wide_bass(song: Song) -> Iterator[Suggestion]:
    """Suggest a narrower bass where left and right work against each other in it."""
    stereo = song.survey.of(StereoFigures)
    correlation = stereo.low_correlation
    if not stereo.has_both or correlation >= WIDE_CORRELATION or song.has("mono_bass"):
        return
    bass = [
        level
        for hz, level in zip(stereo.bands_hz, stereo.band_levels_lufs, strict=True)
        if hz < BASS_HZ
    ]
    is_turned_over = stereo.correlation <= 0.0  # the whole, which no narrower bass helps
    if is_turned_over or max(bass) < max(stereo.band_levels_lufs) - AUDIBLE_DB:
        return
    loss_lu = -10.0 * log10(max((1.0 + correlation) / 2.0, 1e-6))
    yield Suggestion(
        "a wide bass",
        "mono_bass",
        {"below": "120 Hz"},
        f"left and right work against each other below {BASS_HZ:g} Hz (correlation "
        f"{correlation:.2f}): mono loses {loss_lu:.0f} dB of it",
        (("correlation_below_150_hz", round(correlation, 2)), ("allowed_correlation", 0.0)),
        mix=f"{_share(correlation):.0f} %",
        is_last=True,
    )


def _all_but_one(levels_db: np.ndarray[tuple[int], np.dtype[np.float64]], place: int) -> float:
    """Return the level that all but one of the bands around one stay below."""
    near = levels_db[place - BOOM_NEIGHBOURS : place + BOOM_NEIGHBOURS + 1]
    return float(np.sort(np.delete(near, BOOM_NEIGHBOURS))[-2])


def _share(correlation: float) -> float:
    """Return how much of the sides may go, in percent, so that the bass loses 2 dB at most."""
    middle, sides = (1.0 + correlation) / 2.0, (1.0 - correlation) / 2.0
    left = (10.0 ** (-MOST_LOSS_DB / 10.0) - middle) / sides
    share = 1.0 - sqrt(max(left, 0.0))
    return 10.0 * max(1.0, share // 0.1)
