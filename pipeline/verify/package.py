"""A deliverable as the verifier finds it: files, promises, tags, what is decoded of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from formats.cue import CueSheet
from formats.ddp.checksums import find_checksums
from formats.ddp.reader import Fileset, read_fileset
from formats.errors import FormatError
from formats.tags import Tags, read_tags
from pipeline.errors import VerifyFailed
from pipeline.manifest import MANIFEST_NAME, FilePromise, Manifest, TrackPromise, read_manifest
from pipeline.verify.inspect import AudioFacts

SEND = "SEND"
CD_SAMPLE_BYTES = 4
KINDS = ("cd_image", "ddp", "files")
AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".mp3"})
CHECKED_SUFFIXES = AUDIO_SUFFIXES | {".bin", ".cue"}
FILESET_MARKS = frozenset({"ddpid", "ddpms"})
"""Files that a DDP fileset is known by, in small letters: the two whose names are fixed."""


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
        Folder of the deliverable, or of the files themselves; or the one file.
    root : Path
        ``SEND/``, or the folder itself if there is none.
    names : tuple of str
        Every file that is checked, by its path below `root`.
    manifest : Manifest or None
        What was promised; None if no manifest stands beside.
    tags : mapping of str to Tags or FormatError
        Tags of each audio file, or why they cannot be read.
    sheets : mapping of str to CueSheet or FormatError
        Each cue sheet, or why it cannot be read.
    filesets : mapping of str to Fileset or FormatError
        Each DDP fileset by its folder below `root`, ``.`` for `root` itself; or why it cannot
        be read.
    facts : mapping of Piece to AudioFacts or FormatError
        What was decoded, or why it cannot be; empty before the inspection.
    untouched : frozenset of str
        Files that were proved before, and that size and times say are the same.
    """

    folder: Path
    root: Path
    names: tuple[str, ...]
    manifest: Manifest | None
    tags: Mapping[str, Tags | FormatError]
    sheets: Mapping[str, CueSheet | FormatError]
    filesets: Mapping[str, Fileset | FormatError] = field(default_factory=dict)
    facts: Mapping[Piece, AudioFacts | FormatError] = field(default_factory=dict)
    untouched: frozenset[str] = frozenset()

    @property
    def audio_names(self) -> tuple[str, ...]:
        """Files of one track each."""
        images = set(self.image_names)
        return tuple(
            name
            for name in self.names
            if _suffix(name) in AUDIO_SUFFIXES and name not in images
        )

    @property
    def image_names(self) -> tuple[str, ...]:
        """CD images: of filesets what their map names, elsewhere what ends in ``.bin``."""
        mapped = {image_in(folder, each) for folder, each in self.filesets.items()}
        return tuple(
            name
            for name in self.names
            if name in mapped
            or (_suffix(name) == ".bin" and _folder_of(name) not in self.filesets)
        )

    @property
    def fileset_names(self) -> tuple[str, ...]:
        """Files that a DDP fileset is made of: what its map names, and lists of checksums."""
        return tuple(_fileset_names(self))

    @property
    def zip_names(self) -> tuple[str, ...]:
        """ZIP files of what lies beside them."""
        return tuple(name for name in self.names if _suffix(name) == ".zip")

    @property
    def kind(self) -> str:
        """Kind of deliverable: what was promised, or what it looks like."""
        if self.manifest:
            return self.manifest.kind
        if self.filesets:
            return "ddp"
        # A sheet beside FLAC files is a ripper's note; what a burner takes is BIN or WAV.
        is_for_burner = all(_suffix(name) == ".wav" for name in self.audio_names)
        is_disc = self.image_names or (self.sheets and is_for_burner)
        return "cd_image" if is_disc else "files"

    @property
    def is_cd(self) -> bool:
        """Whether it is the image of a disc."""
        return self.kind in ("cd_image", "ddp")

    def is_at_album_rate(self, file: FilePromise) -> bool:
        """Whether a file has the rate that levels were decided at."""
        rate_hz = self.manifest.sample_rate_hz if self.manifest else 0
        return rate_hz in (0, file.sample_rate_hz)

    def promised(self) -> tuple[tuple[Piece, TrackPromise, FilePromise], ...]:
        """Return every track that is promised and whose file is there, with its piece."""
        if self.manifest is None:
            return ()
        return tuple(
            (_piece(file, index), track, file)
            for file in self.manifest.audio_files
            if file.name in self.names
            for index, track in enumerate(file.tracks)
        )

    def promises(self) -> dict[Piece, TrackPromise]:
        """Return what is promised about each piece."""
        return {piece: track for piece, track, _ in self.promised()}

    def found(self) -> tuple[tuple[Piece, AudioFacts], ...]:
        """Return everything that could be decoded."""
        return tuple(
            (piece, each) for piece, each in self.facts.items() if isinstance(each, AudioFacts)
        )


