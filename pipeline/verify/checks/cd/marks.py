"""Tracks and indexes stand in order."""

from collections.abc import Iterator

from formats.errors import FormatError
from pipeline.findings import Finding, Severity, check
from pipeline.verify.package import Package
from pipeline.verify.sheets import DiscFound, discs_of


@check(
    "cd/marks",
    rationale="A player finds its way by tracks 1 to 99, each with an INDEX 01, each mark "
    "behind the one before (IEC 60908).",
)
def marks(package: Package) -> Iterator[Finding]:
    """Tracks count from 1, each with INDEX 01, and all marks rise."""
    for name, sheet in package.sheets.items():
        if isinstance(sheet, FormatError):
            yield Finding(Severity.FAIL, "unreadable", f"{name}: {sheet}")
    if not package.sheets:
        for image in package.image_names:
            message = f"{image}: no cue sheet stands beside it, so it has no marks"
            yield Finding(Severity.WARN, "no-sheet", message)
    for disc in discs_of(package):
        numbers = [track.sheet.number for track in disc.tracks]
        if numbers != list(range(1, len(numbers) + 1)):
            message = f"{disc.name}: tracks are numbered {numbers}, not from 1"
            yield Finding(Severity.FAIL, "numbers", message)
        yield from _rising(disc)


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
