"""Outputs appear whole or not at all: staged, checked, and swapped in through a journal.

A deliverable is made in a staging folder beside its place. To publish it, the intent is written
down and synced, the old folder is moved aside, the new one takes its place, and what the user
had added is carried over. The next start reads the journal and ends whatever was cut short.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from formats.atomic import sync_folder, write_atomically
from formats.checksums import file_digest
from pipeline.errors import DeliveryError, StoreError

STAGING = ".staging-"
REPLACED = ".replaced-"


@dataclass(frozen=True, slots=True)
class Published:
    """What was put into an output folder: each file's size, times and hash, by relative path."""

    recipe: str
    files: Mapping[str, tuple[int, int, str]]


def stage_folder(target: Path) -> Path:
    """Return an empty staging folder beside `target`, on the same file system."""
    stage = target.with_name(f"{STAGING}{target.name}")
    _remove(stage)
    stage.mkdir(parents=True)
    return stage


def discard(stage: Path) -> None:
    """Remove a staging folder that will not be published."""
    _remove(stage)


def publish(
    stage: Path, target: Path, *, journal: Path, recipe: str, overwrite: bool = False
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

    Raises
    ------
    DeliveryError
        If a file of ours was edited since it was published, and `overwrite` is not set.
    """
    edited = edited_files(target, journal)
    if edited and not overwrite:
        names = ", ".join(edited[:3]) + (" …" if len(edited) > 3 else "")
        raise DeliveryError(
            target.name,
            f"edited since it was built: {names}",
            "keep your change elsewhere, or build with --overwrite: it is moved aside first",
        )
    _sync_tree(stage)
    published = Published(recipe, _fingerprints(stage))
    old = target.with_name(f"{REPLACED}{target.name}")
    note = {"stage": str(stage), "target": str(target), "old": str(old)}
    ours = _read_published(_record_path(target, journal))
    _write_json(
        _pending_path(target, journal),
        {**note, "edited": edited, "ours": sorted(ours.files) if ours else []}
        | {"published": {"recipe": recipe, "files": published.files}},
    )
    recover(journal)


def recover(journal: Path) -> list[str]:
    """End every swap that was cut short; return the names of those outputs."""
    if not journal.is_dir():
        return []
    ended = []
    for pending in sorted(journal.glob("*.pending")):
        note = json.loads(pending.read_text(encoding="utf-8"))
        _swap(note)
        _write_json(pending.with_suffix(".json"), note["published"])
        pending.unlink()
        ended.append(pending.stem)
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


def _differs(path: Path, size: int, mtime_ns: int, digest: str) -> bool:
    status = path.stat()
    if (status.st_size, status.st_mtime_ns) == (size, mtime_ns):
        return False
    return status.st_size != size or file_digest(path) != digest


def _swap(note: Mapping[str, object]) -> None:
    """Bring target to the new content from whatever state a stop left; safe to repeat."""
    stage, target, old = (Path(str(note[key])) for key in ("stage", "target", "old"))
    if stage.is_dir():
        if target.exists() and not old.exists():
            target.rename(old)
        if target.exists():
            _remove(target)
        stage.rename(target)
        sync_folder(target.parent)
    if old.is_dir():
        edited = {str(name) for name in _list(note["edited"])}
        ours = {str(name) for name in _list(note["ours"])}
        _carry_over(old, target, ours=ours, edited=edited)
        _remove(old)


def _carry_over(old: Path, target: Path, *, ours: set[str], edited: set[str]) -> None:
    """Move what is not ours, and what of ours was edited, from the old folder to the new one."""
    for path in sorted(old.rglob("*")):
        name = path.relative_to(old).as_posix()
        if path.is_dir() or (name in ours and name not in edited):
            continue
        place = target / name
        if name in edited:
            place = target / "edited" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            path.rename(place)


def _fingerprints(folder: Path) -> dict[str, tuple[int, int, str]]:
    return {
        path.relative_to(folder).as_posix(): (
            path.stat().st_size,
            path.stat().st_mtime_ns,
            file_digest(path),
        )
        for path in _files(folder)
    }


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _sync_tree(folder: Path) -> None:
    for path in _files(folder):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    for path in [folder, *(each for each in folder.rglob("*") if each.is_dir())]:
        sync_folder(path)


def _remove(folder: Path) -> None:
    if folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise StoreError(str(folder), f"cannot be removed: {error.strerror}") from error


def _record_path(target: Path, journal: Path) -> Path:
    return journal / f"{target.name}.json"


def _pending_path(target: Path, journal: Path) -> Path:
    return journal / f"{target.name}.pending"


def _read_published(path: Path) -> Published | None:
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    return Published(
        data["recipe"],
        {name: (int(a), int(b), str(c)) for name, (a, b, c) in data["files"].items()},
    )


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(value, ensure_ascii=False).encode())


def _list(value: object) -> Iterable[object]:
    assert isinstance(value, list)
    return value
