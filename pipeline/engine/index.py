"""What the store remembers besides the content itself: an SQLite file, for one thread."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.engine.keys import Facets
from pipeline.engine.objects import Signature
from pipeline.engine.step import Artifact
from pipeline.errors import StoreError

log = logging.getLogger(__name__)

APPLICATION_ID = 0x474C4D53  # "GLMS": tells our file from any other SQLite file
SCHEMA_VERSION = 2  # 2: outputs that were passed on are marked
BUSY_S = 30.0
_TABLES = """
CREATE TABLE steps (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, outputs TEXT NOT NULL,
    facets TEXT NOT NULL, seconds REAL NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE names (name TEXT PRIMARY KEY, facets TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE objects (
    digest TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    inode TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL, inode TEXT NOT NULL, hashed_ns INTEGER NOT NULL,
    digest TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE builds (number INTEGER PRIMARY KEY, keys TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Record:
    """A step that has run: its key, what it made and what it depended on.

    Of `outputs`, those that are `passing` were not kept.
    """

    key: str
    name: str
    kind: str
    outputs: Mapping[str, Artifact]
    facets: Facets
    seconds: float
    passing: frozenset[str] = frozenset()

    @property
    def kept(self) -> Mapping[str, Artifact]:
        """The outputs that the store keeps."""
        return {name: made for name, made in self.outputs.items() if name not in self.passing}


@dataclass(frozen=True, slots=True)
class HashedFile:
    """The digest of a file outside the store, and when it was read."""

    signature: Signature
    hashed_ns: int
    digest: str


class Index:
    """The tables of a store.

    Parameters
    ----------
    path : Path or None
        The SQLite file; None keeps everything in memory.

    Attributes
    ----------
    set_aside : Path or None
        Where a file that could not be read was moved, when that was so.

    Raises
    ------
    StoreError
        If the file was written by a newer version, or cannot be opened or written.
    """

    def __init__(self, path: Path | None) -> None:
        self._where = str(path) if path else "memory"
        self.set_aside: Path | None = None
        try:
            self._db = _opened(path)
        except _UnreadableError as error:
            assert path is not None
            self.set_aside = _moved_away(path)
            log.warning("%s: %s; set aside as %s", path, error, self.set_aside.name)
            with _translated(self._where):
                self._db = _opened(path)
        except sqlite3.Error as error:
            raise _store_error(self._where, error) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make everything inside one transaction: all of it, or none."""
        with _translated(self._where):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def step(self, key: str) -> Record | None:
        """Return the step recorded under `key`."""
        rows = self._all(
            "SELECT key, name, kind, outputs, facets, seconds FROM steps WHERE key = ?", key
        )
        return _record(rows[0]) if rows else None

    def steps_by_age(self) -> list[Record]:
        """Return all steps, those last used longest ago first."""
        query = "SELECT key, name, kind, outputs, facets, seconds FROM steps ORDER BY used, key"
        return [_record(row) for row in self._all(query)]

    def put_step(self, record: Record) -> None:
        """Keep a step that has run."""
        outputs = {
            name: [made.digest, made.size_bytes, name in record.passing]
            for name, made in record.outputs.items()
        }
        self._run(
            "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?, ?, "
            "(SELECT coalesce(max(number), 0) + 1 FROM builds))",
            record.key,
            record.name,
            record.kind,
            json.dumps(outputs),
            json.dumps(record.facets),
            record.seconds,
        )

    def remove_step(self, key: str) -> None:
        """Forget a step."""
        self._run("DELETE FROM steps WHERE key = ?", key)

    def facets(self, name: str) -> Facets | None:
        """Return what the step of this name depended on when it was last used."""
        rows = self._all("SELECT facets FROM names WHERE name = ?", name)
        return json.loads(rows[0][0]) if rows else None

    def put_facets(self, facets: Mapping[str, Facets]) -> None:
        """Keep what the steps of these names depend on."""
        rows = [(name, json.dumps(each)) for name, each in facets.items()]
        with _translated(self._where):
            self._db.executemany(
                "INSERT INTO names VALUES (?, ?) ON CONFLICT (name) DO UPDATE "
                "SET facets = excluded.facets WHERE facets <> excluded.facets",
                rows,
            )

    def object_content(self, digest: str) -> tuple[int, int, int] | None:
        """Return size, mtime and inode of the object when it was last known to be whole."""
        rows = self._all("SELECT size, mtime_ns, inode FROM objects WHERE digest = ?", digest)
        return (rows[0][0], rows[0][1], int(rows[0][2])) if rows else None

    def put_object(self, digest: str, signature: Signature) -> None:
        """Keep what the file system says of an object that is whole."""
        size_bytes, mtime_ns, inode = signature.content
        # Inode numbers of some file systems pass 63 bits, SQLite's integers do not.
        self._run(
            "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)",
            digest,
            size_bytes,
            mtime_ns,
            str(inode),
        )

    def remove_object(self, digest: str) -> None:
        """Forget an object."""
        self._run("DELETE FROM objects WHERE digest = ?", digest)

    def remove_objects_but(self, digests: Iterable[str]) -> None:
        """Forget all objects but these."""
        self._run(
            "DELETE FROM objects WHERE digest NOT IN (SELECT value FROM json_each(?))",
            json.dumps(list(digests)),
        )

    def file(self, path: Path) -> HashedFile | None:
        """Return what is known of a file outside the store."""
        rows = self._all(
            "SELECT size, mtime_ns, ctime_ns, inode, hashed_ns, digest FROM files "
            "WHERE path = ?",
            os.fsencode(path),
        )
        if not rows:
            return None
        size_bytes, mtime_ns, ctime_ns, inode, hashed_ns, digest = rows[0]
        signature = Signature(size_bytes, mtime_ns, ctime_ns, int(inode))
        return HashedFile(signature, hashed_ns, digest)

    def put_file(self, path: Path, hashed: HashedFile) -> None:
        """Keep the digest of a file outside the store."""
        seen = hashed.signature
        self._run(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
            os.fsencode(path),
            seen.size_bytes,
            seen.mtime_ns,
            seen.ctime_ns,
            str(seen.inode),
            hashed.hashed_ns,
            hashed.digest,
        )

    def remove_lost_files(self) -> None:
        """Forget files outside the store that are no longer there."""
        for (path,) in self._all("SELECT path FROM files"):
            if not os.path.lexists(path):
                self._run("DELETE FROM files WHERE path = ?", path)

    def builds(self, newest: int) -> list[list[str]]:
        """Return the keys that each of the `newest` builds needed, the newest first."""
        rows = self._all("SELECT keys FROM builds ORDER BY number DESC LIMIT ?", newest)
        return [json.loads(keys) for (keys,) in rows]

    def put_build(self, keys: Iterable[str]) -> None:
        """Keep which steps a build needed, and that they were used by it."""
        listed = json.dumps(list(keys))
        with self.writing():
            self._run("INSERT INTO builds (keys) VALUES (?)", listed)
            self._run(
                "UPDATE steps SET used = (SELECT max(number) FROM builds) "
                "WHERE key IN (SELECT value FROM json_each(?))",
                listed,
            )

    def remove_builds(self, keep: int) -> None:
        """Forget all builds but the newest."""
        self._run(
            "DELETE FROM builds WHERE number <= (SELECT max(number) FROM builds) - ?", keep
        )

    def _all(self, query: str, *values: object) -> list[Any]:
        with _translated(self._where):
            return self._db.execute(query, values).fetchall()

    def _run(self, statement: str, *values: object) -> None:
        with _translated(self._where):
            self._db.execute(statement, values)


class _UnreadableError(Exception):
    """The file is damaged, or no file of ours."""


def _opened(path: Path | None) -> sqlite3.Connection:
    db = sqlite3.connect(path or ":memory:", timeout=BUSY_S, isolation_level=None)
    try:
        _prepare(db, path)
    except BaseException as error:
        db.close()
        if isinstance(error, sqlite3.DatabaseError) and _is_damage(error):
            raise _UnreadableError(str(error)) from error
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path | None) -> None:
    db.execute("BEGIN IMMEDIATE")  # two processes may find the same empty file
    application, version, tables = (
        db.execute(query).fetchone()[0]
        for query in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            "SELECT count(*) FROM sqlite_master",
        )
    )
    if not tables:
        for statement in _TABLES.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    elif application != APPLICATION_ID:
        raise _UnreadableError("it is no index of this program")
    elif version > SCHEMA_VERSION:
        raise StoreError(
            str(path),
            f"was written by a newer version: store {version}, this one reads {SCHEMA_VERSION}",
            "update glassmaster, or remove the folder to build everything afresh",
        )
    elif version < SCHEMA_VERSION:
        db.execute(
            f"PRAGMA user_version = {SCHEMA_VERSION}"
        )  # what it holds is still understood
    db.execute("COMMIT")
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise _UnreadableError(verdict)
    with suppress(sqlite3.OperationalError):  # some network disks refuse; slower, as safe
        db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")


def _moved_away(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    try:
        path.replace(aside)
        for tail in ("-wal", "-shm"):  # they belong to the file that was moved
            path.with_name(path.name + tail).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            str(path), "is damaged and cannot be set aside", "remove it"
        ) from error
    return aside


@contextmanager
def _translated(where: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _store_error(where, error) from error


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )


def _store_error(where: str, error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreError(where, "the disk is full", "free some space and build again")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StoreError(where, "may not be written", "allow writing there")
    if code == sqlite3.SQLITE_BUSY:
        return StoreError(where, "is in use by another process", "wait until it has ended")
    if _is_damage(error):
        return StoreError(where, "is damaged", "build again: it is set aside and made anew")
    return StoreError(where, f"SQLite answers: {error}")


def _record(row: tuple[Any, ...]) -> Record:
    key, name, kind, outputs, facets, seconds = row
    told = json.loads(outputs)
    made = {out: Artifact(*each[:2]) for out, each in told.items()}
    passing = frozenset(out for out, each in told.items() if each[2:] == [True])
    return Record(key, name, kind, made, json.loads(facets), seconds, passing)
