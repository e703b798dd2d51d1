"""Left and right the other way round than in another file of the recording."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import ReceivedAlbum
from pipeline.intake.checks.relations import Relation, relation


@check(
    "intake/swapped",
    rationale="""Swapped channels cannot be heard of one file; beside another file of the
    same recording one of both must be wrong.""",
)
def swapped(album: ReceivedAlbum) -> Iterator[Finding]:
    """All files of a recording have the same left and right."""
    for pair in album.pairs:
        if pair.comparison.is_swapped and relation(pair) is not Relation.UNRELATED:
            yield Finding(
                Severity.WARN,
                "other-way-round",
                f"left and right are the other way round in {album.called(pair.second)}",
                track=pair.first,
                action="ask on which side something stands that is not in the middle",
                evidence=Evidence(numbers=(("fit", pair.comparison.fit),)),
            )
