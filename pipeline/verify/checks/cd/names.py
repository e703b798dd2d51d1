"""Identifiers, titles, names and flags on a disc are those of the spec."""

from collections.abc import Iterator
from dataclasses import dataclass

from formats.disc import DiscTrack, TextBlock
from pipeline.findings import Finding, Severity, check
from pipeline.manifest import FilePromise, TrackPromise
from pipeline.verify.discs import DiscFound, discs_of
from pipeline.verify.package import Package

_FLAGS = {"has_pre_emphasis": "PRE", "is_copy_permitted": "DCP", "scms": "SCMS"}


@check(
    "cd/names",
    rationale="What is typed once must arrive on the disc as it was typed, and on its track.",
)
def names(package: Package) -> Iterator[Finding]:
    """UPC, ISRCs, flags, titles and performers are those of the spec, each on its track."""
    files = {each.name: each for each in package.manifest.files} if package.manifest else {}
    for disc in discs_of(package):
        if (file := files.get(disc.image)) is None:
            continue
        yield from _of_album(package, disc, file)
        promised = {track.number: track for track in file.tracks}
        for at, track in enumerate(disc.disc.tracks):
            if promise := promised.get(track.number):
                yield from _of_track(disc, at, track, promise)


def _of_album(package: Package, disc: DiscFound, file: FilePromise) -> Iterator[Finding]:
    assert package.manifest is not None
    upc = package.manifest.upc
    if disc.disc.catalog != upc:
        yield Finding(
            Severity.FAIL,
            "catalog-differs",
            f"{disc.name}: UPC is {disc.disc.catalog or 'none'}, the spec says {upc or 'none'}",
        )
    master_id = file.disc.get("master_id", "")
    if disc.medium == "ddp" and disc.disc.master_id != master_id:
        yield Finding(
            Severity.FAIL,
            "master-id-differs",
            f"{disc.name}: master id is {disc.disc.master_id or 'none'}, promised is "
            f"{master_id or 'none'}",
        )
    promised = int(file.disc.get("languages", 1))
    if len(disc.disc.cd_text) != promised:
        yield Finding(
            Severity.FAIL,
            "languages",
            f"{disc.name}: CD-Text in {len(disc.disc.cd_text)} languages, promised are "
            f"{promised}",
        )
    for number, block in enumerate(disc.disc.cd_text):
        title = package.manifest.album if number else _first(file, "title", package)
        artist = package.manifest.artist if number else _first(file, "performer", package)
        place = _Place(disc, block, disc.name)
        yield from _text(place, "TITLE", block.disc.title, title)
        yield from _text(place, "PERFORMER", block.disc.performer, artist)


def _first(file: FilePromise, what: str, package: Package) -> str:
    """Return what the first language says of the disc, which the spec may word otherwise."""
    assert package.manifest is not None
    plain = {"title": package.manifest.album, "performer": package.manifest.artist}
    return file.disc.get(f"cd_{what}", plain[what])


def _of_track(
    disc: DiscFound, at: int, found: DiscTrack, promise: TrackPromise
) -> Iterator[Finding]:
    place, tags = f"{disc.name}: track {found.number:02d}", promise.tags
    flags = " ".join(word for name, word in _FLAGS.items() if getattr(found, name))
    for what, is_there, promised in (
        ("isrc", found.isrc, tags.get("isrc", "")),
        ("flags", flags, tags.get("flags", "")),
    ):
        if is_there != promised:
            name = "ISRC" if what == "isrc" else what
            yield Finding(
                Severity.FAIL,
                f"{what}-differs",
                f"{place} has {name} {is_there or 'none'}, the spec says {promised or 'none'}",
                track=promise.track,
            )
    for number, block in enumerate(disc.disc.cd_text):
        if at >= len(block.tracks):
            continue  # ddp/structure tells
        said = block.tracks[at]
        title, artist = promise.title, tags.get("artist", said.performer)
        if not number:
            title, artist = tags.get("cd_title", title), tags.get("cd_performer", artist)
        spot = _Place(disc, block, place, promise.track)
        yield from _text(spot, "TITLE", said.title, title)
        yield from _text(spot, "PERFORMER", said.performer, artist)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text stands: on which disc, in which language, and how that place is called."""

    disc: DiscFound
    block: TextBlock
    name: str
    track: str = ""


def _text(place: _Place, field: str, found: str, promised: str) -> Iterator[Finding]:
    """Find a text that is not the promised one; a disc has few characters."""
    if found == promised:
        return
    if found == place.disc.as_written(promised, place.block):
        holds = _holds(place.disc, place.block)
        yield Finding(
            Severity.INFO,
            "simplified",
            f"{place.name}: {field} is {found!r} for {promised!r}: {holds}",
            track=place.track,
        )
    else:
        yield Finding(
            Severity.FAIL,
            "text-differs",
            f"{place.name}: {field} is {found!r}, the spec says {promised!r}",
            track=place.track,
        )


def _holds(disc: DiscFound, block: TextBlock) -> str:
    if disc.medium == "cue":
        return "cue sheets hold Latin-1 only"
    name = {"LATIN_1": "Latin-1", "MS_JIS": "MS-JIS"}.get(block.charset.name, "ASCII")
    return f"this CD-Text holds {name} only"
