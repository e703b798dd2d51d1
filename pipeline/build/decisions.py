"""Every decision of an edition: kept while what it was decided from is unchanged, else made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel

from pipeline.assemble.timeline import Placement, Segment, Stream
from pipeline.build.joins import FIXED, correlation_of, overlaps
from pipeline.build.session import Intake, Session
from pipeline.build.work import EditionWork, chain_of
from pipeline.dsp.limiter import LIMITER_VERSION
from pipeline.engine import Output
from pipeline.findings import Finding, Severity
from pipeline.lock import (
    BASE,
    EditionLock,
    GroupDecision,
    JoinDecision,
    LevelDecision,
    digest_of,
)
from pipeline.master.chain import describe
from pipeline.spec.model import ChainItem, TrackSpec

LEVEL_VERSION = 1
AIM_TOLERANCE_LU = 0.1
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
        findings += table.findings()
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
        """Whether nothing it was decided from has changed."""
        return self.locked is not None and self.locked.source == self.source

    @property
    def keeps_gain(self) -> bool:
        """Whether a new mix takes over the gain of the one before."""
        return self.locked is not None and self.track.level_db == "as_mixed"

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
            for made in workers.map(
                lambda segment: self._segment(segment, levels, joins, common),
                list(self._work.segments()),
            ):
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
        """Return the one gain that all tracks share, if the spec asks for one."""
        return None

    def _segment(
        self,
        segment: Segment,
        levels: Mapping[str, LevelDecision],
        joins: Mapping[str, JoinDecision],
        common: GroupDecision | None,
    ) -> dict[str, LevelDecision]:
        """Decide the tracks of a segment that have no standing decision."""
        made = {}
        for name in segment.tracks:
            wanted = self._wanted[name]
            if name not in levels:
                made[name] = LevelDecision(
                    0.0, None, None, None, "stub", wanted.source, wanted.settings
                )
        return made

    def findings(self) -> tuple[Finding, ...]:
        """Say where a song cannot reach its aim, and why."""
        return ()


def _dumped(part: object) -> object:
    return part.model_dump(mode="json") if isinstance(part, BaseModel) else part
