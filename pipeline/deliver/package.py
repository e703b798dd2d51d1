"""A deliverable put together: every file a recipe, and its promise for the manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath

from formats.cdtime import BYTES_PER_SECTOR, SAMPLES_PER_SECTOR
from formats.checksums import encode_checksums, file_digest
from formats.disc import Disc
from formats.discid import AccurateRip
from formats.errors import EncodeError, FormatError
from formats.tags import Tags, copy_tagged, id3
from formats.wav import wav_header
from formats.zipped import write_zip
from pipeline.engine import Artifact
from pipeline.engine.copies import disk_error
from pipeline.errors import DeliveryError
from pipeline.lock import digest_of
from pipeline.manifest import FilePromise, tag_texts

SEND = "SEND"
PAPERS = "papers"
PACKAGE_VERSION = 1
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch of zeros inside a file."""

    n_bytes: int


@dataclass(frozen=True, slots=True)
class WavHead:
    """What stands before the samples of a WAV file: the header, with the recipe's tags."""

    n_samples: int
    sample_rate_hz: int
    bits: int
    n_channels: int = 2


@dataclass(frozen=True, slots=True)
class ChecksumList:
    """The list of the MD5 sums of files that were made before, by their names in ``SEND/``."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """A ZIP file of files that were made before, by their names in ``SEND/``."""

    names: tuple[str, ...]


Part = bytes | Artifact | Silence | WavHead | ChecksumList | Packed


@dataclass(frozen=True, slots=True)
class ImageOf:
    """A disc, and the sector of it that its image begins with."""

    disc: Disc
    first_sector: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one file of ``SEND/`` is made.

    Parameters
    ----------
    promise : FilePromise
        What is promised about it; size and hash are filled in when it is made.
    parts : tuple of Part
        What it is put together from, in order. A `ChecksumList` and a `Packed` stand alone, and
        behind the recipes of the files they name.
    tags : Tags or None
        Its tags: in its `WavHead`, or else put on the copy of its one artifact.
    has_md5 : bool
        Whether its MD5 sum is wanted too.
    image : ImageOf or None
        What disc it is an image of: the sums of its tracks are wanted too.
    """

    promise: FilePromise
    parts: tuple[Part, ...]
    tags: Tags | None = None
    has_md5: bool = False
    image: ImageOf | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """What a file is known by, as far as its recipe asks for it."""

    sha256: str
    md5: str = ""
    accuraterip: tuple[str, ...] = ()

    def answer(self, recipe: Recipe) -> bool:
        """Whether all that a recipe asks for is here."""
        has_md5 = bool(self.md5) or not recipe.has_md5
        return has_md5 and (bool(self.accuraterip) or recipe.image is None)

    def promise(self, recipe: Recipe, size_bytes: int) -> FilePromise:
        """Return the promise of a recipe, filled in."""
        return replace(
            recipe.promise,
            size_bytes=size_bytes,
            sha256=self.sha256,
            md5=self.md5 if recipe.has_md5 else "",
            accuraterip=self.accuraterip if recipe.image else (),
        )


def recipe_digest(recipes: Mapping[str, Recipe]) -> str:
    """Return a digest of everything the files are made from, their names left out.

    It is known before a byte is written: so a deliverable that did not change is recognised,
    and keeps its revision, without being made.
    """
    return digest_of([PACKAGE_VERSION, [_described(each) for each in recipes.values()]])


def made_from(recipe: Recipe) -> str:
    """Return a digest of everything that one file and its sums are made from."""
    image = recipe.image
    marks = [track.start_sector for track in image.disc.tracks] if image else []
    return digest_of([PACKAGE_VERSION, _described(recipe), marks])


def compose(
    recipe: Recipe,
    folder: Path,
    *,
    path_of: Callable[[Artifact], Path],
    made: Iterable[FilePromise] = (),
) -> FilePromise:
    """Write one file below `folder` and return its promise with size and hashes.

    Parameters
    ----------
    recipe : Recipe
        How it is made.
    folder : Path
        The staged ``SEND/`` folder.
    path_of : callable
        Gives the path of an artifact in the store.
    made : iterable of FilePromise
        The files that were made before it.

    Raises
    ------
    StoreError
        If the disk is full, or refuses.
    DeliveryError
        If a tag cannot be written, or the store is damaged.
    """
    path = folder / recipe.promise.name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sums = _written(recipe, folder, path_of, {each.name: each.md5 for each in made})
    except OSError as error:
        raise disk_error(Path(error.filename or path), error) from error
    except EncodeError as error:
        raise DeliveryError(
            recipe.promise.name,
            f"cannot carry its tags: {error}",
            "mend the text in album.yaml",
        ) from error
    except FormatError as error:
        raise DeliveryError(
            recipe.promise.name,
            f"cannot be made from the store: {error}",
            "build with --rehash: what is damaged is made again",
        ) from error
    return sums.promise(recipe, path.stat().st_size)


