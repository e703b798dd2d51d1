"""What a build would do: every step with its reason, and every dB it would change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.build.decisions import decide
from pipeline.build.handover import is_current
from pipeline.build.orders import Order
from pipeline.build.parcels import blocking_of, prepare_parcel
from pipeline.build.preparing import prepare, standing
from pipeline.build.session import Session, Settings, Teller, open_session
from pipeline.build.standing import own_digests, standing_files
from pipeline.build.work import EditionWork, chain_of
from pipeline.engine import Artifact, Output, Plan, explain, to_json
from pipeline.findings import Finding
from pipeline.lock import BASE, EditionLock
from pipeline.master.chain import describe, processor_title


@dataclass(frozen=True, slots=True)
class Change:
    """What would be done to one track's sound."""

    edition: str
    track: str
    gain_db: float | None
    is_frozen: bool
    reason: str
    chain: tuple[Mapping[str, Any], ...]
    ceiling_dbtp: float | None
    is_finished: bool

    def lines(self) -> Iterator[str]:
        """Yield it for people: the track, then its signal path, one processor a line."""
        who = f"{self.edition}/{self.track}" if self.edition else self.track
        if self.is_finished:
            yield f"{who}: a finished master, nothing is touched"
            return
        yield f"{who}:"
        for each in self.chain:
            yield f"    {_processor_text(each)}"
        yield f"    {_gain_text(self)}"
        if self.ceiling_dbtp is not None:
            yield f"    limiter: ceiling {self.ceiling_dbtp:g} dBTP"


@dataclass(frozen=True, slots=True)
class Handing:
    """What would become of one deliverable: ``unchanged``, ``make`` or ``waits``, and why."""

    name: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedAlbum:
    """A whole plan."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    plan: Plan
    deliverables: tuple[Handing, ...]

    def lines(self) -> Iterator[str]:
        """Yield it for people: the sound first, then the work."""
        for change in self.changes:
            yield from change.lines()
        yield from explain(self.plan)
        for each in self.deliverables:
            yield f"{each.name}: {each.reason}"

    def to_json(self) -> dict[str, Any]:
        """Return it with stable keys."""
        return {
            "changes": [
                {
                    "edition": each.edition,
                    "track": each.track,
                    "gain_db": each.gain_db,
                    "is_frozen": each.is_frozen,
                    "reason": each.reason,
                    "chain": list(each.chain),
                    "ceiling_dbtp": each.ceiling_dbtp,
                    "is_finished": each.is_finished,
                }
                for each in self.changes
            ],
            "findings": [each.to_json() for each in self.findings],
            "steps": to_json(self.plan)["steps"],
            "deliverables": [asdict(each) for each in self.deliverables],
        }


def plan_album(
    path: Path, names: tuple[str, ...], *, settings: Settings, teller: Teller
) -> PlannedAlbum:
    """Plan the named deliverables, or all; mixes are read, nothing else is made.

    Raises
    ------
    PipelineError
        As for a build.
    """
    with open_session(path, settings=settings, teller=teller) as session:
        prepared = prepare(session, names)
        decisions, findings = decide(
            session,
            prepared.works,
            prepared.intake,
            standing(session, session.plan(prepared.masters)),
            album_rate_hz=prepared.album_rate_hz,
        )
        orders = prepared.orders(decisions)
        whole = session.plan([step for order in orders for step in order.steps])
        changes = tuple(
            change
            for name, work in prepared.works.items()
            for change in _changes(session, name, work, decisions[name])
        )
        findings = (*prepared.intake.findings, *findings)
        handed = tuple(
            _handing(session, order, whole, decisions[order.spec.edition or ""], findings)
            for order in orders
        )
        return PlannedAlbum(changes, findings, whole, handed)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a plan knows to be in the store."""

    plan: Plan

    def artifact(self, output: Output) -> Artifact:
        planned = self.plan[output.step.name]
        return planned.outputs[output.name]


def _handing(
    session: Session,
    order: Order,
    plan: Plan,
    decisions: EditionLock,
    findings: tuple[Finding, ...],
) -> Handing:
    if any(plan[step.name].status != "reuse" for step in order.steps):
        return Handing(order.name, "waits", "made when its audio is")
    blocking = blocking_of(order, findings)
    parcel = prepare_parcel(session, order, _Known(plan), decisions, blocking)
    if is_current(session, parcel):
        return Handing(order.name, "unchanged", "unchanged")
    made_from = own_digests(parcel)
    standing = standing_files(session, order.name)
    changed = [name for name, digest in made_from.items() if digest not in standing]
    what = f"{len(changed)} of {len(made_from)} files made again, by no audio step"
    return Handing(order.name, "make", what if changed else "only its papers are made again")


def _changes(
    session: Session, name: str, work: EditionWork, decisions: EditionLock
) -> Iterator[Change]:
    before = session.lock.edition(name or BASE).levels
    for track in work.edition.tracks:
        decision = decisions.levels.get(track.id)
        yield Change(
            name,
            track.id,
            decision.gain_db if decision else None,
            decision is not None and before.get(track.id) == decision,
            decision.reason if decision else "its mix must be mastered first",
            tuple(describe(chain_of(track, work.edition))),
            work.limiter.ceiling_dbtp if work.limiter and not track.master else None,
            track.master is not None,
        )


def _gain_text(change: Change) -> str:
    if change.gain_db is None:
        return "level: gain decided in the build, once its mix is mastered"
    state = "locked" if change.is_frozen else "new"
    return f"level: gain {change.gain_db:+.2f} dB ({state}; {change.reason})"


def _processor_text(each: Mapping[str, Any]) -> str:
    return f"{processor_title(each)}: {_settings_text(each['parameters'])}"


def _settings_text(value: Any) -> str:
    """Return settings as a user would read them out: ``at 25 Hz, slope 12 dB/oct``."""
    if isinstance(value, Mapping):
        return ", ".join(
            f"{name} {_settings_text(each)}".strip() for name, each in value.items()
        )
    if isinstance(value, list):
        return "; ".join(_settings_text(each) for each in value)
    return str(value)
