"""Every decision of an edition: kept while what it was decided from is unchanged, else made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from pipeline.assemble.timeline import SECTORS_PER_SECOND, Placement, Segment, Stream
from pipeline.build.joins import FIXED, correlation_of, overlaps
from pipeline.build.session import Intake, Session
from pipeline.build.work import EditionWork, chain_of
from pipeline.dsp.cells import Cells
from pipeline.dsp.limiter import LIMITER_VERSION, LimiterSettings
from pipeline.dsp.truepeak import CELL_SAMPLES
from pipeline.engine import Output
from pipeline.findings import Finding, Severity
from pipeline.lock import (
    BASE,
    EditionLock,
    GroupDecision,
    JoinDecision,
    LevelDecision,
    digest_of,
    note_of,
)
from pipeline.master.chain import describe
from pipeline.match.level import common_reduction_db, one_gain, solve
from pipeline.match.limited import Match, Outcome, Song, heard_lufs, outcome
from pipeline.render.outline import song_of
from pipeline.spec.model import ChainItem, TrackSpec

LEVEL_VERSION = 1
AIM_TOLERANCE_LU = 0.1
NO_LIMITER_CEILING_DBTP = -1.0
MATCHED = frozenset({"integrated", "loud_passages"})

Lookup = Callable[[Output], Path | None]
"""Gives the path of an output of a master step; None if it has not been made yet."""


def decide(
    session: Session,
    works: Mapping[str, EditionWork],
    intake: Intake,
    lookup: Lookup,
    *,
    album_rate_hz: int,
) -> tuple[dict[str, EditionLock], tuple[Finding, ...]]:
    """Return the decisions of every edition, and what should be said about them.

    The base comes first: an edition inherits its decisions unless it re-targets. A track whose
    mix must be mastered first has no decision yet.
    """
    decided: dict[str, EditionLock] = {}
    findings: list[Finding] = []
    for name in sorted(works):
        table = _Table(
            session,
            works[name],
            intake,
            lookup=lookup,
            album_rate_hz=album_rate_hz,
            base=decided.get("") if name else None,
        )
        decided[name] = table.decided()
        findings += table.findings(decided[name])
    return decided, tuple(findings)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One track's level: what stands of it, and what it would be decided from."""

    track: TrackSpec
    source: str
    settings: str
    locked: LevelDecision | None

    @property
    def stands(self) -> bool:
        """Whether nothing it was decided from has changed, nor the gain itself."""
        return (
            self.locked is not None
            and self.locked.source == self.source
            and not self.locked.is_by_hand
        )

    @property
    def keeps_gain(self) -> bool:
        """Whether the gain in the lock is taken over: as mixed, or written there by hand."""
        if self.locked is None:
            return False
        return self.track.level_db == "as_mixed" or self.locked.is_by_hand

    @property
    def own_level_db(self) -> float:
        """Louder or softer than the aim."""
        return 0.0 if isinstance(self.track.level_db, str) else self.track.level_db


