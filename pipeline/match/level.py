"""The gain of every song, so that its *limited* result is as loud as it shall be.

Songs that touch share a limiter, so the songs of a segment are solved together; what comes of
them is worked out by `pipeline.match.limited`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.dsp.limiter import MARGIN_DB, LimiterSettings
from pipeline.dsp.loudness import pooled_loudness
from pipeline.match.limited import Match, Outcome, Song, outcome, peak_dbtp

_TOLERANCE_LU = 0.003
# Where 1 dB more of gain makes a song less than this much louder, the limiter is saturated.
_LEAST_SLOPE = 0.3
_MAX_STEP_DB = 1.0
_JUDGED_STEP_DB = 0.2
_MAX_TRIALS = 40
_MET_LU = 0.05
_MAX_SWEEPS = 4
_SETTLED_DB = 0.005


@dataclass(frozen=True, slots=True)
class Solution:
    """The gain of a song and what comes of it.

    Parameters
    ----------
    id : str
        The track's id.
    gain_db : float
        Gain before the limiter, rounded to 0.01 dB.
    predicted_lufs : float or None
        What `match` will read of the limited song at that gain; None if it reads nothing.
    shortfall_lu : float
        By how much that misses the aim: positive if too quiet, 0 within 0.05 LU.
    max_reduction_db : float
        Largest reduction by the limiter within the song.
    reason : str
        Why the aim is missed, in one sentence; empty if it is met.
    """

    id: str
    gain_db: float
    predicted_lufs: float | None
    shortfall_lu: float = 0.0
    max_reduction_db: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OneGain:
    """One gain for a whole album, and what comes of it.

    Parameters
    ----------
    gain_db : float
        To be added to the gain of every song, rounded to 0.01 dB.
    predicted_lufs : float or None
        Pooled loudness of the limited album; None if there is nothing to hear.
    shortfall_lu, max_reduction_db, reason
        As in `Solution`.
    """

    gain_db: float
    predicted_lufs: float | None
    shortfall_lu: float = 0.0
    max_reduction_db: float = 0.0
    reason: str = ""


def solve(
    songs: Sequence[Song],
    *,
    match: Match,
    limiter: LimiterSettings | None,
    max_reduction_db: float | None = None,
) -> tuple[Solution, ...]:
    """Return the gains at which the songs of one segment meet their aims.

    Parameters
    ----------
    songs : sequence of Song
        All songs of the segment, in its order.
    match : Match
        What of a song is brought to its aim.
    limiter : LimiterSettings or None
        The limiter that follows; None if there is none.
    max_reduction_db : float, optional
        The limiter shall never reduce a song by more than this; an aim may stay unmet for it.
        Where two songs overlap their sum may be reduced by more.
    """
    settled = [replace(song, gain_db=_plain_gain_db(song, match)) for song in songs]
    ends: dict[str, End] = {}
    for _ in range(_MAX_SWEEPS):
        moved_db = 0.0
        for place, song in enumerate(settled):
            if song.aim_lufs is None or limiter is None:
                continue
            gain_db, ends[song.id] = _search(
                settled, place, match=match, limiter=limiter, cap_db=max_reduction_db
            )
            settled[place] = replace(song, gain_db=gain_db)
            moved_db = max(moved_db, abs(gain_db - song.gain_db))
        if moved_db < _SETTLED_DB or len(settled) == 1:
            break
    outcomes = (outcome(settled, place, limiter=limiter) for place in range(len(settled)))
    return tuple(
        _solution(song, result, match=match, end=ends.get(song.id, End.MET))
        for song, result in zip(settled, outcomes, strict=True)
    )


def one_gain(
    segments: Sequence[Sequence[Song]],
    *,
    aim_lufs: float,
    limiter: LimiterSettings | None,
    max_reduction_db: float | None = None,
) -> OneGain:
    """Return the one gain that brings the pooled loudness of an album to its aim.

    Parameters
    ----------
    segments : sequence of sequences of Song
        All songs of the album; the gain is added to the `gain_db` of each.
    aim_lufs : float
        Integrated loudness of all songs taken together, in LUFS.
    limiter, max_reduction_db
        As for `solve`.
    """
    album = _album(segments, 0.0, None)
    loudness_lufs = pooled_loudness(each.energies for each in album)
    if loudness_lufs is None or not math.isfinite(loudness_lufs):
        return OneGain(0.0, None, reason="the album is silent, so no gain can make it louder")

    def loudness_at(gain_db: float) -> float:
        limited = _album(segments, gain_db, limiter)
        read_lufs = pooled_loudness(each.energies for each in limited)
        return -math.inf if read_lufs is None else read_lufs

    gain_db, end = aim_lufs - loudness_lufs, End.MET
    if limiter:
        most_db = min(
            _most_gain_db(song, limiter, max_reduction_db) - song.gain_db
            for songs in segments
            for song in songs
        )
        gain_db, end = _climb(loudness_at, aim_lufs, start_db=gain_db, most_db=most_db)
    gain_db = _rounded(gain_db, end)
    limited = _album(segments, gain_db, limiter)
    predicted_lufs = pooled_loudness(each.energies for each in limited)
    shortfall_lu = _shortfall_lu(aim_lufs, predicted_lufs)
    return OneGain(
        gain_db,
        predicted_lufs,
        shortfall_lu,
        max((each.max_reduction_db for each in limited), default=0.0),
        _reason(end, aim_lufs, predicted_lufs) if shortfall_lu else "",
    )


def common_reduction_db(songs: Sequence[Song], *, ceiling_dbtp: float) -> float:
    """Return the one gain, 0 dB or less, that brings the highest peak of all to the ceiling.

    For editions without a limiter: the songs keep their relations. Rounded down to 0.01 dB.
    Where songs overlap, each counts alone.
    """
    highest_dbtp = max((peak_dbtp(song) + song.gain_db for song in songs), default=-math.inf)
    over_db = max(0.0, highest_dbtp - ceiling_dbtp)
    return -math.ceil(100.0 * over_db - 1e-6) / 100.0


class End(StrEnum):
    """How a search for a gain ended."""

    MET = "met"
    CAPPED = "capped"
    SATURATED = "saturated"


def _plain_gain_db(song: Song, match: Match) -> float:
    """Return the gain that meets the aim if nothing is limited."""
    if song.aim_lufs is None:
        return song.gain_db
    read_lufs = outcome([replace(song, gain_db=0.0)], 0, limiter=None).reading_lufs(match)
    return 0.0 if read_lufs is None else round(song.aim_lufs - read_lufs, 2)


def _search(
    songs: Sequence[Song],
    place: int,
    *,
    match: Match,
    limiter: LimiterSettings,
    cap_db: float | None,
) -> tuple[float, End]:
    song = songs[place]
    assert song.aim_lufs is not None

    def loudness_at(gain_db: float) -> float:
        moved = [*songs[:place], replace(song, gain_db=gain_db), *songs[place + 1 :]]
        read_lufs = outcome(moved, place, limiter=limiter).reading_lufs(match)
        return -math.inf if read_lufs is None else read_lufs

    most_db = _most_gain_db(song, limiter, cap_db)
    gain_db, end = _climb(loudness_at, song.aim_lufs, start_db=song.gain_db, most_db=most_db)
    return _rounded(gain_db, end), end


def _most_gain_db(song: Song, limiter: LimiterSettings, cap_db: float | None) -> float:
    """Return the gain at which the limiter reduces the highest peak by the cap."""
    if cap_db is None:
        return math.inf
    return limiter.ceiling_dbtp + cap_db - MARGIN_DB - peak_dbtp(song)


def _climb(
    loudness_at: Callable[[float], float], aim_lufs: float, *, start_db: float, most_db: float
) -> tuple[float, End]:
    """Return the gain that meets the aim, or the last that is worth it."""
    gain_db, slope = min(start_db, most_db), 1.0
    read_lufs = loudness_at(gain_db)
    for _ in range(_MAX_TRIALS):
        missing_lu = aim_lufs - read_lufs
        if abs(missing_lu) <= _TOLERANCE_LU or not math.isfinite(missing_lu):
            break
        if missing_lu > 0 and gain_db >= most_db:
            return gain_db, End.CAPPED
        # Small steps: a large one could leap over the place where more gain stops helping.
        step_db = max(-_MAX_STEP_DB, min(_MAX_STEP_DB, missing_lu / slope, most_db - gain_db))
        louder_lufs = loudness_at(gain_db + step_db)
        rise = (louder_lufs - read_lufs) / step_db
        if step_db > _JUDGED_STEP_DB and rise < _LEAST_SLOPE:
            return gain_db, End.SATURATED
        slope = max(_LEAST_SLOPE, min(1.0, rise))
        gain_db, read_lufs = gain_db + step_db, louder_lufs
    return gain_db, End.MET


def _rounded(gain_db: float, end: End) -> float:
    # A capped gain is rounded down, so that the cap holds.
    hundredths = 100.0 * gain_db
    return (math.floor(hundredths + 1e-6) if end is End.CAPPED else round(hundredths)) / 100.0


def _solution(song: Song, result: Outcome, *, match: Match, end: End) -> Solution:
    predicted_lufs = result.reading_lufs(match)
    reason, shortfall_lu = "", 0.0
    if song.aim_lufs is not None:
        shortfall_lu = _shortfall_lu(song.aim_lufs, predicted_lufs)
        if predicted_lufs is None:
            reason = "the song is silent, so no gain can make it louder"
        elif shortfall_lu:
            reason = _reason(end, song.aim_lufs, predicted_lufs)
    return Solution(
        song.id, song.gain_db, predicted_lufs, shortfall_lu, result.max_reduction_db, reason
    )


def _shortfall_lu(aim_lufs: float, predicted_lufs: float | None) -> float:
    if predicted_lufs is None:
        return 0.0
    missing_lu = aim_lufs - predicted_lufs
    return missing_lu if abs(missing_lu) > _MET_LU else 0.0


def _reason(end: End, aim_lufs: float, predicted_lufs: float | None) -> str:
    reached = f"reaches {predicted_lufs:.1f} LUFS, not {aim_lufs:.1f} LUFS"
    if end is End.CAPPED:
        return (
            f"{reached}: more gain would be limited by more than limiter.max_reduction; "
            "raise that, lower the aim, or make the mix denser before the limiter"
        )
    if end is End.SATURATED:
        return (
            f"{reached}: the limiter takes nearly all of any further gain; lower the aim or "
            "make the mix denser before the limiter"
        )
    return f"{reached}: its neighbours in the segment hold the limiter down; lower the aim"


def _album(
    segments: Sequence[Sequence[Song]], gain_db: float, limiter: LimiterSettings | None
) -> list[Outcome]:
    moved = [
        [replace(song, gain_db=song.gain_db + gain_db) for song in each] for each in segments
    ]
    return [
        outcome(songs, place, limiter=limiter) for songs in moved for place in range(len(songs))
    ]
