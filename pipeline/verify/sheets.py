"""A disc as its cue sheet and image tell of it; sectors count from the start of the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from formats.cdtime import BYTES_PER_SECTOR
from formats.cue import CueSheet, CueTrack
from pipeline.verify.package import Package, image_of


@dataclass(frozen=True, slots=True)
class DiscTrack:
    """One track with its marks: INDEX 00 if there is one, INDEX 01, and the next track's."""

    sheet: CueTrack
    pause_sectors: int | None
    start_sectors: int
    next_start_sectors: int


@dataclass(frozen=True, slots=True)
class DiscFound:
    """A cue sheet with the image it names."""

    name: str
    sheet: CueSheet
    image: str
    n_bytes: int
    tracks: tuple[DiscTrack, ...]

    @property
    def n_sectors(self) -> int:
        """Whole sectors in the image."""
        return self.n_bytes // BYTES_PER_SECTOR

    @property
    def last_mark_sectors(self) -> int:
        """Place of the last mark on the sheet; -1 if it has none."""
        return max(
            (index.sectors for track in self.sheet.tracks for index in track.indexes),
            default=-1,
        )


def disc_of(package: Package, name: str) -> DiscFound | None:
    """Return the disc that a sheet describes; None if sheet or image cannot be read."""
    sheet = package.sheets.get(name)
    image = image_of(name, sheet) if isinstance(sheet, CueSheet) else None
    if not isinstance(sheet, CueSheet) or image not in package.names:
        return None
    n_bytes = (package.root / image).stat().st_size
    return DiscFound(name, sheet, image, n_bytes, tuple(_tracks(sheet, n_bytes)))


def discs_of(package: Package) -> Iterator[DiscFound]:
    """Yield every disc of a package that can be read."""
    for name in package.sheets:
        disc = disc_of(package, name)
        if disc:
            yield disc


def _tracks(sheet: CueSheet, n_bytes: int) -> Iterator[DiscTrack]:
    # The reader of sheets lets no track pass without an INDEX 01.
    marks = [{index.number: index.sectors for index in track.indexes} for track in sheet.tracks]
    starts = [each[1] for each in marks]
    ends = [*starts[1:], n_bytes // BYTES_PER_SECTOR]
    for track, mark, end in zip(sheet.tracks, marks, ends, strict=True):
        yield DiscTrack(track, mark.get(0), mark[1], end)
