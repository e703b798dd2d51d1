"""Is this mix ready to master? What listening to every mix shows."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.build.session import Intake, Session, release_bits
from pipeline.findings import Finding
from pipeline.intake import checks
from pipeline.spec.model import AnyDeliverable


def examine(
    session: Session, deliverables: Mapping[str, AnyDeliverable], intake: Intake
) -> tuple[Finding, ...]:
    """Have every listener hear every mix, and judge what they found, alone and together."""
    tracks = session.tracks(deliverables)
    surveyed = {
        name: checks.Surveyed(
            intake.facts[name], release_bits=release_bits(deliverables), survey=survey
        )
        for name, survey in session.surveys(intake).items()
    }
    intents = {name: session.intent_of(tracks[name]) for name in surveyed}
    album = checks.ReceivedAlbum(
        surveyed,
        {name: tracks[name].title for name in surveyed},
        {name: each.file for name, each in session.locked_sources(intake).items()},
    )
    alone = [
        finding
        for name, each in surveyed.items()
        for finding in checks.survey_findings(each, track=name, intent=intents[name])
    ]
    return (*alone, *checks.album_findings(album, intents=intents))
