"""ISRCs, catalogue number and titles on the disc are those of the spec."""

from collections.abc import Iterator

from formats.cue import CueSheet
from formats.errors import FormatError
from formats.identifiers import normalise_ean, normalise_isrc
from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package
from pipeline.verify.sheets import discs_of


@check(
    "cd/identifiers",
    rationale="Air play is counted by ISRC; an identifier that is wrong on the disc cannot be "
    "mended after pressing.",
)
def identifiers(package: Package) -> Iterator[Finding]:
    """CATALOG and ISRC are well formed, used once, and those that were promised."""
    for disc in discs_of(package):
        yield from _well_formed(disc.name, disc.sheet)
        promised = {
            track.number: track
            for piece, track, _ in package.promised()
            if piece.name == disc.image and track.number
        }
        for track in disc.tracks:
            promise = promised.get(track.sheet.number)
            if promise and track.sheet.isrc != promise.tags.get("isrc", ""):
                yield Finding(
                    Severity.FAIL,
                    "isrc-differs",
                    f"{disc.name}: track {track.sheet.number:02d} has ISRC "
                    f"{track.sheet.isrc or 'none'}, the spec says "
                    f"{promise.tags.get('isrc') or 'none'}",
                    track=promise.track,
                )
            if promise and track.sheet.title != promise.title:
                yield Finding(
                    Severity.INFO,
                    "title-differs",
                    f"{disc.name}: the sheet says {track.sheet.title!r} for {promise.title!r}: "
                    "cue sheets hold Latin-1 only",
                    track=promise.track,
                )
        if package.manifest and disc.sheet.catalog != package.manifest.upc:
            yield Finding(
                Severity.FAIL,
                "catalog-differs",
                f"{disc.name}: CATALOG is {disc.sheet.catalog or 'none'}, the spec says "
                f"{package.manifest.upc or 'none'}",
            )


def _well_formed(name: str, sheet: CueSheet) -> Iterator[Finding]:
    if sheet.catalog:
        try:
            normalise_ean(sheet.catalog)
        except FormatError as error:
            yield Finding(Severity.FAIL, "catalog", f"{name}: CATALOG {error}")
    seen: dict[str, int] = {}
    for track in sheet.tracks:
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
