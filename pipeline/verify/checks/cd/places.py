"""Marks stand where they were promised."""

from collections.abc import Iterator

from formats.cdtime import sectors_to_msf
from formats.disc import DiscTrack
from pipeline.findings import Finding, Severity, check
from pipeline.manifest import TrackPromise
from pipeline.verify.discs import DiscFound, discs_of
from pipeline.verify.package import Package


@check(
    "cd/places",
    rationale="A mark that is a second off cuts the first word of a song, on every player that "
    "jumps to it.",
)
def places(package: Package) -> Iterator[Finding]:
    """Every pause and every start is marked in the promised sector."""
    for disc in discs_of(package):
        found = {track.number: track for track in disc.disc.tracks}
        promised = {
            track.number: track
            for piece, track, _ in package.promised()
            if piece.name == disc.image and track.mark_sectors is not None
        }
        if set(found) != set(promised):
            message = f"{disc.name}: {len(found)} tracks, {len(promised)} are promised"
            yield Finding(Severity.FAIL, "count", message)
        for number in sorted(set(found) & set(promised)):
            yield from _moved(disc, found[number], promised[number])


def _moved(disc: DiscFound, track: DiscTrack, promise: TrackPromise) -> Iterator[Finding]:
    there = {index.number: disc.in_image(index.sector) for index in track.indexes}
    wanted = {0: promise.pause_sectors, 1: promise.mark_sectors}
    wanted |= dict(enumerate(promise.index_sectors, start=2))
    for index in sorted({*there, *wanted}):
        found, promised = there.get(index), wanted.get(index)
        if found != promised:
            yield Finding(
                Severity.FAIL,
                "moved",
                f"{disc.name}: track {promise.number:02d} INDEX {index:02d} is "
                f"{_shown(found)}, promised is {_shown(promised)}",
                track=promise.track,
            )


def _shown(sectors: int | None) -> str:
    return "none" if sectors is None else sectors_to_msf(sectors)