class _Table:
    """The decisions of one edition in the making."""

    def __init__(
        self,
        session: Session,
        work: EditionWork,
        intake: Intake,
        *,
        lookup: Lookup,
        album_rate_hz: int,
        base: EditionLock | None,
    ) -> None:
        self._session, self._work, self._intake = session, work, intake
        self._lookup, self._album_rate_hz = lookup, album_rate_hz
        self._level = work.edition.level
        self._locked = session.lock.edition(work.edition.id or BASE)
        self._base = base
        self._wanted = {track.id: self._want(track) for track in work.edition.tracks}

    def decided(self) -> EditionLock:
        """Return all decisions that can be made now."""
        joins = self._joins()
        levels = {
            name: each.locked
            for name, each in self._wanted.items()
            if each.stands and each.locked
        }
        common = self._common(levels)
        with ThreadPoolExecutor(self._session.settings.jobs) as workers:
            decide_segment = partial(
                self._segment, levels=dict(levels), joins=joins, common=common
            )
            for made in workers.map(decide_segment, list(self._work.segments())):
                levels |= made
        order = [track.id for track in self._work.edition.tracks if track.id in levels]
        return EditionLock({name: levels[name] for name in order}, joins, common)

    def _want(self, track: TrackSpec) -> _Wanted:
        settings = self._settings(track)
        found = self._locked.levels.get(track.id)
        if (found is None or found.settings != settings) and self._base is not None:
            found = self._base.levels.get(track.id)
        if found is not None and found.settings != settings:
            found = None
        return _Wanted(track, self._intake.sources[track.id].digest, settings, found)

    def _settings(self, track: TrackSpec) -> str:
        """Digest everything but the source that a track's level is decided from."""
        limiter = self._work.limiter
        return digest_of(
            {
                "version": [LEVEL_VERSION, LIMITER_VERSION],
                "match": self._level.match,
                "at_lufs": self._level.at_lufs,
                "level": track.level_db,
                "limiter": None if limiter is None else asdict(limiter),
                "max_reduction_db": self._max_reduction_db,
                "chain": describe(chain_of(track, self._work.edition)),
                "take": [_dumped(part) for part in (track.trim, track.fade_in, track.fade_out)],
                "finished": track.master is not None,
            }
        )

    @property
    def _max_reduction_db(self) -> float | None:
        limiter = self._work.edition.limiter
        return limiter.max_reduction_db if limiter else None

    def _joins(self) -> dict[str, JoinDecision]:
        """Return the correlation of every crossfade that can be measured now."""
        joins: dict[str, JoinDecision] = {}
        for segment in self._work.segments():
            for track, (stream, incoming, outgoing) in overlaps(segment).items():
                curve = incoming.take.join.curve
                if curve in FIXED:
                    joins[track] = JoinDecision(FIXED[curve], curve)
                elif outgoing is None:  # two rates: nothing can be compared sample by sample
                    joins[track] = JoinDecision(FIXED["equal_power"], "two rates")
                else:
                    found = self._join(stream, outgoing, incoming)
                    if found:
                        joins[track] = found
        return joins

    def _join(
        self, stream: Stream, outgoing: Placement, incoming: Placement
    ) -> JoinDecision | None:
        names = (outgoing.take.track, incoming.take.track)
        decided_from = digest_of(
            [
                [self._intake.sources[name].digest for name in names],
                [describe(self._chain(name)) for name in names],
                [outgoing.take.end_samples, incoming.take.start_samples],
                incoming.overlap_before_samples,
            ]
        )
        for lock in (self._locked, self._base or EditionLock()):
            locked = lock.joins.get(names[1])
            if locked and locked.decided_from == decided_from:
                return locked
        paths = [self._lookup(self._work.masters[name].output("audio")) for name in names]
        if paths[0] is None or paths[1] is None:
            return None
        found = correlation_of(
            outgoing,
            incoming,
            tracks=(paths[0], paths[1]),
            sample_rate_hz=stream.sample_rate_hz,
        )
        return JoinDecision(found, decided_from)

    def _chain(self, name: str) -> tuple[ChainItem, ...]:
        return chain_of(self._work.edition.track(name), self._work.edition)

    def _common(self, levels: Mapping[str, LevelDecision]) -> GroupDecision | None:
        """Return the one gain that all tracks share, if the spec asks for one.

        `keep` brings the album as a whole to its aim; without a limiter, the highest peak of
        all is brought under the ceiling. It is frozen while the settings stand, so that a new
        mix moves nobody else.
        """
        if not self._is_common_wanted:
            return None
        settings = self._common_settings()
        if self._locked.common and self._locked.common.settings == settings:
            return self._locked.common
        segments = self._all_songs()
        if segments is None:
            return None
        if self._level.match == "keep":
            assert self._level.at_lufs is not None
            found = one_gain(
                segments,
                aim_lufs=self._level.at_lufs,
                limiter=self._work.limiter,
                max_reduction_db=self._max_reduction_db,
            )
            reason = found.reason or f"brings the album to {_lufs(self._level.at_lufs)}"
            return GroupDecision(found.gain_db, reason, settings)
        songs = [song for each in segments for song in self._plainly_levelled(each)]
        gain_db = common_reduction_db(songs, ceiling_dbtp=NO_LIMITER_CEILING_DBTP)
        reason = "keeps the highest peak under -1 dBTP" if gain_db else "peaks leave room"
        return GroupDecision(gain_db, reason, settings)

    def _common_settings(self) -> str:
        """Digest what the common gain is decided from; which tracks there are is no part."""
        limiter = self._work.limiter
        return digest_of(
            {
                "version": [LEVEL_VERSION, LIMITER_VERSION],
                "match": self._level.match,
                "at_lufs": self._level.at_lufs,
                "limiter": None if limiter is None else asdict(limiter),
                "max_reduction_db": self._max_reduction_db,
            }
        )

    @property
    def _is_common_wanted(self) -> bool:
        if self._level.match == "keep":
            return self._level.at_lufs is not None
        return self._level.match in MATCHED and self._work.limiter is None

    def _all_songs(self) -> list[list[Song]] | None:
        """Return the songs of every segment; None if one has not been mastered yet."""
        segments = [self._songs(segment, {}, {}) for segment in self._work.segments()]
        return None if any(each is None for each in segments) else [s for s in segments if s]

    def _plainly_levelled(self, songs: Sequence[Song]) -> list[Song]:
        """Return songs at the gains that meet their aims without a limiter."""
        solved = solve(songs, match=Match(self._level.match), limiter=None)
        return [
            replace(song, gain_db=each.gain_db)
            for song, each in zip(songs, solved, strict=True)
            if not self._wanted[song.id].track.master
        ]

    def _segment(
        self,
        segment: Segment,
        levels: Mapping[str, LevelDecision],
        joins: Mapping[str, JoinDecision],
        common: GroupDecision | None,
    ) -> dict[str, LevelDecision]:
        """Decide the tracks of a segment that have no standing decision."""
        missing = [name for name in segment.tracks if name not in levels]
        if not missing or (self._is_common_wanted and common is None):
            return {}
        songs = self._songs(segment, levels, joins)
        if songs is None:
            return {}
        limiter = None if segment.is_finished else self._work.limiter
        if self._level.match in MATCHED:
            solved = solve(
                songs,
                match=Match(self._level.match),
                limiter=limiter,
                max_reduction_db=self._max_reduction_db,
            )
            gains = {each.id: each.gain_db for each in solved}
            reasons = {each.id: each.reason for each in solved}
        else:
            gains, reasons = {song.id: song.gain_db for song in songs}, {}
        gains = {name: self._with_common(name, gain, common) for name, gain in gains.items()}
        final = [replace(song, gain_db=gains[song.id]) for song in songs]
        made = {}
        for place, song in enumerate(final):
            if song.id in missing:
                limited = outcome(final, place, limiter=limiter)
                made[song.id] = self._decision(
                    song,
                    limited,
                    reasons.get(song.id, ""),
                    common=common,
                    heard_lufs=self._heard_lufs(segment, final, song.id, limiter),
                )
        return made

    def _heard_lufs(
        self,
        segment: Segment,
        songs: Sequence[Song],
        name: str,
        limiter: LimiterSettings | None,
    ) -> float | None:
        """Return the loudness of what is heard between a track's mark and the next."""
        cells_per_sector = self._album_rate_hz / (SECTORS_PER_SECOND * CELL_SAMPLES)
        place = segment.tracks.index(name)
        cut, n_sectors = list(segment.cut_lengths())[place]
        is_last = place + 1 == len(segment.tracks)
        return heard_lufs(
            songs,
            round(cut.start_sectors * cells_per_sector),
            round((cut.start_sectors + n_sectors) * cells_per_sector),
            limiter=limiter,
            is_before_silence=is_last and not self._is_last_of_all(name),
        )

    def _is_last_of_all(self, name: str) -> bool:
        return any(
            timeline.spans[-1].pieces[-1][0] == name
            for timeline in self._work.timelines.values()
        )

    def _with_common(self, name: str, gain_db: float, common: GroupDecision | None) -> float:
        wanted = self._wanted[name]
        is_final = wanted.track.master or wanted.locked is not None
        return gain_db if common is None or is_final else round(gain_db + common.gain_db, 2)

    def _songs(
        self,
        segment: Segment,
        levels: Mapping[str, LevelDecision],
        joins: Mapping[str, JoinDecision],
    ) -> list[Song] | None:
        """Return the segment as songs in cells; None if one has not been mastered yet."""
        songs = []
        for stream, placement in segment.placements:
            name = placement.take.track
            path = self._lookup(self._work.masters[name].output("cells"))
            if path is None:
                return None
            song = song_of(
                stream,
                placement,
                Cells.from_bytes(path.read_bytes()),
                sample_rate_hz=self._album_rate_hz,
                correlations={track: each.correlation for track, each in joins.items()},
            )
            aim_lufs, gain_db = self._target(name, levels)
            songs.append(replace(song, aim_lufs=aim_lufs, gain_db=gain_db))
        return songs

    def _target(
        self, name: str, levels: Mapping[str, LevelDecision]
    ) -> tuple[float | None, float]:
        """Return what a song is solved for: an aim, or none and a gain that stands."""
        wanted = self._wanted[name]
        if name in levels:
            return None, levels[name].gain_db
        if wanted.track.master:
            return None, 0.0
        if wanted.locked and (wanted.keeps_gain or self._level.match not in MATCHED):
            return None, wanted.locked.gain_db
        if self._level.match not in MATCHED:
            return None, wanted.own_level_db
        return self._aim_lufs(wanted), 0.0

    def _aim_lufs(self, wanted: _Wanted) -> float | None:
        """Return where a song goes: a new mix to where the one before was, else to its aim."""
        if wanted.locked and wanted.locked.limited_lufs is not None:
            return wanted.locked.limited_lufs
        assert self._level.at_lufs is not None
        return self._level.at_lufs + wanted.own_level_db

    def _decision(
        self,
        song: Song,
        limited: Outcome,
        reason: str,
        *,
        common: GroupDecision | None,
        heard_lufs: float | None,
    ) -> LevelDecision:
        wanted = self._wanted[song.id]
        is_matched = self._level.match in MATCHED and not wanted.track.master
        match = Match(self._level.match) if is_matched else Match.INTEGRATED
        aim = self._aim_lufs(wanted) if is_matched and not wanted.keeps_gain else None
        return LevelDecision(
            gain_db=song.gain_db,
            limited_lufs=_rounded(limited.reading_lufs(match)),
            aim_lufs=_rounded(aim),
            integrated_lufs=_rounded(heard_lufs),
            reason=reason or self._reason(wanted, aim, common),
            source=wanted.source,
            settings=wanted.settings,
            noted=note_of(song.gain_db, wanted.source, wanted.settings),
        )

    def _reason(
        self, wanted: _Wanted, aim_lufs: float | None, common: GroupDecision | None
    ) -> str:
        if wanted.track.master:
            return "a finished master is not touched"
        if wanted.keeps_gain:
            by_hand = wanted.locked is not None and wanted.locked.is_by_hand
            mixed = "as mixed: the gain that the mix before it had"
            return "written into the lock by hand" if by_hand else mixed
        if aim_lufs is not None:
            what = "loud passages" if self._level.match == "loud_passages" else "whole song"
            now = "the loudness locked for the mix before" if wanted.locked else "the aim"
            shared = f", {common.gain_db:+.2f} dB for all" if common and common.gain_db else ""
            return f"{what} to {_lufs(aim_lufs)}, {now}{shared}"
        if wanted.locked:
            return "one gain for the album, kept for the new mix"
        own = f", its own level {wanted.own_level_db:+g} dB" if wanted.own_level_db else ""
        return (common.reason if common else "no level is asked for") + own

    def findings(self, decided: EditionLock) -> tuple[Finding, ...]:
        """Say where a song cannot reach its aim, by how much, and why."""
        edition = self._work.edition.id
        found = []
        for name, each in decided.levels.items():
            if each.aim_lufs is None or each.limited_lufs is None:
                continue
            short_lu = each.aim_lufs - each.limited_lufs
            shared_db = decided.common.gain_db if decided.common else 0.0
            if abs(short_lu + shared_db) > AIM_TOLERANCE_LU:
                found.append(
                    Finding(
                        Severity.WARN,
                        "aim-missed",
                        f"{edition + ': ' if edition else ''}{each.reason}",
                        check="match/level",
                        track=name,
                        waived=self._wanted[name].track.intent.get("level", ""),
                    )
                )
        return tuple(found)


def _lufs(level: float) -> str:
    return f"{level:.1f} LUFS".replace("-", "−")


def _rounded(level: float | None) -> float | None:
    return None if level is None else round(level, 2)


def _dumped(part: object) -> object:
    return part.model_dump(mode="json") if isinstance(part, BaseModel) else part
