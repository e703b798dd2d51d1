"""A disc that somebody hands in: a DDP fileset, a cue sheet or a TOC file, with its sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from formats.cdtime import PREGAP_SECTORS
from formats.cue_disc import read_cue
from formats.ddp.image import silence
from formats.ddp.reader import Fileset, disc_of, read_audio, read_fileset
from formats.disc import Disc
from formats.errors import FormatError
from formats.program import Piece, read_program
from formats.toc_disc import read_toc
from pipeline.errors import SourceError

_FILESET_MARKS = ("ddpid", "ddpms")


@dataclass(frozen=True, slots=True)
class DiscSource:
    """A disc and where its sound is.

    Parameters
    ----------
    path : Path
        Folder of the fileset, or the sheet.
    disc : Disc
        What it says.
    fileset : Fileset or None
        Its records, if it is a fileset.
    pieces : tuple of Piece
        The sound of a sheet.
    """

    path: Path
    disc: Disc
    fileset: Fileset | None = None
    pieces: tuple[Piece, ...] = ()

    @property
    def form(self) -> str:
        """What it is, in words."""
        if self.fileset:
            return self.fileset.identity.records[0].raw("DDPID").strip()
        return "cue sheet" if self.path.suffix.lower() == ".cue" else "TOC file"

    def sound(self) -> Iterator[bytes]:
        """Yield the sound from sector 150 to the lead-out.

        It is 16-bit little-endian stereo at 44.1 kHz, in blocks.

        Raises
        ------
        SourceError
            If it ends too early, or a file is missing.
        """
        with reading(self.path):
            if self.fileset:
                yield from read_audio(self.fileset, PREGAP_SECTORS, self.disc.lead_out_sector)
            else:
                yield from read_program(self.path.parent, self.pieces)

    def whole_sound(self) -> Iterator[bytes]:
        """Yield the sound from the first sector of the pause before track 1; as `sound`."""
        if self.fileset:
            with reading(self.path):
                yield from read_audio(self.fileset, 0, self.disc.lead_out_sector)
        else:
            yield from silence(PREGAP_SECTORS)
            yield from self.sound()


def open_discs(path: Path) -> tuple[DiscSource, ...]:
    """Return the disc at a path; several, if it is a folder of filesets.

    Raises
    ------
    SourceError
        If there is none, or it cannot be read.
    """
    if path.is_dir():
        folders = (
            [path]
            if _is_fileset(path)
            else [
                each for each in sorted(path.rglob("*")) if each.is_dir() and _is_fileset(each)
            ]
        )
        if not folders:
            raise SourceError(
                str(path), "holds no DDP fileset", "a folder with DDPID and DDPMS is one"
            )
        return tuple(map(_fileset_in, folders))
    if not path.is_file():
        raise SourceError(str(path), "there is no such file or folder")
    if path.name.lower() in _FILESET_MARKS:
        return (_fileset_in(path.parent),)
    with reading(path):
        match path.suffix.lower():
            case ".cue":
                program = read_cue(path)
            case ".toc":
                program = read_toc(path)
            case _:
                raise SourceError(
                    str(path), "is no disc", "a DDP folder, a cue sheet or a TOC file is one"
                )
    return (DiscSource(path, program.disc, pieces=program.pieces),)


def open_disc(path: Path) -> DiscSource:
    """Return the one disc at a path.

    Raises
    ------
    SourceError
        If there is none or there are several, or it cannot be read.
    """
    discs = open_discs(path)
    if len(discs) > 1:
        names = ", ".join(each.path.name for each in discs)
        raise SourceError(str(path), f"holds {len(discs)} discs", f"name one of them: {names}")
    return discs[0]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Tell of what cannot be read at a path in words of ours."""
    try:
        yield
    except FormatError as error:
        raise SourceError(str(path), str(error)) from error
    except OSError as error:
        raise SourceError(str(path), f"cannot be read: {error.strerror}") from error


def _is_fileset(folder: Path) -> bool:
    return any(each.name.lower() in _FILESET_MARKS for each in folder.iterdir())


def _fileset_in(folder: Path) -> DiscSource:
    with reading(folder):
        fileset = read_fileset(folder)
        return DiscSource(folder, disc_of(fileset), fileset)
