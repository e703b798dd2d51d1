"""DDP filesets as what burning programs and players read: sheets with a BIN or WAV file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from formats.atomic import write_atomically, write_blocks_atomically
from formats.cdtext import encode_cdtext
from formats.cdtime import CD_SAMPLE_RATE_HZ, PREGAP_SECTORS, SAMPLES_PER_SECTOR
from formats.charsets import Loss
from formats.cue_disc import cue_losses, cue_of_disc
from formats.ddp.reader import Fileset, disc_of, read_audio, read_fileset
from formats.disc import Disc
from formats.errors import EncodeError
from formats.program import FilePiece
from formats.toc_disc import toc_losses, toc_of_disc
from formats.wav import wav_header


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written, sheet first, and what they do not tell of the disc."""

    files: tuple[Path, ...]
    losses: tuple[Loss, ...]


def export_cue(fileset: Path, folder: Path, *, stem: str = "disc") -> Exported:
    """Write a fileset as cue sheet and BIN file, with its CD-Text in a file beside them.

    Parameters
    ----------
    fileset : Path
        Folder of the DDP fileset.
    folder : Path
        Where to; made if it is not there.
    stem : str
        Name of the files, without their endings.

    Raises
    ------
    FormatError
        If the fileset cannot be read, or its disc not be written.
    EncodeError
        If one of the files is there already.
    OSError
        If the disk refuses.

    Notes
    -----
    The sheet's sound begins at sector 150 of the disc, as all programs expect: two seconds
    into the image. What is not silent before is a loss.
    """
    return _export_cue(fileset, folder, stem, ending="bin")


def export_wav_cue(fileset: Path, folder: Path, *, stem: str = "disc") -> Exported:
    """Write a fileset as cue sheet and WAV file; as `export_cue` in all else.

    Raises
    ------
    FormatError, OSError
        As `export_cue`.
    """
    return _export_cue(fileset, folder, stem, ending="wav")


def export_toc(fileset: Path, folder: Path, *, stem: str = "disc") -> Exported:
    """Write a fileset as TOC file of cdrdao and WAV file; parameters are those of `export_cue`.

    Raises
    ------
    FormatError, OSError
        As `export_cue`.
    """
    source = read_fileset(fileset)
    disc = disc_of(source)
    sheet = toc_of_disc(disc, FilePiece(f"{stem}.wav", is_wav=True)).encode()
    files = _free(folder, f"{stem}.toc", f"{stem}.wav")
    write_blocks_atomically(files[1], _wav(source, disc))
    write_atomically(files[0], sheet)
    return Exported(files, (*toc_losses(disc), *_early_sound(source)))


EXPORTS: dict[str, Callable[..., Exported]] = {
    "cue": export_cue,
    "toc": export_toc,
    "wav+cue": export_wav_cue,
}
"""Name of a kind of export, as a user chooses it, to what writes it."""


def _export_cue(fileset: Path, folder: Path, stem: str, *, ending: str) -> Exported:
    source = read_fileset(fileset)
    disc = disc_of(source)
    packs = encode_cdtext(disc.cd_text, first_track=disc.first_track) if disc.cd_text else b""
    sheet = cue_of_disc(
        disc,
        f"{stem}.{ending}",
        kind="WAVE" if ending == "wav" else "BINARY",
        cdtext_name=f"{stem}.cdt" if packs else "",
    ).encode()
    names = (f"{stem}.cue", f"{stem}.{ending}", *([f"{stem}.cdt"] if packs else []))
    files = _free(folder, *names)
    sound = _wav(source, disc) if ending == "wav" else _sound(source, disc)
    write_blocks_atomically(files[1], sound)
    if packs:
        write_atomically(files[2], packs)
    write_atomically(files[0], sheet)  # last: a sheet without its files is of no use
    lost = cue_losses(disc, has_cdtext_file=bool(packs))
    return Exported(files, (*lost, *_early_sound(source)))


def _free(folder: Path, *names: str) -> tuple[Path, ...]:
    """Return the files to be written, of which none may be there."""
    folder.mkdir(parents=True, exist_ok=True)
    files = tuple(folder / name for name in names)
    for file in files:
        if file.exists():
            raise EncodeError("folder", str(folder), f"must not hold {file.name} already")
    return files


def _sound(source: Fileset, disc: Disc) -> Iterator[bytes]:
    return read_audio(source, PREGAP_SECTORS, disc.lead_out_sector)


def _wav(source: Fileset, disc: Disc) -> Iterator[bytes]:
    n_samples = (disc.lead_out_sector - PREGAP_SECTORS) * SAMPLES_PER_SECTOR
    yield wav_header(n_samples, sample_rate_hz=CD_SAMPLE_RATE_HZ, bits=16, n_channels=2)
    yield from _sound(source, disc)


def _early_sound(source: Fileset) -> Iterator[Loss]:
    """Yield the loss of what sounds in the first two seconds, which no sheet reaches."""
    if any(any(block) for block in read_audio(source, 0, PREGAP_SECTORS)):
        yield Loss("sound before 00:02:00", "not silent", "")
