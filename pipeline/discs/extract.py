"""The tracks of a disc as files, with a cue sheet that joins them again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from formats import codecs
from formats.atomic import write_atomically
from formats.cdtime import CD_SAMPLE_RATE_HZ, PREGAP_SECTORS
from formats.cue import CueFile, CueIndex, CueSheet
from formats.cue_disc import cue_of_disc
from formats.disc import Disc, Texts
from formats.errors import EncodeError
from formats.filenames import safe_filename, unique_names
from formats.tags import Tags, copy_tagged
from pipeline.discs.cutting import Cutter, write_wav
from pipeline.discs.source import DiscSource
from pipeline.errors import DeliveryError, UsageError

FORMATS = ("wav", "flac")
_HIDDEN = 0


@dataclass(frozen=True, slots=True)
class Extracted:
    """The files of the tracks in order, and the sheet that joins them."""

    tracks: tuple[Path, ...]
    sheet: Path


@dataclass(frozen=True, slots=True)
class _Cut:
    """A track as it is cut: from its start to that of the next, its pause left behind."""

    number: int
    begin_sector: int
    end_sector: int
    texts: Texts
    isrc: str

    @property
    def n_sectors(self) -> int:
        return self.end_sector - self.begin_sector


def extract(source: DiscSource, folder: Path, *, file_format: str = "wav") -> Extracted:
    """Write every track of a disc as a file with its tags, and a cue sheet.

    Parameters
    ----------
    source : DiscSource
        The disc.
    folder : Path
        Where to; it must not be there yet, or hold nothing. It appears when all is written.
    file_format : str
        ``wav`` or ``flac``, with the 16 bits of the disc.

    Raises
    ------
    UsageError
        If there is no such format.
    DeliveryError
        If the folder holds something, or the disc contradicts itself.
    SourceError
        If its sound cannot be read.

    Notes
    -----
    A pause stays at the end of the track before it, as programs that rip discs have it: a
    player that goes from one file to the next plays the record as it is. Joined in order the
    files are the disc from 00:02:00 on, sample for sample. What lies before track 1, sound or
    silence, becomes track 00 if it is longer than the two seconds that every disc has.
    """
    if file_format not in FORMATS:
        raise UsageError(
            f"{file_format!r} is no format of tracks", f"allowed: {', '.join(FORMATS)}"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DeliveryError(str(folder), "holds something already", "name a new folder")
    staged = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        staged.mkdir(parents=True)
        names, sheet = _written(source, staged, file_format)
        if folder.exists():
            folder.rmdir()
        staged.rename(folder)
    except EncodeError as error:
        raise DeliveryError(str(source.path), f"cannot be taken apart: {error}") from error
    except OSError as error:
        raise DeliveryError(str(folder), f"cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Extracted(tuple(folder / name for name in names), folder / sheet)


def _written(source: DiscSource, folder: Path, file_format: str) -> tuple[list[str], str]:
    cuts = list(_cuts(source.disc))
    stems = unique_names([safe_filename(f"{each.number:02d} {_title(each)}") for each in cuts])
    names = [f"{stem}.{file_format}" for stem in stems]
    sound = Cutter(source.sound())
    for cut, name in zip(cuts, names, strict=True):
        blocks = sound.take(cut.n_sectors)
        tags = _tags(cut, source.disc, n_tracks=source.disc.last_track)
        if file_format == "wav":
            write_wav(folder / name, blocks, n_sectors=cut.n_sectors, tags=tags)
        else:
            _write_flac(folder / name, blocks, tags)
    sound.finish()
    sheet = _sheet(source.disc, cuts, names)
    title = source.disc.cd_text[0].disc.title if source.disc.cd_text else ""
    sheet_name = f"{safe_filename(title or 'disc')}.cue"
    write_atomically(folder / sheet_name, sheet.encode("utf-8"))
    return names, sheet_name


def _cuts(disc: Disc) -> Iterator[_Cut]:
    starts = [track.start_sector for track in disc.tracks]
    texts = disc.cd_text[0].tracks if disc.cd_text else (Texts(),) * len(starts)
    if starts[0] > PREGAP_SECTORS:
        yield _Cut(_HIDDEN, PREGAP_SECTORS, starts[0], Texts(), "")
    places = pairwise([*starts, disc.lead_out_sector])
    for track, said, (begin, end) in zip(disc.tracks, texts, places, strict=True):
        if begin >= end:
            raise EncodeError(
                f"track {track.number:02d}", "no sound", "must end behind its start"
            )
        yield _Cut(track.number, begin, end, said, track.isrc)


def _write_flac(path: Path, blocks: Iterator[bytes], tags: Tags) -> None:
    untagged = path.with_name(f".{path.name}")
    words = (np.frombuffer(each, "<i2").reshape(-1, 2).astype(np.int32) for each in blocks)
    try:
        codecs.encode_flac(words, untagged, sample_rate_hz=CD_SAMPLE_RATE_HZ, bits=16)
        copy_tagged(untagged, path, tags)
    finally:
        untagged.unlink(missing_ok=True)


def _tags(cut: _Cut, disc: Disc, *, n_tracks: int) -> Tags:
    said = disc.cd_text[0].disc if disc.cd_text else Texts()
    return Tags(
        title=_title(cut),
        artist=cut.texts.performer or said.performer,
        album=said.title,
        album_artist=said.performer,
        track=cut.number or None,
        track_total=n_tracks if cut.number else None,
        isrc=cut.isrc,
        upc=disc.catalog,
        catalog_number=disc.master_id,
    )


def _title(cut: _Cut) -> str:
    return cut.texts.title or ("Hidden" if cut.number == _HIDDEN else f"Track {cut.number:02d}")


def _sheet(disc: Disc, cuts: list[_Cut], names: list[str]) -> CueSheet:
    """Return the cue sheet of a disc whose tracks are files of their own."""
    whole = cue_of_disc(disc, "-")
    files: list[CueFile] = []
    by_number = {track.number: track for track in whole.tracks}
    for at, (cut, name) in enumerate(zip(cuts, names, strict=True)):
        if cut.number == _HIDDEN:
            files.append(CueFile(name, (), "WAVE"))
            continue
        begin = cut.begin_sector - PREGAP_SECTORS
        track = by_number[cut.number]
        pause = next((each.sectors for each in track.indexes if each.number == 0), None)
        before = cuts[at - 1].begin_sector - PREGAP_SECTORS if at else 0
        inside = tuple(
            CueIndex(each.number, each.sectors - begin) for each in track.indexes if each.number
        )
        moved = replace(
            track,
            indexes=inside,
            early_pause_sectors=None if pause is None else pause - before,
        )
        files.append(CueFile(name, (moved,), "WAVE"))
    return replace(whole, files=tuple(files))
