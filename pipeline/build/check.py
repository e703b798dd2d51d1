"""The spec and the mixes, read and judged; nothing is made but the page that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from formats.atomic import write_atomically
from pipeline.build.chains import findings_of_chains
from pipeline.build.examining import examine
from pipeline.build.hearing import hear_masters
from pipeline.build.preparing import Prepared
from pipeline.build.reaching import aims_out_of_reach
from pipeline.build.session import Intake, Session, Settings, Teller, open_session
from pipeline.build.work import EditionWork
from pipeline.engine.copies import disk_error
from pipeline.findings import Finding
from pipeline.intake.comparison import compare
from pipeline.intake.probe import MixFacts, codec_name
from pipeline.intake.readiness import readiness_of
from pipeline.intake.strictness import loosened
from pipeline.report.intake import Checked, CheckedMix
from pipeline.report.intake_page import render_intake
from pipeline.spec.model import AnyDeliverable

PAGE = Path("reports") / "intake.html"


@dataclass(frozen=True, slots=True)
class CheckedAlbum:
    """What `check` has to say, and the page that says it."""

    checked: Checked
    page: Path


def check_album(
    path: Path, *, settings: Settings, teller: Teller, mastered: bool = False
) -> CheckedAlbum:
    """Read the spec and every mix of it, and write the intake page.

    Parameters
    ----------
    path : Path
        The spec.
    settings : Settings
        How the command was called.
    teller : Teller
        Who is told how it goes on.
    mastered : bool
        Whether every track is mastered and rendered too, and what that did is told.

    Raises
    ------
    SpecError
        If the spec has problems.
    SourceError
        If a mix cannot be used.
    StoreError
        If the page cannot be written.
    """
    with open_session(path, settings=settings, teller=teller) as session:
        deliverables = session.chosen(())
        intake = session.intake(deliverables)
        works = session.works(deliverables, intake)
        found = (
            *intake.findings,
            *intake.remarks,
            *examine(session, deliverables, intake),
            *aims_out_of_reach(session, works, intake),
            *findings_of_chains(session, works.values()),
            *(_of_masters(session, deliverables, intake, works) if mastered else ()),
        )
        findings = loosened(found, session.spec.strictness)
        checked = _checked(session, intake, findings)
        return CheckedAlbum(checked, _write_page(session.out / PAGE, checked))


def _of_masters(
    session: Session,
    deliverables: Mapping[str, AnyDeliverable],
    intake: Intake,
    works: Mapping[str, EditionWork],
) -> tuple[Finding, ...]:
    rate_hz = session.album_rate_hz(intake.facts)
    return hear_masters(session, Prepared(deliverables, intake, works, rate_hz))


def _checked(session: Session, intake: Intake, findings: tuple[Finding, ...]) -> Checked:
    album = session.spec.album
    titles = {name: each.title for name, each in session.tracks(session.chosen(())).items()}
    files = {name: each.file for name, each in session.locked_sources(intake).items()}
    return Checked(
        album.title,
        album.artist,
        session.album_rate_hz(intake.facts),
        session.spec.strictness,
        tuple(
            _mix(name, facts, title=titles[name], file=files[name], findings=findings)
            for name, facts in intake.facts.items()
        ),
        tuple(str(remark) for remark in session.loaded.remarks),
        findings,
        compare(session.surveys(intake)),
    )


def _mix(
    track: str, facts: MixFacts, *, title: str, file: str, findings: Sequence[Finding]
) -> CheckedMix:
    return CheckedMix(
        track,
        title,
        file,
        codec_name(facts),
        facts.sample_rate_hz,
        round(facts.duration_s, 3),
        round(facts.peak_dbfs, 2),
        readiness_of(each for each in findings if each.track == track),
    )


def _write_page(page: Path, checked: Checked) -> Path:
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(page, render_intake(checked).encode())
    except OSError as error:
        raise disk_error(Path(error.filename or page), error) from error
    return page
