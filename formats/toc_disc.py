"""Discs as TOC files of cdrdao, and back (`formats.toc`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from formats.cdtext import losses as cdtext_losses
from formats.cdtime import PREGAP_SECTORS, SAMPLES_PER_SECTOR, disc_to_program_sectors
from formats.charsets import Loss
from formats.disc import Charset, Disc, DiscIndex, DiscTrack, TextBlock, refuse_misfits
from formats.errors import FormatError
from formats.program import FilePiece, Piece, Program, file_samples, sheet_bytes
from formats.toc import TocSheet, TocTrack


def toc_of_disc(disc: Disc, image: FilePiece) -> TocSheet:
    """Return the TOC file of a disc.

    Parameters
    ----------
    disc : Disc
        What cannot be written of it is left out: `toc_losses` tells.
    image : FilePiece
        Where sector 150 of the disc lies; its length does not count. For the image of a DDP
        fileset that is an offset of 352 800 bytes.

    Raises
    ------
    EncodeError
        If the disc is none that can be written.
    """
    refuse_misfits(disc)
    ends = [_begin(track) for track in disc.tracks[1:]] + [disc.lead_out_sector]
    return TocSheet(
        tuple(_toc_track(*each, image) for each in zip(disc.tracks, ends, strict=True)),
        disc.catalog,
        tuple(_written_block(block) for block in disc.cd_text if _is_written(block)),
        disc.first_track,
    )


def toc_losses(disc: Disc) -> tuple[Loss, ...]:
    """Return what a TOC file does not tell of a disc, or tells otherwise, and how."""
    return tuple(_losses(disc))


def read_toc(path: Path) -> Program:
    """Return the disc of a TOC file, and the pieces of its sound in the files beside it.

    Raises
    ------
    FormatError
        If the TOC file and the files do not go together.
    """
    sheet = TocSheet.decode(sheet_bytes(path))
    pieces = tuple(piece for track in sheet.tracks for piece in track.pieces)
    files = {piece.name: piece for piece in pieces if isinstance(piece, FilePiece)}
    lengths = {name: file_samples(path.parent, piece) for name, piece in files.items()}
    return Program(disc_of_toc(sheet, lengths), pieces)


def disc_of_toc(sheet: TocSheet, lengths_samples: Mapping[str, int] | None = None) -> Disc:
    """Return the disc that a TOC file describes.

    Parameters
    ----------
    sheet : TocSheet
        As read.
    lengths_samples : mapping of str to int
        How many samples each file holds, by its name (`formats.program.file_samples`). Needed
        where a piece goes to the end of its file.

    Raises
    ------
    FormatError
        If the length of a file is needed and not given, or a track is no whole number of
        sectors.

    Notes
    -----
    Places may break rules: `formats.disc.refuse_misfits` tells.
    """
    lengths = lengths_samples if lengths_samples is not None else {}
    begin, tracks = PREGAP_SECTORS, []
    for number, track in enumerate(sheet.tracks, start=sheet.first_track):
        start = begin + track.pause_sectors
        points = [start, *(start + sectors for sectors in track.index_sectors)]
        pause = 0 if number == sheet.first_track else begin
        indexes = [DiscIndex(each, sector) for each, sector in enumerate(points, start=1)]
        if pause < start:
            indexes.insert(0, DiscIndex(0, pause))
        tracks.append(
            DiscTrack(
                number,
                tuple(indexes),
                track.isrc,
                has_pre_emphasis=track.has_pre_emphasis,
                is_copy_permitted=track.is_copy_permitted,
            )
        )
        begin += _n_sectors(track, number, lengths)
    return Disc(tuple(tracks), begin, sheet.catalog, cd_text=sheet.cd_text)


def _begin(track: DiscTrack) -> int:
    return track.start_sector if track.pause_sector is None else track.pause_sector


def _toc_track(track: DiscTrack, end_sector: int, image: FilePiece) -> TocTrack:
    start = track.start_sector
    begin = max(_begin(track), PREGAP_SECTORS)  # the first two seconds are in no file
    piece = replace(
        image,
        start_samples=image.start_samples + disc_to_program_sectors(begin) * SAMPLES_PER_SECTOR,
        n_samples=(end_sector - begin) * SAMPLES_PER_SECTOR,
    )
    return TocTrack(
        (piece,),
        start - begin,
        tuple(index.sector - start for index in track.indexes if index.number > 1),
        track.isrc,
        is_copy_permitted=track.is_copy_permitted,
        has_pre_emphasis=track.has_pre_emphasis,
    )


def _is_written(block: TextBlock) -> bool:
    return block.charset is not Charset.MS_JIS  # cdrdao 1.2 has no word for it


def _written_block(block: TextBlock) -> TextBlock:
    return replace(block, is_copyrighted=False, closed="", raw=())


def _losses(disc: Disc) -> Iterator[Loss]:
    if disc.master_id:
        yield Loss("master id", disc.master_id, "")
    for track in disc.tracks:
        if track.scms:
            yield Loss(f"track {track.number:02d} SCMS", "copy of a copy forbidden", "NO COPY")
    for number, block in enumerate(disc.cd_text, start=1):
        place = f"language {number}"
        if not _is_written(block):
            yield Loss(place, "MS-JIS", "")
            continue
        for each in cdtext_losses(block, first_track=disc.first_track):
            if each.field != "closed information":
                yield replace(each, field=f"{place} {each.field}")
        if block.charset is Charset.ASCII:
            yield Loss(f"{place} charset", "ASCII", "ISO 8859-1")
        if block.is_copyrighted:
            yield Loss(f"{place} copyright", "asserted", "")
        if block.closed:
            yield Loss(f"{place} closed information", block.closed, "")
        if block.raw:
            kinds = sorted({f"{pack.kind:02x}" for pack in block.raw})
            yield Loss(f"{place} packs", ", ".join(kinds), "")


def _n_sectors(track: TocTrack, number: int, lengths_samples: Mapping[str, int]) -> int:
    n_samples = sum(_length(piece, number, lengths_samples) for piece in track.pieces)
    sectors, rest = divmod(n_samples, SAMPLES_PER_SECTOR)
    if rest:
        raise FormatError(
            f"track {number:02d} is {rest} samples longer than whole sectors of 588; "
            "cdrdao would fill it up with silence"
        )
    return sectors


def _length(piece: Piece, number: int, lengths_samples: Mapping[str, int]) -> int:
    if piece.n_samples is not None:
        return piece.n_samples
    if piece.name not in lengths_samples:
        raise FormatError(f"track {number:02d} goes to the end of a file: its length is there")
    left = lengths_samples[piece.name] - piece.start_samples
    if left <= 0:
        raise FormatError(f"track {number:02d} begins behind the end of {piece.name!r}")
    return left
