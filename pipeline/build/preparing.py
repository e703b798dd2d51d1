"""The first half of a build: what follows from spec and mixes, and what is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.build.chains import findings_of_chains
from pipeline.build.decisions import Lookup, decide
from pipeline.build.orders import Order, place_order
from pipeline.build.session import Intake, Session
from pipeline.build.work import EditionWork
from pipeline.engine import Output, Plan, Results, Step
from pipeline.findings import Finding
from pipeline.lock import EditionLock
from pipeline.spec.model import AnyDeliverable


@dataclass(frozen=True, slots=True)
class Prepared:
    """What follows from the spec and the mixes, before any sound is touched.

    Parameters
    ----------
    deliverables : mapping of str to deliverable
        Those that are wanted.
    intake : Intake
        What is known of their mixes.
    works : mapping of str to EditionWork
        Their editions, laid out, by id.
    album_rate_hz : int
        The rate the album is made at.
    """

    deliverables: Mapping[str, AnyDeliverable]
    intake: Intake
    works: Mapping[str, EditionWork]
    album_rate_hz: int

    @property
    def masters(self) -> list[Step]:
        """The steps that master every track of every edition."""
        return [step for work in self.works.values() for step in work.masters.values()]

    def orders(self, decisions: Mapping[str, EditionLock]) -> list[Order]:
        """Return what each deliverable asks of the renderer, given what was decided."""
        return [
            place_order(
                name,
                spec,
                self.works[spec.edition or ""],
                decisions[spec.edition or ""],
                album_rate_hz=self.album_rate_hz,
            )
            for name, spec in self.deliverables.items()
        ]


@dataclass(frozen=True, slots=True)
class Decided:
    """Every track mastered, and every decision made.

    Parameters
    ----------
    decisions : mapping of str to EditionLock
        By edition.
    findings : tuple of Finding
        About the mixes and the decisions.
    mastered : Results
        What the mastering steps made.
    """

    decisions: Mapping[str, EditionLock]
    findings: tuple[Finding, ...]
    mastered: Results


def prepare(session: Session, names: tuple[str, ...] = ()) -> Prepared:
    """Read the mixes of the named deliverables, or all, and lay their editions out.

    Raises
    ------
    PipelineError
        Whatever the spec or a mix is to blame for.
    """
    deliverables = session.chosen(names)
    intake = session.intake(deliverables)
    return Prepared(
        deliverables,
        intake,
        session.works(deliverables, intake),
        session.album_rate_hz(intake.facts),
    )


def standing(session: Session, masters: Plan) -> Lookup:
    """Return what finds outputs that are in the store already; None for those that are not."""
    known = {
        output: artifact
        for planned in masters
        if planned.status == "reuse"
        for output, artifact in planned.artifacts().items()
    }

    def lookup(output: Output) -> Path | None:
        artifact = known.get(Output(masters.graph.same[output.step], output.name))
        return None if artifact is None else session.store.path_of(artifact)

    return lookup


def master_and_decide(session: Session, prepared: Prepared) -> Decided:
    """Master what changed, and decide what is not decided yet."""
    mastered = session.run("mastering", session.plan(prepared.masters))
    decisions, findings = decide(
        session,
        prepared.works,
        prepared.intake,
        lambda output: session.path_of(mastered, output),
        album_rate_hz=prepared.album_rate_hz,
    )
    chains = findings_of_chains(session, prepared.works.values(), mastered)
    return Decided(decisions, (*prepared.intake.findings, *chains, *findings), mastered)
