"""One recording under two titles."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Evidence, Finding, Severity, check
from pipeline.intake.checks.received import Pair, ReceivedAlbum
from pipeline.intake.checks.relations import COPY_DB, Relation, relation


@check(
    "intake/duplicate",
    rationale="""A file that was copied under the wrong name looks like a song of its own
    until somebody hears it, which may be after the release.""",
)
def duplicate(album: ReceivedAlbum) -> Iterator[Finding]:
    """Every track has a recording of its own."""
    for pair in album.pairs:
        if pair.second not in album.tracks or _are_parts_of_one(album, pair):
            continue
        found = relation(pair)
        if found in (Relation.OTHER_MIX, Relation.UNRELATED):
            yield _sounds_alike(album, pair)
        else:
            is_copy = found is Relation.COPY
            yield Finding(
                Severity.FAIL if is_copy else Severity.WARN,
                "same-audio" if is_copy else "same-recording",
                f"the same {'audio' if is_copy else 'recording'} as {album.called(pair.first)}"
                + _differences(album, pair),
                track=pair.second,
                action=f"ask for the right mix of {album.called(pair.second)}",
                evidence=_evidence(pair),
            )


def _are_parts_of_one(album: ReceivedAlbum, pair: Pair) -> bool:
    is_one_file = album.files[pair.first] == album.files[pair.second]
    return is_one_file and {pair.first, pair.second} <= album.cut


def _differences(album: ReceivedAlbum, pair: Pair) -> str:
    """Return in what a copy differs, if in anything."""
    found, rate_hz = pair.comparison, album.facts(pair.first).sample_rate_hz
    parts = []
    if abs(found.gain_db) >= 0.05:
        parts.append(f"{found.gain_db:+.1f} dB")
    if found.offset_samples:
        way = "later" if found.offset_samples > 0 else "earlier"
        parts.append(f"{abs(found.offset_samples) / rate_hz:.3f} s {way}")
    if found.is_inverted:
        parts.append("turned over")
    return f", {', '.join(parts)}" if parts else ""


def _sounds_alike(album: ReceivedAlbum, pair: Pair) -> Finding:
    return Finding(
        Severity.INFO,
        "sounds-alike",
        f"advice: this may be another version of {album.called(pair.first)}",
        track=pair.second,
        action="listen whether both belong on the album",
        evidence=_evidence(pair),
    )


def _evidence(pair: Pair) -> Evidence:
    agreement = pair.match.agreement if pair.match else 0.5
    return Evidence(
        numbers=(
            ("fingerprint_agreement", round(agreement, 3)),
            ("difference_db", pair.comparison.residual_db),
            ("copy_limit_db", COPY_DB),
            ("gain_db", pair.comparison.gain_db),
        )
    )
