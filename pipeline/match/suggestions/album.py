"""Against a spectrum that stands apart from the album's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.match.suggestions.song import Song, Suggestion, db_text, gentle_db

SHARE = 0.4  # of the distance: more would take what makes it another song
APART_DB = 4.0  # where `intake/album_tone` begins
MOST_MOVES = 2


@dataclass(frozen=True, slots=True)
class _Move:
    name: str
    low_hz: float
    high_hz: float
    shape: str
    at: str
    at_hz: float
    q: str = ""


_MOVES = (
    _Move("low end", 60.0, 130.0, "low_shelf", "130 Hz", 80.0),
    _Move("low middle", 190.0, 830.0, "bell", "400 Hz", 400.0, "0.7"),
    _Move("presence", 1900.0, 5100.0, "bell", "3.2 kHz", 3200.0, "0.7"),
    _Move("top", 7900.0, 13_000.0, "high_shelf", "8 kHz", 12_000.0),
)


def apart(song: Song) -> Iterator[Suggestion]:
    """Suggest shelves and bells that bring a track a part of the way to the album."""
    finding = song.finding("album_tone", "apart")
    plot = finding.evidence.plot if finding and not finding.waived else None
    if plot is None:
        return
    frequency_hz, apart_db = np.array(plot.x), np.array(plot.y)
    moves = [
        (float(apart_db[inside].mean()), each)
        for each in _MOVES
        if (inside := (frequency_hz >= each.low_hz) & (frequency_hz < each.high_hz)).any()
    ]
    for mean_db, each in sorted(moves, key=lambda move: -abs(move[0]))[:MOST_MOVES]:
        gain_db = gentle_db(-SHARE * mean_db)
        if abs(mean_db) < APART_DB or song.is_moved(each.at_hz, gain_db):
            continue
        band = {"at": each.at, "gain": db_text(gain_db), **({"q": each.q} if each.q else {})}
        yield Suggestion(
            f"a {each.name} apart",
            "eq",
            {each.shape: band},
            f"it has {abs(mean_db):.1f} dB {'more' if mean_db > 0 else 'less'} there than the "
            "other songs",
            (("apart_db", round(mean_db, 1)), ("allowed_apart_db", APART_DB)),
        )
