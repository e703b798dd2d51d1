"""The discs of a package: what a cue sheet or a DDP fileset tells, and its image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from formats.cdtime import BYTES_PER_SECTOR, PREGAP_SECTORS, SAMPLES_PER_SECTOR
from formats.charsets import spell
from formats.cue import CueFile, CueIndex, CueSheet, CueTrack
from formats.cue_disc import read_cue
from formats.ddp.reader import Fileset, disc_of
from formats.disc import Disc, DiscIndex, DiscTrack, TextBlock, Texts
from formats.errors import FormatError
from pipeline.verify.package import CD_SAMPLE_BYTES, Package, image_of


@dataclass(frozen=True, slots=True)
class DiscFound:
    """A disc as somebody describes it, and the image that is there.

    Parameters
    ----------
    name : str
        The cue sheet, or the folder of the fileset, as messages name it.
    medium : str
        ``cue`` or ``ddp``.
    disc : Disc
        What is described; it may break any rule.
    image : str
        The image, by its path in the package; empty if it is several files, or a WAV file.
    n_bytes : int
        Length of the image.
    first_sector : int
        Sector of the disc that the image begins with.
    skipped_bytes : int
        What lies before that in the image.
    """

    name: str
    medium: Literal["cue", "ddp"]
    disc: Disc
    image: str
    n_bytes: int
    first_sector: int
    skipped_bytes: int = 0

    @property
    def end_sector(self) -> int:
        """Sector of the disc behind the last whole one in the image."""
        return self.first_sector + (self.n_bytes - self.skipped_bytes) // BYTES_PER_SECTOR

    @property
    def starts(self) -> tuple[int, ...]:
        """INDEX 01 of each track; its first index where it has none, which cd/marks tells."""
        return tuple(
            next((each.sector for each in track.indexes if each.number == 1), first.sector)
            for track in self.disc.tracks
            for first in track.indexes[:1]
        )

    @property
    def last_mark(self) -> int:
        """Place of the last mark on the disc; -1 if there is none."""
        return max(
            (index.sector for track in self.disc.tracks for index in track.indexes),
            default=-1,
        )

    def sample_of(self, sector: int) -> int:
        """Return the sample of the image at which a sector of the disc begins."""
        skipped = self.skipped_bytes // CD_SAMPLE_BYTES
        return skipped + (sector - self.first_sector) * SAMPLES_PER_SECTOR

    def in_image(self, sector: int | None) -> int | None:
        """Return a sector of the disc as one of the image; None if it lies before."""
        if sector is None or sector < self.first_sector:
            return None
        return sector - self.first_sector

    def as_written(self, text: str, block: TextBlock) -> str:
        """Return what is read back of a text that was written here."""
        if self.medium == "ddp":
            return spell(text, block.charset).written
        only = CueFile("-", (CueTrack(1, (CueIndex(1, 0),), title=text),))
        return CueSheet.decode(CueSheet((only,)).encode()).tracks[0].title


def discs_of(package: Package) -> Iterator[DiscFound]:
    """Yield every disc of a package that can be read, and whose image is there."""
    for name in package.sheets:
        if found := disc_of_sheet(package, name):
            yield found
    for name in package.filesets:
        if found := disc_of_fileset(package, name):
            yield found


def disc_of_sheet(package: Package, name: str) -> DiscFound | None:
    """Return the disc that a sheet describes; None if sheet or image cannot be read."""
    sheet = package.sheets.get(name)
    if not isinstance(sheet, CueSheet):
        return None
    image = image_of(name, sheet)
    if image is None:
        return _disc_of_files(package, name)
    if image not in package.names:
        return None
    n_bytes = (package.root / image).stat().st_size
    end = PREGAP_SECTORS + n_bytes // BYTES_PER_SECTOR
    tracks = tuple(_track(track, is_first=at == 0) for at, track in enumerate(sheet.tracks))
    text = TextBlock(
        Texts(title=sheet.title, performer=sheet.performer),
        tuple(Texts(title=each.title, performer=each.performer) for each in sheet.tracks),
    )
    disc = Disc(tracks, end, sheet.catalog, cd_text=(text,))
    return DiscFound(name, "cue", disc, image, n_bytes, PREGAP_SECTORS)


def _disc_of_files(package: Package, name: str) -> DiscFound | None:
    """Return the disc of a sheet whose sound is in WAV files, or in several."""
    try:
        disc = read_cue(package.root / name).disc
    except (FormatError, OSError):
        return None  # cd/image_size says why
    n_bytes = (disc.lead_out_sector - PREGAP_SECTORS) * BYTES_PER_SECTOR
    return DiscFound(name, "cue", disc, "", n_bytes, PREGAP_SECTORS)


def disc_of_fileset(package: Package, name: str) -> DiscFound | None:
    """Return the disc of a fileset; None if it cannot be read, or its image is not there."""
    fileset = package.filesets.get(name)
    if not isinstance(fileset, Fileset):
        return None
    try:
        audio, first = fileset.audio, fileset.first_sector
        skipped = audio.record.number("OFS") or 0
        disc = _with_text(fileset)
    except FormatError:
        return None  # ddp/readable says why
    if audio.path is None:
        return None
    image = (PurePosixPath(name) / audio.path.name).as_posix()
    return DiscFound(named(name), "ddp", disc, image, audio.n_bytes, first, skipped)


def _with_text(fileset: Fileset) -> Disc:
    try:
        return disc_of(fileset)
    except FormatError:
        return disc_of(fileset, with_text=False)


def _track(track: CueTrack, *, is_first: bool) -> DiscTrack:
    """Return a track of a sheet; the first has a pause on every disc, told or not."""
    marks = [DiscIndex(each.number, each.sectors + PREGAP_SECTORS) for each in track.indexes]
    if is_first and marks[0].number:
        marks = [DiscIndex(0, 0), *marks]
    return DiscTrack(
        track.number,
        tuple(marks),
        track.isrc,
        has_pre_emphasis="PRE" in track.flags,
        is_copy_permitted="DCP" in track.flags,
        scms="SCMS" in track.flags,
    )


def named(folder: str) -> str:
    """Return how messages name the fileset in a folder of the package."""
    return "DDP" if folder == "." else folder
