"""Identifiers on a disc are well formed."""

from collections.abc import Iterator

from formats.disc import Disc
from formats.errors import FormatError
from formats.identifiers import normalise_ean, normalise_isrc
from pipeline.findings import Finding, Severity, check
from pipeline.verify.discs import discs_of
from pipeline.verify.package import Package


@check(
    "cd/identifiers",
    rationale="Air play is counted by ISRC; an identifier that is wrong on the disc cannot be "
    "mended after pressing.",
)
def identifiers(package: Package) -> Iterator[Finding]:
    """CATALOG and ISRCs are well formed, and each ISRC is used once."""
    for disc in discs_of(package):
        yield from _well_formed(disc.name, disc.disc)


def _well_formed(name: str, disc: Disc) -> Iterator[Finding]:
    if disc.catalog:
        try:
            normalise_ean(disc.catalog)
        except FormatError as error:
            yield Finding(Severity.FAIL, "catalog", f"{name}: CATALOG {error}")
    seen: dict[str, int] = {}
    for track in disc.tracks:
        if not track.isrc:
            continue
        try:
            normalise_isrc(track.isrc)
        except FormatError as error:
            yield Finding(Severity.FAIL, "isrc", f"{name}: track {track.number:02d}: {error}")
        if track.isrc in seen:
            yield Finding(
                Severity.FAIL,
                "isrc-twice",
                f"{name}: tracks {seen[track.isrc]:02d} and {track.number:02d} share the ISRC "
                f"{track.isrc}",
            )
        seen[track.isrc] = track.number
