"""Whether every song can reach its aim: as it was decided, or as its mix lets expect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipeline.build.decisions import MATCHED, decide
from pipeline.build.preparing import standing
from pipeline.build.session import Intake, Session
from pipeline.build.work import EditionWork, chain_of
from pipeline.findings import Finding
from pipeline.intake.listeners.loudness import LoudnessFigures
from pipeline.lock import EditionLock
from pipeline.match.reach import Aim, reach
from pipeline.spec.model import TrackSpec

_TAMES_PEAKS = frozenset({"compressor"})  # behind it the peaks of the mix tell nothing


def aims_out_of_reach(
    session: Session, works: Mapping[str, EditionWork], intake: Intake
) -> tuple[Finding, ...]:
    """Return which songs will miss their aim.

    Songs that have been mastered are judged by the decision that a build would make or keep;
    the others by the loudness and the peak of their mix.
    """
    masters = [step for work in works.values() for step in work.masters.values()]
    decisions, missed = decide(
        session,
        works,
        intake,
        standing(session, session.plan(masters)),
        album_rate_hz=session.album_rate_hz(intake.facts),
    )
    figures = {
        name: survey.of(LoudnessFigures) for name, survey in session.surveys(intake).items()
    }
    expected = (
        replace(finding, check=reach.id, track=track.id, waived=_waived(session, track))
        for name, work in works.items()
        for track in _undecided(work, decisions[name])
        if (aim := _aim(work, track, figures[track.id], intake.facts[track.id].peak_dbfs))
        for finding in reach.run(aim)
    )
    return (*missed, *dict.fromkeys(expected))


def _undecided(work: EditionWork, decided: EditionLock) -> Iterator[TrackSpec]:
    """Yield the tracks whose peaks reach the limiter as they are, and have no decision yet."""
    for track in work.edition.tracks:
        names = {item.name for item in chain_of(track, work.edition)}
        is_open = track.id not in decided.levels and not track.master
        if is_open and not names & _TAMES_PEAKS and track.level_db != "as_mixed":
            yield track


def _aim(
    work: EditionWork, track: TrackSpec, figures: LoudnessFigures, peak_dbfs: float
) -> Aim | None:
    level, limiter = work.edition.level, work.edition.limiter
    whole = level.match != "loud_passages"
    reading = figures.integrated_lufs if whole else figures.loud_passages_lufs
    is_asked = level.match in MATCHED and level.at_lufs is not None and limiter is not None
    if not is_asked or reading is None:
        return None
    own_db = 0.0 if isinstance(track.level_db, str) else track.level_db
    assert level.at_lufs is not None
    assert limiter is not None
    return Aim(
        level.at_lufs + own_db,
        reading,
        peak_dbfs,
        limiter.ceiling_dbtp,
        limiter.max_reduction_db,
    )


def _waived(session: Session, track: TrackSpec) -> str:
    reasons = session.intent_of(track)
    return reasons.get(reach.id) or reasons.get("reach", "")
