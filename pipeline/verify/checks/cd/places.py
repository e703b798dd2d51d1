"""Marks stand where they were promised."""

from collections.abc import Iterator

from formats.cdtime import sectors_to_msf
from pipeline.findings import Finding, Severity, check
from pipeline.manifest import TrackPromise
from pipeline.verify.package import Package
from pipeline.verify.sheets import DiscTrack, discs_of


@check(
    "cd/places",
    rationale="A mark that is a second off cuts the first word of a song, on every player that "
    "jumps to it.",
)
def places(package: Package) -> Iterator[Finding]:
    """Every pause and every start is marked in the promised sector."""
    for disc in discs_of(package):
        found = {track.sheet.number: track for track in disc.tracks}
        promised = {
            track.number: track
            for piece, track, _ in package.promised()
            if piece.name == disc.image and track.mark_sectors is not None
        }
        if set(found) != set(promised):
            message = f"{disc.name}: {len(found)} tracks, {len(promised)} are promised"
            yield Finding(Severity.FAIL, "count", message)
        for number in sorted(set(found) & set(promised)):
            yield from _moved(disc.name, found[number], promised[number])


def _moved(name: str, track: DiscTrack, promise: TrackPromise) -> Iterator[Finding]:
    pairs = (
        ("00", track.pause_sectors, promise.pause_sectors),
        ("01", track.start_sectors, promise.mark_sectors),
    )
    for index, found, promised in pairs:
        if found != promised:
            yield Finding(
                Severity.FAIL,
                "moved",
                f"{name}: track {promise.number:02d} INDEX {index} is {_shown(found)}, "
                f"promised is {_shown(promised)}",
                track=promise.track,
            )


def _shown(sectors: int | None) -> str:
    return "none" if sectors is None else sectors_to_msf(sectors)
