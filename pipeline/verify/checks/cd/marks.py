"""Tracks and indexes stand in order."""

from collections.abc import Iterator

from formats.errors import FormatError
from pipeline.findings import Finding, Severity, check
from pipeline.verify.discs import DiscFound, discs_of
from pipeline.verify.package import Package


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
    if not package.sheets and not package.filesets:
        for image in package.image_names:
            message = f"{image}: no cue sheet stands beside it, so it has no marks"
            yield Finding(Severity.WARN, "no-sheet", message)
    for disc in discs_of(package):
        numbers = [track.number for track in disc.disc.tracks]
        if numbers != list(range(1, len(numbers) + 1)):
            message = f"{disc.name}: tracks are numbered {numbers}, not from 1"
            yield Finding(Severity.FAIL, "numbers", message)
        for track in disc.disc.tracks:
            if not any(index.number == 1 for index in track.indexes):
                message = f"{disc.name}: track {track.number:02d} has no INDEX 01"
                yield Finding(Severity.FAIL, "no-start", message)
        yield from _rising(disc)


def _rising(disc: DiscFound) -> Iterator[Finding]:
    last = -1
    for at, track in enumerate(disc.disc.tracks):
        for index in track.indexes:
            is_first_start = at == 0 and index.number == 1
            if index.sector < last or (index.sector == last and not is_first_start):
                yield Finding(
                    Severity.FAIL,
                    "order",
                    f"{disc.name}: track {track.number:02d} INDEX {index.number:02d} "
                    "does not lie behind the mark before it",
                )
            last = index.sector
