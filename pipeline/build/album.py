"""A whole build, stage by stage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from formats.atomic import write_atomically
from pipeline.build.decisions import decide
from pipeline.build.handover import Delivered, deliver
from pipeline.build.orders import Order, place_order
from pipeline.build.parcels import blocking_of, prepare_parcel
from pipeline.build.reporting import Reporter
from pipeline.build.session import Intake, Session, Settings, Teller, open_session
from pipeline.build.work import EditionWork
from pipeline.engine import Results
from pipeline.engine.copies import disk_error
from pipeline.findings import Finding
from pipeline.lock import BASE, EditionLock, Lock, write_lock
from pipeline.report.data import AlbumReport, report_text
from pipeline.report.html import render_page

REPORTS = "reports"


@dataclass(frozen=True, slots=True)
class Built:
    """What a build brought: the report, where it lies, and seconds spent per kind of step."""

    report: AlbumReport
    folder: Path
    page: Path
    seconds: Mapping[str, float]


def build_album(
    path: Path, names: tuple[str, ...] = (), *, settings: Settings, teller: Teller
) -> Built:
    """Build the named deliverables of a spec, or all of them.

    Parameters
    ----------
    path : Path
        The spec.
    names : tuple of str
        Deliverables; all if empty.
    settings : Settings
        How the command was called.
    teller : Teller
        Who is told how it goes on.

    Raises
    ------
    PipelineError
        Whatever the user, the audio or the disk is to blame for; what stood in the output
        folder before stays as it was.
    """
    with open_session(path, settings=settings, teller=teller) as session:
        deliverables = session.chosen(names)
        intake = session.intake(deliverables)
        rate_hz = session.album_rate_hz(intake.facts)
        works = session.works(deliverables, intake)
        mastered = _mastered(session, works)
        decisions, findings = decide(
            session,
            works,
            intake,
            lambda output: session.path_of(mastered, output),
            album_rate_hz=rate_hz,
        )
        findings = (*intake.findings, *findings)
        orders = [
            place_order(
                name,
                spec,
                works[spec.edition or ""],
                decisions[spec.edition or ""],
                album_rate_hz=rate_hz,
            )
            for name, spec in deliverables.items()
        ]
        rendered = _rendered(session, orders)
        delivered = _delivered(session, orders, rendered, decisions, findings)
        lock = _new_lock(
            session, intake, decisions, works, delivered=delivered, rate_hz=rate_hz
        )
        reporter = Reporter(
            session,
            intake,
            works,
            decisions,
            delivered,
            mastered=mastered,
            rendered=rendered,
            album_rate_hz=rate_hz,
        )
        summary = _summary(session, orders, rendered, delivered)
        report = reporter.report(lock, summary, findings, (mastered, rendered))
        page = _write_report(session, report)
        write_lock(session.lock_path, lock)
        session.keep_results(deliverables)
        return Built(report, session.loaded.folder, page, session.seconds)


def _mastered(session: Session, works: Mapping[str, EditionWork]) -> Results:
    wanted = [step for work in works.values() for step in work.masters.values()]
    return session.run("mastering", session.plan(wanted))


def _rendered(session: Session, orders: list[Order]) -> Results:
    wanted = [step for order in orders for step in order.steps]
    return session.run("rendering", session.plan(wanted))


def _delivered(
    session: Session,
    orders: list[Order],
    rendered: Results,
    decisions: Mapping[str, EditionLock],
    findings: tuple[Finding, ...],
) -> list[Delivered]:
    parcels = []
    for order in orders:
        own = blocking_of(order, findings)
        parcel = prepare_parcel(
            session, order, rendered, decisions[order.spec.edition or ""], own
        )
        parcels.append((parcel, own))
    return deliver(session, parcels)


def _new_lock(
    session: Session,
    intake: Intake,
    decisions: Mapping[str, EditionLock],
    works: Mapping[str, EditionWork],
    *,
    delivered: list[Delivered],
    rate_hz: int,
) -> Lock:
    """Return the lock as this build leaves it; what was not built keeps its entries."""
    old = session.lock
    editions = {
        name or BASE: replace(each, starts_sectors=_starts(works[name]))
        for name, each in decisions.items()
    }
    return Lock(
        sample_rate_hz=rate_hz,
        revision=max([old.revision, *(each.parcel.revision for each in delivered)]),
        sources={**old.sources, **session.locked_sources(intake)},
        editions={**old.editions, **editions},
        deliverables={
            **old.deliverables,
            **{each.parcel.name: each.parcel.locked for each in delivered},
        },
    )


def _starts(work: EditionWork) -> dict[str, int]:
    timeline = work.timelines.get("files") or work.timelines["cd"]
    return {span.track: span.start_sectors for span in timeline.spans}


def _summary(
    session: Session, orders: list[Order], rendered: Results, delivered: list[Delivered]
) -> str:
    """Say in one sentence what is new, and how much is sample-identical to the last build."""
    now = {
        f"{order.name}:{track.span.track}": [
            rendered.artifact(output).digest for output in (*track.pcm, *track.payload)
        ]
        for order in orders
        for track in order.tracks
    }
    record = session.store.folder / "last-build.json"
    before = session.read_note(record)
    same = [name for name, digests in now.items() if before.get(name) == digests]
    changed = sorted({name.partition(":")[2] for name in now if name not in same})
    write_atomically(record, json.dumps({**before, **now}).encode())
    new = [each.parcel.name for each in delivered if each.status in {"new", "changed"}]
    held = [each.parcel.name for each in delivered if each.status == "held"]
    tracks = sorted({name.partition(":")[2] for name in now})
    untouched = [name for name in tracks if name not in changed]
    parts = [f"new: {', '.join(new)}" if new else "nothing is new"]
    if held:
        parts.append(f"NOT FOR RELEASE: {', '.join(held)}")
    if before:
        parts.append(
            f"{len(untouched)} of {len(tracks)} tracks are sample-identical to the last build"
        )
    else:
        parts.append(f"first build of {len(tracks)} tracks")
    return "; ".join(parts)


def _write_report(session: Session, report: AlbumReport) -> Path:
    folder = session.out / REPORTS
    page = folder / "album.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / "album.json", report_text(report).encode())
        write_atomically(page, render_page(report).encode())
    except OSError as error:
        raise disk_error(Path(error.filename or folder), error) from error
    return page
