"""Outputs appear whole or not at all: staged, checked, and swapped in through a journal.

A deliverable is made in a staging folder beside its place. To publish it, the intent is written
down and synced, the old folder is moved aside, the new one takes its place, and what the user
had added is carried over. The next start reads the journal and ends whatever was cut short.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from formats.atomic import sync_folder, write_atomically
from formats.checksums import file_digest
from pipeline.errors import DeliveryError, StoreError

STAGING = ".staging-"
REPLACED = ".replaced-"
EDITED = "edited"
KEPT = "kept"
_SEND = "SEND"


@dataclass(frozen=True, slots=True)
class Published:
    """What was put into an output folder: size, time and hash of each file, by its path."""

    recipe: str
    files: Mapping[str, tuple[int, int, str]]

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON holds."""
        return {"recipe": self.recipe, "files": self.files}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Published:
        """Return what `to_json` wrote."""
        files = {name: (int(a), int(b), str(c)) for name, (a, b, c) in data["files"].items()}
        return cls(data["recipe"], files)


def stage_folder(target: Path) -> Path:
    """Return an empty staging folder beside `target`, on the same file system.

    Raises
    ------
    StoreError
        If it cannot be made.
    """
    stage = target.with_name(f"{STAGING}{target.name}")
    with _disk_errors(target):
        _remove(stage)
        stage.mkdir(parents=True)
    return stage


def discard(stage: Path) -> None:
    """Remove a staging folder that will not be published."""
    with _disk_errors(stage):
        _remove(stage)


def publish(
    stage: Path,
    target: Path,
    *,
    journal: Path,
    recipe: str,
    overwrite: bool = False,
    digests: Mapping[str, str] | None = None,
) -> None:
    """Put a checked staging folder in the place of `target`.

    Parameters
    ----------
    stage, target : Path
        Folders on one file system.
    journal : Path
        Folder of the journal, one file for each output.
    recipe : str
        Digest of what the folder was made from; kept so that an unchanged one is recognised.
    overwrite : bool
        Whether files of ours that the user edited are moved aside instead of stopping.
    digests : mapping of str to str, optional
        SHA-256 of staged files, by path, where they are known: those are not read again.

    Raises
    ------
    DeliveryError
        If a file of ours was edited since it was published, and `overwrite` is not set.
    StoreError
        If the disk refuses; the next start ends what was begun.

    Notes
    -----
    What the user added stays where it is, but for what lies in ``SEND``, which is handed over
    as it is, or where a new file of ours goes: that is moved below ``kept``. What of ours the
    user edited is moved below ``edited``. Nothing of theirs is ever replaced.
    """
    edited = edited_files(target, journal)
    if edited and not overwrite:
        names = ", ".join(edited[:3]) + (" …" if len(edited) > 3 else "")
        raise DeliveryError(
            target.name,
            f"edited since it was built: {names}",
            "keep your change elsewhere, or build with --overwrite: it is moved aside first",
        )
    ours = _read_published(_record_path(target, journal))
    with _disk_errors(target):
        _sync_tree(stage)
        swap = _Swap(
            stage,
            target,
            _free_place(target.with_name(f"{REPLACED}{target.name}")),
            Published(recipe, _fingerprints(stage, digests or {})),
            edited=frozenset(edited),
            ours=frozenset(ours.files) if ours else frozenset(),
        )
        _write_json(_pending_path(target, journal), swap.to_json(journal))
    recover(journal)


def recover(journal: Path) -> list[str]:
    """End every swap that was cut short; return the names of those outputs.

    Raises
    ------
    StoreError
        If the disk refuses, or the journal is damaged.
    """
    if not journal.is_dir():
        return []
    ended = []
    for pending in sorted(journal.glob("*.pending")):
        swap = _Swap.from_json(_read_json(pending), journal)
        with _disk_errors(swap.target):
            swap.end()
            if swap.is_done():
                _write_json(_record_path(swap.target, journal), swap.published.to_json())
            pending.unlink()
        ended.append(swap.target.name)
    return ended


def is_current(target: Path, *, journal: Path, recipe: str) -> bool:
    """Tell whether `target` holds, untouched, what `recipe` makes."""
    published = _read_published(_record_path(target, journal))
    return (
        published is not None
        and published.recipe == recipe
        and not edited_files(target, journal)
        and all((target / name).is_file() for name in published.files)
    )


def published_recipe(target: Path, journal: Path) -> str | None:
    """Return the recipe that `target` was last made from."""
    published = _read_published(_record_path(target, journal))
    return published.recipe if published else None


def edited_files(target: Path, journal: Path) -> list[str]:
    """Return the files of ours in `target` whose content is no longer what was published."""
    published = _read_published(_record_path(target, journal))
    if published is None:
        return []
    return [
        name
        for name, (size, mtime_ns, digest) in sorted(published.files.items())
        if (target / name).is_file() and _differs(target / name, size, mtime_ns, digest)
    ]


