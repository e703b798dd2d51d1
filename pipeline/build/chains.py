"""The guard rails of mastering, asked of every track of every edition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.build.session import Session
from pipeline.build.work import EditionWork, chain_of
from pipeline.engine import Results
from pipeline.findings import Finding
from pipeline.master.checks import Worked, chain_findings


def findings_of_chains(
    session: Session, works: Iterable[EditionWork], mastered: Results | None = None
) -> tuple[Finding, ...]:
    """Return what is to be said about the chains; what editions share is said once.

    Parameters
    ----------
    session : Session
        The album.
    works : iterable of EditionWork
        Its editions.
    mastered : Results, optional
        The run that made the masters: without it, only what the spec asks for is judged.
    """
    found: list[Finding] = []
    for work in works:
        for track in work.edition.tracks:
            told: Mapping[str, Any] = {}
            if mastered:
                step = work.masters[track.id]
                told = session.read_mapping(mastered.artifact(step.output("log")))
            found += chain_findings(
                Worked(
                    chain_of(track, work.edition),
                    told.get("processors", ()),
                    told.get("levels", ()),  # logs of mixes without a chain may have none
                ),
                track=track.id,
                intent=session.intent_of(track),
            )
    return tuple(dict.fromkeys(found))