def _written(
    recipe: Recipe,
    folder: Path,
    path_of: Callable[[Artifact], Path],
    md5_of: Mapping[str, str],
) -> Sums:
    """Write a file, tags and all, and return its hashes."""
    path = folder / recipe.promise.name
    match recipe.parts:
        case (Artifact() as encoded,) if recipe.tags:
            copy_tagged(path_of(encoded), path, recipe.tags)
            return Sums(file_digest(path))
        case (Packed(names),):
            write_zip(path, {name: folder / name for name in names})
            return Sums(file_digest(path))
        case (ChecksumList(names),):
            sums = {PurePosixPath(name).name: md5_of[name] for name in names}
            return _joined([encode_checksums(sums)], path)
        case _:
            return _joined(_blocks(recipe, path_of), path, recipe)


def _joined(blocks: Iterable[bytes], path: Path, recipe: Recipe | None = None) -> Sums:
    sha256 = hashlib.sha256()
    md5 = hashlib.md5(usedforsecurity=False) if recipe and recipe.has_md5 else None
    tracks = _TrackSums(recipe.image) if recipe and recipe.image else None
    with path.open("wb") as out:
        for block in blocks:
            sha256.update(block)
            if md5:
                md5.update(block)
            if tracks:
                tracks.add(block)
            out.write(block)
    return Sums(
        sha256.hexdigest(),
        md5.hexdigest() if md5 else "",
        tracks.finish() if tracks else (),
    )


class _TrackSums:
    """The AccurateRip sums of an image that is being written."""

    def __init__(self, image: ImageOf) -> None:
        disc = image.disc
        starts = [track.start_sector for track in disc.tracks]
        lengths = [end - start for start, end in pairwise([*starts, disc.lead_out_sector])]
        self._summing = AccurateRip([each * SAMPLES_PER_SECTOR for each in lengths])
        self._before_bytes = (starts[0] - image.first_sector) * BYTES_PER_SECTOR

    def add(self, block: bytes) -> None:
        """Take the next bytes of the image; what lies before track 1 does not count."""
        skipped = min(self._before_bytes, len(block))
        self._before_bytes -= skipped
        if skipped < len(block):
            self._summing.add(block[skipped:])

    def finish(self) -> tuple[str, ...]:
        """Return both sums of each track."""
        return tuple(f"{each.v1:08x} {each.v2:08x}" for each in self._summing.finish())


def _blocks(recipe: Recipe, path_of: Callable[[Artifact], Path]) -> Iterator[bytes]:
    for part in recipe.parts:
        match part:
            case ChecksumList() | Packed():
                raise AssertionError("stands alone")
            case bytes():
                yield part
            case Silence():
                yield from _zeros(part.n_bytes)
            case WavHead():
                yield _wav_head(part, recipe.tags)
            case Artifact():
                with path_of(part).open("rb") as source:
                    while block := source.read(_COPY_BYTES):
                        yield block


def _zeros(n_bytes: int) -> Iterator[bytes]:
    zeros = bytes(_COPY_BYTES)
    for start in range(0, n_bytes, _COPY_BYTES):
        yield zeros[: n_bytes - start]


def _wav_head(head: WavHead, tags: Tags | None) -> bytes:
    return wav_header(
        head.n_samples,
        sample_rate_hz=head.sample_rate_hz,
        bits=head.bits,
        n_channels=head.n_channels,
        # Before the samples, where no service objects to them (see `formats.tags`).
        chunks=[("id3 ", id3.encode(tags))] if tags else (),
    )


def _described(recipe: Recipe) -> list[object]:
    parts = [_described_part(part) for part in recipe.parts]
    return [parts, tag_texts(recipe.tags) if recipe.tags else None]


def _described_part(part: Part) -> object:
    match part:
        case bytes():
            return {"bytes": hashlib.sha256(part).hexdigest()}
        case Silence():
            return {"zeros": part.n_bytes}
        case WavHead():
            return {"wav": asdict(part)}
        case ChecksumList():
            return {"md5": list(part.names)}
        case Packed():
            return {"zip": list(part.names)}
        case Artifact():
            return part.digest