def open_package(path: Path) -> Package:
    """Find out what is in a folder, without decoding any audio.

    Parameters
    ----------
    path : Path
        Folder of a deliverable, its ``SEND``, a folder of files of any origin, or one file: a
        cue sheet brings the image that it names along, an image the sheet beside it, DDPID and
        DDPMS their fileset.

    Raises
    ------
    VerifyFailed
        If there is nothing to check, or what was built is not for release.
    StoreError
        If its manifest cannot be read.
    """
    if path.is_file() and _marks_fileset(path.name):
        path = path.parent
    if path.is_file():
        return _opened(path, path.parent, _alone(path), None)
    if not path.is_dir():
        raise VerifyFailed(str(path), "there is no such file or folder")
    root = path / SEND if (path / SEND).is_dir() else path
    manifest = _manifest(path, root)
    names = tuple(
        sorted(
            each.relative_to(root).as_posix()
            for each in root.rglob("*")
            if each.is_file() and (manifest or not each.name.startswith("."))
        )
    )
    if not manifest and not any(_is_checked(name) for name in names):
        raise VerifyFailed(
            str(path), "nothing in it to check: no WAV, FLAC, MP3, CD image or DDP fileset"
        )
    return _opened(path, root, names, manifest)


def _piece(file: FilePromise, index: int) -> Piece:
    if file.format != "bin":
        return Piece(file.name, index)
    track = file.tracks[index]
    return Piece(file.name, index, track.start_samples, track.n_samples)


def image_of(name: str, sheet: CueSheet) -> str | None:
    """Return the one image that a sheet describes, by its path in the package; else None."""
    if len(sheet.files) != 1 or sheet.files[0].kind != "BINARY":
        return None
    return (PurePosixPath(name).parent / sheet.files[0].name).as_posix()


def image_in(folder: str, fileset: Fileset | FormatError) -> str | None:
    """Return the image of a fileset, by its path in the package; else None."""
    try:
        path = fileset.audio.path if isinstance(fileset, Fileset) else None
    except FormatError:
        return None
    return (PurePosixPath(folder) / path.name).as_posix() if path else None


def _opened(
    path: Path, root: Path, names: tuple[str, ...], manifest: Manifest | None
) -> Package:
    tags = {name: _read_tags(root / name) for name in names if _suffix(name) in AUDIO_SUFFIXES}
    sheets = {name: _read_sheet(root / name) for name in names if _suffix(name) == ".cue"}
    folders = dict.fromkeys(_folder_of(name) for name in names if _marks_fileset(name))
    filesets = {folder: _read_fileset(root / folder) for folder in folders}
    return Package(path, root, names, manifest, tags, sheets, filesets)


def _alone(path: Path) -> tuple[str, ...]:
    """Return a file's name; of a disc, the names of its sheet and its image."""
    match _suffix(path.name):
        case ".cue":
            sheet = _read_sheet(path)
            image = image_of(path.name, sheet) if isinstance(sheet, CueSheet) else None
            there = image is not None and (path.parent / image).is_file()
            return (path.name, image) if image and there else (path.name,)
        case ".bin":
            beside = path.with_suffix(".cue").name
            return (path.name, beside) if (path.parent / beside).is_file() else (path.name,)
        case suffix if suffix in AUDIO_SUFFIXES:
            return (path.name,)
        case _:
            raise VerifyFailed(
                str(path),
                "is checked as WAV, FLAC, MP3, ZIP, cue sheet or CD image, by its ending",
            )


def _manifest(folder: Path, root: Path) -> Manifest | None:
    """Return the manifest beside ``SEND/``, if `folder` is a deliverable's or its ``SEND``."""
    if root != folder:
        beside = folder / MANIFEST_NAME
    elif folder.resolve().name == SEND:
        beside = folder.resolve().parent / MANIFEST_NAME
    else:
        _refuse_without_send(folder)
        return None
    manifest = read_manifest(beside) if beside.is_file() else None
    if manifest and manifest.kind not in KINDS:
        raise VerifyFailed(
            str(beside),
            f"promises a deliverable of kind {manifest.kind!r}, which is not known here",
            "update Glassmaster",
        )
    return manifest


def _refuse_without_send(folder: Path) -> None:
    """Refuse the folder of a deliverable that has no package to send."""
    if not (folder / MANIFEST_NAME).is_file():
        return
    if read_manifest(folder / MANIFEST_NAME).is_released:
        raise VerifyFailed(str(folder), "its SEND folder is gone", "build it again")
    raise VerifyFailed(
        str(folder), "NOT FOR RELEASE: its build failed a check, so there is nothing to send"
    )


def _fileset_names(package: Package) -> Iterator[str]:
    for folder, fileset in package.filesets.items():
        if not isinstance(fileset, Fileset):
            continue
        known = {each.name for each in find_checksums(fileset.folder)}
        known |= {each.path.name for each in fileset.streams if each.path}
        for name in package.names:
            path = PurePosixPath(name)
            is_ours = path.name in known or _marks_fileset(name)
            if path.parent.as_posix() == folder and is_ours:
                yield name


def _is_checked(name: str) -> bool:
    return _suffix(name) in CHECKED_SUFFIXES or _marks_fileset(name)


def _marks_fileset(name: str) -> bool:
    return PurePosixPath(name).name.lower() in FILESET_MARKS


def _folder_of(name: str) -> str:
    return PurePosixPath(name).parent.as_posix()


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


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


def _read_fileset(folder: Path) -> Fileset | FormatError:
    try:
        return read_fileset(folder)
    except FormatError as error:
        return error
