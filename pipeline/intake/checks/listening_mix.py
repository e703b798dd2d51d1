"""A limited listening copy beside the mix that it was made from."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Pair, ReceivedAlbum
from pipeline.intake.checks.relations import LIMITED_DB, Relation, relation


@check(
    "intake/listening_mix",
    rationale="""Mix engineers send a loud copy for listening beside the mix for mastering;
    what its limiter took cannot be brought back.""",
)
def listening_mix(album: ReceivedAlbum) -> Iterator[Finding]:
    """The mix that is used is the one without a limiter."""
    for pair in album.pairs:
        found = relation(pair)
        if pair.second in album.beside and found in (Relation.DENSER, Relation.LOOSER):
            yield (_limited_used if found is Relation.LOOSER else _limited_beside)(album, pair)


def _limited_used(album: ReceivedAlbum, pair: Pair) -> Finding:
    return Finding(
        Severity.WARN,
        "limited-one-used",
        f"{album.called(pair.second)} lies beside and is the same mix without the limiter, "
        f"which takes up to {_reduction(pair)}",
        track=pair.first,
        action=f"master that one: mix: {pair.second}",
        evidence=_evidence(pair),
    )


def _limited_beside(album: ReceivedAlbum, pair: Pair) -> Finding:
    return Finding(
        Severity.INFO,
        "limited-one-beside",
        f"{album.called(pair.second)} beside is this mix with a limiter that takes up to "
        f"{_reduction(pair)}: for listening; the one without it is used",
        track=pair.first,
        evidence=_evidence(pair),
    )


def _reduction(pair: Pair) -> str:
    found = pair.comparison
    return f"{found.reduction_db:.1f} dB ({found.loud_reduction_db:.1f} dB where it is loudest)"


def _evidence(pair: Pair) -> Evidence:
    found = pair.comparison
    return Evidence(
        numbers=(
            ("reduction_db", found.reduction_db),
            ("loud_reduction_db", found.loud_reduction_db),
            ("crest_difference_db", abs(found.crest_drop_db)),
            ("crest_difference_limit_db", LIMITED_DB),
            ("gain_db", found.gain_db),
        )
    )