def untouched_files(target: Path, journal: Path) -> dict[str, tuple[int, str]]:
    """Return size and SHA-256 of the files in `target` that size and time say are ours."""
    published = _read_published(_record_path(target, journal))
    found = {}
    for name, (size, mtime_ns, digest) in published.files.items() if published else ():
        path = target / name
        if path.is_file() and not path.is_symlink():
            status = path.stat()
            if (status.st_size, status.st_mtime_ns) == (size, mtime_ns):
                found[name] = (size, digest)
    return found


def _differs(path: Path, size: int, mtime_ns: int, digest: str) -> bool:
    status = path.stat()
    if (status.st_size, status.st_mtime_ns) == (size, mtime_ns):
        return False
    return status.st_size != size or file_digest(path) != digest


@dataclass(frozen=True, slots=True)
class _Swap:
    """A staged folder on its way to its place; `end` may be cut short and repeated."""

    stage: Path
    target: Path
    old: Path
    published: Published
    edited: frozenset[str] = field(default_factory=frozenset)
    ours: frozenset[str] = field(default_factory=frozenset)

    def to_json(self, journal: Path) -> dict[str, Any]:
        """Return it with paths from the journal, so that an album may be moved in between."""
        folders = {"stage": self.stage, "target": self.target, "old": self.old}
        return {
            **{key: os.path.relpath(path, journal) for key, path in folders.items()},
            "published": self.published.to_json(),
            "edited": sorted(self.edited),
            "ours": sorted(self.ours),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], journal: Path) -> _Swap:
        stage, target, old = (
            Path(os.path.normpath(journal / data[key])) for key in ("stage", "target", "old")
        )
        published = Published.from_json(data["published"])
        return cls(
            stage, target, old, published, frozenset(data["edited"]), frozenset(data["ours"])
        )

    def end(self) -> None:
        """Bring the new folder, or else the old one, to its place from wherever it stopped."""
        if self.stage.is_dir():
            self._make_way()
            self.stage.rename(self.target)
            sync_folder(self.target.parent)
        elif self.old.is_dir() and not self.target.exists():
            self.old.rename(self.target)  # the staged folder is gone: nothing was published
        if self.old.is_dir():
            self._carry_over()
            _remove(self.old)

    def is_done(self) -> bool:
        """Whether the folder in its place is the new one."""
        return all(
            (self.target / name).is_file() and not _differs(self.target / name, *print_)
            for name, print_ in self.published.files.items()
        )

    def _make_way(self) -> None:
        if not self.target.exists():
            return
        if not self.old.exists():
            self.target.rename(self.old)
            return
        # The old folder is aside already, so somebody else made this one: all of it is theirs.
        for path in _files(self.target):
            _move(path, _free_place(self.old / path.relative_to(self.target)))
        _remove(self.target)

    def _carry_over(self) -> None:
        """Move what is not ours, and what of ours was edited, to the new folder."""
        for path in _files(self.old):
            name = path.relative_to(self.old)
            if name.as_posix() in self.edited:
                _move(path, _free_place(self.target / EDITED / name))
            elif name.as_posix() not in self.ours:
                place = self.target / name
                if name.parts[0] == _SEND or place.exists():
                    place = _free_place(self.target / KEPT / name)
                _move(path, place)


def _free_place(path: Path) -> Path:
    """Return `path`, or the first numbered form of it that does not exist."""
    free, number = path, 2
    while free.exists():
        free = path.with_name(f"{path.stem} ({number}){path.suffix}")
        number += 1
    return free


def _move(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    path.rename(place)


def _fingerprints(folder: Path, digests: Mapping[str, str]) -> dict[str, tuple[int, int, str]]:
    found = {}
    for path in _files(folder):
        name, status = path.relative_to(folder).as_posix(), path.stat()
        digest = digests.get(name) or file_digest(path)
        found[name] = (status.st_size, status.st_mtime_ns, digest)
    return found


def _files(folder: Path) -> list[Path]:
    """Return all files below a folder; a link counts as one."""
    return [
        path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()
    ]


def _sync_tree(folder: Path) -> None:
    for path in _files(folder):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    for path in [folder, *(each for each in folder.rglob("*") if each.is_dir())]:
        sync_folder(path)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


@contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            str(error.filename or target),
            f"{target.name} cannot be put in its place: {error.strerror or error}",
            "close what has it open, or make room; then build again",
        ) from error


def _record_path(target: Path, journal: Path) -> Path:
    return journal / f"{target.name}.json"


def _pending_path(target: Path, journal: Path) -> Path:
    return journal / f"{target.name}.pending"


def _read_published(path: Path) -> Published | None:
    return Published.from_json(_read_json(path)) if path.exists() else None


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(
            str(path),
            f"cannot be read ({error})",
            "move it away: the output it tells of is then made again",
        ) from error


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(value, ensure_ascii=False).encode())
