"""A deliverable as the verifier finds it: files, promises, tags, and what is decoded of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from formats.cdtime import BYTES_PER_SECTOR, SAMPLES_PER_SECTOR
from formats.cue import CueSheet
from formats.errors import FormatError
from formats.payload import payload_digest
from formats.tags import Tags, read_tags
from pipeline.errors import VerifyFailed
from pipeline.manifest import MANIFEST_NAME, FilePromise, Manifest, TrackPromise, read_manifest
from pipeline.verify.inspect import AudioFacts

SEND = "SEND"
CD_SAMPLE_BYTES = 4
AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".mp3"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One track to be opened: a whole file, or a stretch of a CD image.

    Parameters
    ----------
    name : str
        Path of the file inside the package.
    index : int
        Number of the track in the file, from 0.
    start_samples, n_samples : int
        The stretch; both 0 for a whole file.
    """

    name: str
    index: int = 0
    start_samples: int = 0
    n_samples: int = 0

    @property
    def is_stretch(self) -> bool:
        """Whether it is a part of an image."""
        return self.n_samples > 0


@dataclass(frozen=True, slots=True)
class Package:
    """Everything that checks look at.

    Parameters
    ----------
    folder : Path
        Folder of the deliverable, or of the files themselves.
    root : Path
        ``SEND/``, or the folder itself if there is none.
    names : tuple of str
        Every file below `root`, by its path there.
    manifest : Manifest or None
        What was promised; None if no manifest stands beside.
    tags : mapping of str to Tags or FormatError
        Tags of each audio file, or why they cannot be read.
    sheets : mapping of str to CueSheet or FormatError
        Each cue sheet, or why it cannot be read.
    facts : mapping of Piece to AudioFacts or FormatError
        What was decoded, or why it cannot be; empty before the inspection.
    """

    folder: Path
    root: Path
    names: tuple[str, ...]
    manifest: Manifest | None
    tags: Mapping[str, Tags | FormatError]
    sheets: Mapping[str, CueSheet | FormatError]
    facts: Mapping[Piece, AudioFacts | FormatError] = field(default_factory=dict)

    @property
    def audio_names(self) -> tuple[str, ...]:
        """Files of one track each."""
        return tuple(name for name in self.names if Path(name).suffix.lower() in AUDIO_SUFFIXES)

    @property
    def image_names(self) -> tuple[str, ...]:
        """CD images."""
        return tuple(name for name in self.names if Path(name).suffix.lower() == ".bin")

    @property
    def is_cd(self) -> bool:
        """Whether it is the image of a disc."""
        return bool(self.sheets) and bool(self.image_names)

    def promise(self, name: str) -> FilePromise | None:
        """Return what is promised about a file."""
        files = self.manifest.files if self.manifest else ()
        return next((each for each in files if each.name == name), None)

    def promised(self) -> tuple[tuple[Piece, TrackPromise, FilePromise], ...]:
        """Return every track that is promised, with the piece it is found in."""
        if self.manifest is None:
            return ()
        return tuple(
            (_piece(file, index), track, file)
            for file in self.manifest.audio_files
            if file.name in self.names
            for index, track in enumerate(file.tracks)
        )

    def found(self) -> tuple[tuple[Piece, AudioFacts], ...]:
        """Return everything that could be decoded."""
        return tuple(
            (piece, each) for piece, each in self.facts.items() if isinstance(each, AudioFacts)
        )


def open_package(folder: Path) -> Package:
    """Find out what is in a folder, without decoding any audio.

    Raises
    ------
    VerifyFailed
        If there is nothing in it to check.
    StoreError
        If its manifest cannot be read.
    """
    root = folder / SEND if (folder / SEND).is_dir() else folder
    names = tuple(
        sorted(
            path.relative_to(root).as_posix()
            for path in root.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        )
    )
    beside = (folder if root != folder else folder.parent) / MANIFEST_NAME
    manifest = read_manifest(beside) if _belongs(beside, folder, root) else None
    names = tuple(name for name in names if name != MANIFEST_NAME)
    if not names:
        raise VerifyFailed(str(folder), "nothing in it to check")
    return Package(
        folder,
        root,
        names,
        manifest,
        {
            name: _read_tags(root / name)
            for name in names
            if Path(name).suffix.lower() in AUDIO_SUFFIXES
        },
        {
            name: _read_sheet(root / name)
            for name in names
            if Path(name).suffix.lower() == ".cue"
        },
    )


def pieces_of(package: Package) -> tuple[Piece, ...]:
    """Return what must be opened: promised tracks, and all audio nobody promised."""
    promised = tuple(piece for piece, _, _ in package.promised())
    known = {piece.name for piece in promised}
    loose = tuple(Piece(name) for name in package.audio_names if name not in known)
    return (*promised, *loose, *_unpromised_stretches(package, known))


def piece_digest(package: Package, piece: Piece) -> str:
    """Return the hash of a file's audio alone, which new tags do not change; or of a stretch.

    Raises
    ------
    FormatError
        If the file is damaged.
    """
    path = package.root / piece.name
    if not piece.is_stretch:
        return payload_digest(path)
    hasher = hashlib.sha256()
    with path.open("rb") as image:
        image.seek(piece.start_samples * CD_SAMPLE_BYTES)
        left = piece.n_samples * CD_SAMPLE_BYTES
        while left and (block := image.read(min(left, 1 << 20))):
            hasher.update(block)
            left -= len(block)
    return hasher.hexdigest()


def _piece(file: FilePromise, index: int) -> Piece:
    if file.format != "bin":
        return Piece(file.name, index)
    track = file.tracks[index]
    return Piece(file.name, index, track.start_samples, track.n_samples)


def _unpromised_stretches(package: Package, known: set[str]) -> tuple[Piece, ...]:
    """Return the tracks of images that only their cue sheet tells of."""
    pieces = []
    for name, sheet in package.sheets.items():
        image = str(Path(name).with_suffix(".bin").as_posix())
        if isinstance(sheet, FormatError) or image in known or image not in package.names:
            continue
        n_sectors = (package.root / image).stat().st_size // BYTES_PER_SECTOR
        starts = [
            index.sectors
            for track in sheet.tracks
            for index in track.indexes
            if index.number == 1
        ]
        for number, (start, end) in enumerate(
            zip(starts, [*starts[1:], n_sectors], strict=True)
        ):
            if end > start:
                pieces.append(
                    Piece(
                        image,
                        number,
                        start * SAMPLES_PER_SECTOR,
                        (end - start) * SAMPLES_PER_SECTOR,
                    )
                )
    return tuple(pieces)


def _belongs(manifest: Path, folder: Path, root: Path) -> bool:
    return manifest.is_file() and (root != folder or folder.name == SEND)


def _read_tags(path: Path) -> Tags | FormatError:
    try:
        return read_tags(path)
    except FormatError as error:
        return error


def _read_sheet(path: Path) -> CueSheet | FormatError:
    try:
        return CueSheet.decode(path.read_bytes())
    except FormatError as error:
        return error
