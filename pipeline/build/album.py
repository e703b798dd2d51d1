"""A whole build, stage by stage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from formats.atomic import write_atomically
from pipeline.build.handover import Delivered, Delivery, deliver, hand_over
from pipeline.build.orders import Order
from pipeline.build.parcels import blocking_of
from pipeline.build.preparing import Decided, Prepared, master_and_decide, prepare
from pipeline.build.reporting import Reporter
from pipeline.build.session import Session, Settings, Teller, open_session
from pipeline.build.work import EditionWork
from pipeline.engine import Results
from pipeline.engine.copies import disk_error
from pipeline.lock import BASE, Lock, write_lock
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
        prepared = prepare(session, names)
        decided = master_and_decide(session, prepared)
        orders = prepared.orders(decided.decisions)
        deliveries = [_delivery(session, order, decided) for order in orders]
        rendered = deliver(session, deliveries)
        delivered = hand_over(deliveries, rendered)
        lock = _new_lock(session, prepared, decided, delivered)
        reporter = Reporter(session, prepared, decided, rendered=rendered, delivered=delivered)
        summary = _summary(session, orders, rendered, delivered)
        report = reporter.report(lock, summary)
        page = _write_report(session, report)
        write_lock(session.lock_path, lock)
        session.keep_results(prepared.deliverables)
        return Built(report, session.loaded.folder, page, session.seconds)


def _delivery(session: Session, order: Order, decided: Decided) -> Delivery:
    blocking = blocking_of(order, decided.findings)
    return Delivery(session, order, decided.decisions[order.spec.edition or ""], blocking)


def _new_lock(
    session: Session, prepared: Prepared, decided: Decided, delivered: list[Delivered]
) -> Lock:
    """Return the lock as this build leaves it; what was not built keeps its entries."""
    old = session.lock
    editions = {
        name or BASE: replace(each, starts_sectors=_starts(prepared.works[name]))
        for name, each in decided.decisions.items()
    }
    return Lock(
        sample_rate_hz=prepared.album_rate_hz,
        revision=max([old.revision, *(each.parcel.revision for each in delivered)]),
        sources={**old.sources, **session.locked_sources(prepared.intake)},
        editions={**old.editions, **editions},
        deliverables={
            **old.deliverables,
            **{each.parcel.name: each.parcel.locked for each in delivered},
        },
    )


def _starts(work: EditionWork) -> dict[str, int]:
    return {span.track: span.start_sectors for span in work.timeline.spans}


def _summary(
    session: Session, orders: list[Order], rendered: Results, delivered: list[Delivered]
) -> str:
    """Say in one sentence what is new, and how much is sample-identical to the last build."""
    now = {
        f"{order.name}:{track.span.track}": [
            rendered.artifact(output).digest for output in track.payload
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
