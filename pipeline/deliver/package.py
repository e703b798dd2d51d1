"""A deliverable's folder put together: every file a recipe, and its promise for the manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from formats.checksums import file_digest
from formats.errors import FormatError
from formats.tags import Tags, copy_tagged, write_tags
from formats.tags.model import texts
from pipeline.engine import Artifact
from pipeline.errors import DeliveryError
from pipeline.lock import digest_of
from pipeline.manifest import FilePromise

SEND = "SEND"
PAPERS = "papers"
PACKAGE_VERSION = 1
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch of zeros inside a file."""

    n_bytes: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one file of ``SEND/`` is made.

    Parameters
    ----------
    promise : FilePromise
        What is promised about it; size and hash are filled in when it is made.
    parts : tuple of bytes, Artifact or Silence
        What it is put together from, in order.
    tags : Tags or None
        Tags put on the finished copy.
    """

    promise: FilePromise
    parts: tuple[bytes | Artifact | Silence, ...]
    tags: Tags | None = None


def recipe_digest(recipes: Mapping[str, Recipe]) -> str:
    """Return a digest of everything the files are made from, their names left out.

    It is known before a byte is written: so a deliverable that did not change is recognised,
    and keeps its revision, without being made.
    """
    return digest_of([PACKAGE_VERSION, [_described(each) for each in recipes.values()]])


def compose(
    recipe: Recipe, folder: Path, *, path_of: Callable[[Artifact], Path]
) -> FilePromise:
    """Write one file below `folder` and return its promise with size and hash.

    Parameters
    ----------
    recipe : Recipe
        How it is made.
    folder : Path
        The staged ``SEND/`` folder.
    path_of : callable
        Gives the path of an artifact in the store.

    Raises
    ------
    DeliveryError
        If the disk refuses, or a tag cannot be written.
    """
    path = folder / recipe.promise.name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        digest = _written(recipe, path, path_of)
    except OSError as error:
        raise DeliveryError(str(path), f"cannot be written: {error.strerror}") from error
    except FormatError as error:
        raise DeliveryError(
            recipe.promise.name,
            f"cannot carry its tags: {error}",
            "mend the text in album.yaml",
        ) from error
    return replace(recipe.promise, size_bytes=path.stat().st_size, sha256=digest)


def tag_texts(tags: Tags) -> dict[str, str]:
    """Return tags as the manifest keeps them: texts and numbers by name, the cover by its hash."""
    numbers = {
        "track": tags.track,
        "track_total": tags.track_total,
        "disc": tags.disc,
        "disc_total": tags.disc_total,
    }
    found = texts(tags) | {name: str(n) for name, n in numbers.items() if n is not None}
    if tags.artwork:
        found["artwork"] = hashlib.sha256(tags.artwork.data).hexdigest()
    return found


def _written(recipe: Recipe, path: Path, path_of: Callable[[Artifact], Path]) -> str:
    """Write a file, tags and all, and return its hash."""
    if recipe.tags is None:
        return _write(recipe, path, path_of)
    match recipe.parts:
        case (Artifact() as encoded,):
            copy_tagged(path_of(encoded), path, recipe.tags)
        case _:
            _write(recipe, path, path_of)
            write_tags(path, recipe.tags)
    return file_digest(path)


def _write(recipe: Recipe, path: Path, path_of: Callable[[Artifact], Path]) -> str:
    hasher = hashlib.sha256()
    with path.open("wb") as out:
        for part in recipe.parts:
            if isinstance(part, bytes):
                hasher.update(part)
                out.write(part)
            elif isinstance(part, Silence):
                _each_zero(part.n_bytes, lambda block: (hasher.update(block), out.write(block)))
            else:
                _each_block(
                    path_of(part), lambda block: (hasher.update(block), out.write(block))
                )
    return hasher.hexdigest()


def _each_block(path: Path, use: Callable[[bytes], object]) -> None:
    with path.open("rb") as source:
        while block := source.read(_COPY_BYTES):
            use(block)


def _each_zero(n_bytes: int, use: Callable[[bytes], object]) -> None:
    zeros = bytes(_COPY_BYTES)
    while n_bytes:
        block = zeros[:n_bytes]
        use(block)
        n_bytes -= len(block)


def _described(recipe: Recipe) -> list[object]:
    parts = [
        part.digest
        if isinstance(part, Artifact)
        else {"zeros": part.n_bytes}
        if isinstance(part, Silence)
        else {"bytes": hashlib.sha256(part).hexdigest()}
        for part in recipe.parts
    ]
    return [parts, tag_texts(recipe.tags) if recipe.tags else None]
