"""Deciding again what the lock froze."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.build.preparing import Prepared, master_and_decide, prepare
from pipeline.build.session import Session, Settings, Teller, open_session
from pipeline.errors import UsageError
from pipeline.lock import BASE, EditionLock, Lock, write_lock


@dataclass(frozen=True, slots=True)
class Moved:
    """A decision before and after; None where there was none."""

    edition: str
    track: str
    before_db: float | None
    after_db: float
    reason: str


@dataclass(frozen=True, slots=True)
class Relocked:
    """What deciding again brought."""

    moved: tuple[Moved, ...]
    unchanged: tuple[str, ...]
    is_written: bool

    def lines(self) -> Iterator[str]:
        """Yield it for people."""
        for each in self.moved:
            who = f"{each.edition}/{each.track}" if each.edition else each.track
            before = "none" if each.before_db is None else f"{each.before_db:+.2f} dB"
            yield f"{who}: gain {before} → {each.after_db:+.2f} dB ({each.reason})"
        if self.unchanged:
            yield f"unchanged: {', '.join(self.unchanged)}"
        yield "the lock is written" if self.is_written else "nothing is written"

    def to_json(self) -> dict[str, Any]:
        """Return it with stable keys."""
        return asdict(self)


def relock_album(
    path: Path,
    tracks: tuple[str, ...],
    *,
    dry_run: bool,
    settings: Settings,
    teller: Teller,
) -> Relocked:
    """Decide the named tracks afresh, or all, against the frozen rest.

    Raises
    ------
    UsageError
        If the album has no track of a name.
    PipelineError
        As for a build.
    """
    with open_session(path, settings=settings, teller=teller) as session:
        unknown = [name for name in tracks if name not in session.all_track_ids()]
        if unknown:
            raise UsageError(
                f"no track is called {', '.join(unknown)}",
                f"tracks: {', '.join(sorted(session.all_track_ids()))}",
            )
        old = session.lock
        session.lock = old.forget(frozenset(tracks) if tracks else None)
        prepared = prepare(session)
        decisions = master_and_decide(session, prepared).decisions
        if not dry_run:
            write_lock(session.lock_path, _relocked(session, old, prepared, decisions))
        return _compared(old, decisions, is_written=not dry_run)


def _relocked(
    session: Session, old: Lock, prepared: Prepared, decisions: Mapping[str, EditionLock]
) -> Lock:
    """Return the old lock with the new decisions; places on the programme did not move."""
    editions = {
        name or BASE: replace(each, starts_sectors=old.edition(name or BASE).starts_sectors)
        for name, each in decisions.items()
    }
    return replace(
        old,
        sample_rate_hz=prepared.album_rate_hz,
        sources={**old.sources, **session.locked_sources(prepared.intake)},
        editions={**old.editions, **editions},
    )


def _compared(old: Lock, decisions: Mapping[str, EditionLock], *, is_written: bool) -> Relocked:
    moved, unchanged = [], []
    for name, decided in decisions.items():
        before = old.edition(name or BASE).levels
        for track, decision in decided.levels.items():
            was = before.get(track)
            if was is not None and was.gain_db == decision.gain_db:
                unchanged.append(f"{name}/{track}" if name else track)
            else:
                was_db = was.gain_db if was else None
                moved.append(Moved(name, track, was_db, decision.gain_db, decision.reason))
    return Relocked(tuple(moved), tuple(unchanged), is_written)
