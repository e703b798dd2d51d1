"""What could be done to a mix, each move small, each with what was measured.

A suggestion is no decision: it becomes a line of the spec, which can be changed or struck out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.master.checks.tone_change import NOTED_DB, tone_curves
from pipeline.master.registry import parameters
from pipeline.match.suggestions import album, dynamics, highs, lows, repairs
from pipeline.match.suggestions.dynamics import remark
from pipeline.match.suggestions.song import LEAST_DB, Song, Suggestion, db_text
from pipeline.spec.model import ChainItem, read_item

RULES: tuple[Callable[[Song], Iterator[Suggestion]], ...] = (
    repairs.direct_current,
    repairs.hum,
    lows.rumble,
    lows.boom,
    lows.bass,
    highs.resonance,
    highs.brightness,
    album.apart,
    highs.harshness,
    highs.esses,
    dynamics.wide_range,
    lows.wide_bass,
)
"""In the order of the signal: what is mended comes before what is coloured."""

_LEAST_SONGS = 3  # of an album, for which one line speaks for all


@dataclass(frozen=True, slots=True)
class Suggested:
    """What is suggested for an album.

    Parameters
    ----------
    album : tuple of Suggestion
        For its own chain, since every song needs the same.
    songs : mapping of str to tuple of Suggestion
        For each track, by id, in the order of the signal.
    """

    album: tuple[Suggestion, ...]
    songs: Mapping[str, tuple[Suggestion, ...]]


def suggestions(song: Song) -> tuple[Suggestion, ...]:
    """Return what could be done to a song, in the order of the signal; empty if nothing."""
    found = [each for rule in RULES for each in rule(song)]
    return tuple(_within_guard_rails(found, song.chain))


def album_suggestions(songs: Mapping[str, Song]) -> Suggested:
    """Return what could be done to the songs of an album; what all need is said once."""
    found = {name: suggestions(song) for name, song in songs.items()}
    shared = _shared(found) if len(songs) >= _LEAST_SONGS else []
    return Suggested(
        tuple(_for_all(each, len(songs)) for each in shared),
        {
            name: tuple(each for each in own if not _is_among(each, shared))
            for name, own in found.items()
        },
    )


def chain_item(suggestion: Suggestion) -> ChainItem:
    """Return what a suggestion means in a chain."""
    return read_item(suggestion.written, parameters())


def _within_guard_rails(
    found: Iterable[Suggestion], chain: Sequence[ChainItem]
) -> Iterator[Suggestion]:
    """Yield suggestions, equalisers only as far as all together stay within 2 dB."""
    kept = list(chain)
    for each in found:
        fitting = _fitted(each, kept) if each.processor == "eq" else each
        if fitting:
            kept.append(chain_item(fitting))
            yield fitting


def _fitted(suggestion: Suggestion, chain: Sequence[ChainItem]) -> Suggestion | None:
    """Return an equaliser with so much of its gain that `master/tone_change` has no word."""
    ((shape, band),) = suggestion.settings.items()
    gain_db = float(band["gain"].removesuffix(" dB"))
    before_db = _largest_db(chain)
    while abs(gain_db) >= LEAST_DB:
        fitting = replace(
            suggestion, settings={shape: {**band, "gain": db_text(round(gain_db, 1))}}
        )
        if _largest_db([*chain, chain_item(fitting)]) <= max(NOTED_DB, before_db):
            return fitting
        gain_db -= float(np.copysign(0.1, gain_db))
    return None


def _largest_db(chain: Sequence[ChainItem]) -> float:
    _, curves_db = tone_curves(chain)
    return max(float(np.abs(each).max()) for each in curves_db.values())


def _shared(found: Mapping[str, tuple[Suggestion, ...]]) -> list[Suggestion]:
    """Return what is suggested for every song in the same way."""
    first, *others = found.values()
    return [each for each in first if all(_is_among(each, own) for own in others)]


def _is_among(suggestion: Suggestion, others: Iterable[Suggestion]) -> bool:
    return any(each.written == suggestion.written for each in others)


def _for_all(suggestion: Suggestion, n_songs: int) -> Suggestion:
    return replace(
        suggestion, reason=f"in all {n_songs} songs; in the first, {suggestion.reason}"
    )


__all__ = [
    "RULES",
    "Song",
    "Suggested",
    "Suggestion",
    "album_suggestions",
    "chain_item",
    "remark",
    "suggestions",
]
