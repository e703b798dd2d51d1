"""Tracks and indexes stand in order."""

from collections.abc import Iterator

from formats.cdtime import MAX_TRACKS
from formats.errors import FormatError
from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package
from pipeline.verify.sheets import DiscFound, discs_of


@check(
    "cd/marks",
    rationale="A player finds its way by tracks 1 to 99, each with an INDEX 01, each mark behind "
    "the one before (IEC 60908).",
)
def marks(package: Package) -> Iterator[Finding]:
    """Tracks count from 1, at most 99, each with INDEX 01, and all marks rise."""
    for name, sheet in package.sheets.items():
        if isinstance(sheet, FormatError):
            yield Finding(Severity.FAIL, "unreadable", f"{name}: {sheet}")
    for disc in discs_of(package):
        yield from _numbers(disc)
        yield from _rising(disc)


def _numbers(disc: DiscFound) -> Iterator[Finding]:
    numbers = [track.sheet.number for track in disc.tracks]
    if numbers != list(range(1, len(numbers) + 1)):
        yield Finding(Severity.FAIL, "numbers", f"{disc.name}: tracks are numbered {numbers}")
    if not 1 <= len(numbers) <= MAX_TRACKS:
        yield Finding(
            Severity.FAIL, "count", f"{disc.name}: {len(numbers)} tracks, a disc has 1 to 99"
        )
    for track in disc.tracks:
        if track.start_sectors is None:
            number = track.sheet.number
            yield Finding(
                Severity.FAIL, "no-start", f"{disc.name}: track {number:02d} has no INDEX 01"
            )


def _rising(disc: DiscFound) -> Iterator[Finding]:
    last = -1
    for track in disc.tracks:
        for index in track.sheet.indexes:
            if index.sectors <= last and not (index.sectors == last == 0):
                yield Finding(
                    Severity.FAIL,
                    "order",
                    f"{disc.name}: track {track.sheet.number:02d} INDEX {index.number:02d} "
                    "does not lie behind the mark before it",
                )
            last = index.sectors
