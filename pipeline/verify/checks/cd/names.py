"""Identifiers, titles and names on a disc are those of the spec."""

from collections.abc import Iterator

from formats.cue import CueFile, CueIndex, CueSheet, CueTrack
from pipeline.findings import Finding, Severity, check
from pipeline.manifest import TrackPromise
from pipeline.verify.package import Package
from pipeline.verify.sheets import DiscFound, discs_of


@check(
    "cd/names",
    rationale="What is typed once must arrive on the disc as it was typed, and on its track.",
)
def names(package: Package) -> Iterator[Finding]:
    """CATALOG, ISRCs, titles and performers are those of the spec, each on its track."""
    for disc in discs_of(package):
        yield from _of_album(package, disc)
        promised = {
            track.number: track
            for piece, track, _ in package.promised()
            if piece.name == disc.image
        }
        for track in disc.tracks:
            if promise := promised.get(track.sheet.number):
                yield from _of_track(disc.name, track.sheet, promise)


def _of_album(package: Package, disc: DiscFound) -> Iterator[Finding]:
    manifest = package.manifest
    if manifest is None:
        return
    if disc.sheet.catalog != manifest.upc:
        yield Finding(
            Severity.FAIL,
            "catalog-differs",
            f"{disc.name}: CATALOG is {disc.sheet.catalog or 'none'}, the spec says "
            f"{manifest.upc or 'none'}",
        )
    yield from _text(disc.name, "TITLE", disc.sheet.title, manifest.album)
    yield from _text(disc.name, "PERFORMER", disc.sheet.performer, manifest.artist)


def _of_track(name: str, found: CueTrack, promise: TrackPromise) -> Iterator[Finding]:
    place = f"{name}: track {found.number:02d}"
    isrc = promise.tags.get("isrc", "")
    if found.isrc != isrc:
        yield Finding(
            Severity.FAIL,
            "isrc-differs",
            f"{place} has ISRC {found.isrc or 'none'}, the spec says {isrc or 'none'}",
            track=promise.track,
        )
    artist = promise.tags.get("artist", found.performer)
    yield from _text(place, "TITLE", found.title, promise.title, track=promise.track)
    yield from _text(place, "PERFORMER", found.performer, artist, track=promise.track)


def _text(
    place: str, field: str, found: str, promised: str, *, track: str = ""
) -> Iterator[Finding]:
    """Find a text that is not the promised one; a sheet may hold Latin-1 only."""
    if found == promised:
        return
    if found == _in_latin_1(promised):
        yield Finding(
            Severity.INFO,
            "simplified",
            f"{place}: {field} is {found!r} for {promised!r}: cue sheets hold Latin-1 only",
            track=track,
        )
    else:
        yield Finding(
            Severity.FAIL,
            "text-differs",
            f"{place}: {field} is {found!r}, the spec says {promised!r}",
            track=track,
        )


def _in_latin_1(text: str) -> str:
    """Return what is read back of a text that was written into a sheet."""
    only = CueFile("-", (CueTrack(1, (CueIndex(1, 0),), title=text),))
    return CueSheet.decode(CueSheet((only,)).encode()).tracks[0].title
