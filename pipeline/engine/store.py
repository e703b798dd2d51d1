"""Results by content: what was made once is not made again while it is still whole."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from pipeline.engine.copies import copy_file, disk_error
from pipeline.engine.exclusive import FolderLock
from pipeline.engine.index import Index, Record
from pipeline.engine.keys import Facets
from pipeline.engine.objects import Objects, Signature, file_sha256
from pipeline.engine.room import Pruned, StoreSize, measured, pruned
from pipeline.engine.sources import source_digest
from pipeline.engine.step import Artifact
from pipeline.errors import StoreError

log = logging.getLogger(__name__)

KEEP_BUILDS = 2

Presence = Literal["present", "missing", "damaged"]


class Store:
    """The results of steps, by content, in a folder; for one thread.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Attributes
    ----------
    objects : Objects
        The files themselves, which workers may use from any thread.
    notices : list of str
        What the user should hear of: an index set aside, a damaged object.

    Raises
    ------
    StoreError
        If the folder cannot be made or written, or a newer version wrote it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(folder, error) from error
        self._open(folder, Index(folder / "index.sqlite"))

    def _open(self, folder: Path, index: Index) -> None:
        self.folder = folder
        self.objects = Objects(folder)
        self.notices: list[str] = []
        self._index = index
        self._lock = FolderLock(folder / "lock")
        self._locks_held = 0
        self._syncing = ThreadPoolExecutor(1, thread_name_prefix="sync")
        self._unsettled: dict[str, tuple[Record, Future[dict[str, Signature]]]] = {}
        if index.set_aside:
            self._notice(
                f"{folder}: the index could not be read; it is kept as {index.set_aside.name}, "
                "and everything is made afresh"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the index; what has not been settled is made again by the next build."""
        self._syncing.shutdown(cancel_futures=True)
        self._index.close()

    # Steps

    def lookup(self, key: str) -> Record | None:
        """Return what the step with this key made, whether or not it is still there."""
        if key in self._unsettled:
            return self._unsettled[key][0]
        return self._index.step(key)

    def last_facets(self, name: str) -> Facets | None:
        """Return what the step of this name depended on when it was last part of a build."""
        return self._index.facets(name)

    def record(self, record: Record) -> None:
        """Keep what a step made; it lasts once it is settled.

        The outputs are written through to the disk in the background, and only then the record
        is: after a power cut no record speaks of content that is not there.
        """
        digests = [made.digest for made in record.kept.values()]
        self._unsettled[record.key] = record, self._syncing.submit(self._sync, digests)

    def settle(self, *, wait: bool = False) -> None:
        """Write the records whose content has reached the disk; with `wait`, of all.

        Raises
        ------
        StoreError
            If the disk is full or failed.
        """
        ready = [
            (record, synced.result())
            for record, synced in self._unsettled.values()
            if wait or synced.done()
        ]
        if not ready:
            return
        with self._index.writing():
            for record, signatures in ready:
                for digest, signature in signatures.items():
                    self._index.put_object(digest, signature)
                self._index.put_step(record)
        for record, _ in ready:
            del self._unsettled[record.key]

    def remember(self, facets: Mapping[str, Facets]) -> None:
        """Keep what the steps of these names depend on now, so that a change can be named."""
        with self._index.writing():
            self._index.put_facets(facets)

    def _sync(self, digests: list[str]) -> dict[str, Signature]:
        return self.objects.sync(digests)

    # Content

    def path_of(self, artifact: Artifact) -> Path:
        """Return where the content lies; it must not be written to."""
        return self.objects.path_of(artifact.digest)

    def add_bytes(self, content: bytes) -> Artifact:
        """Keep `content` and wait until it is on the disk."""
        return self._added(self.objects.add_bytes(content))

    def add_file(self, path: Path) -> Artifact:
        """Keep a copy of the file at `path` and wait until it is on the disk."""
        return self._added(self.objects.add_file(path))

    def _added(self, artifact: Artifact) -> Artifact:
        for digest, signature in self._sync([artifact.digest]).items():
            self._index.put_object(digest, signature)
        return artifact

    def check(self, artifact: Artifact, *, rehash: bool = False) -> Presence:
        """Return whether the content is there and whole; damaged content is removed.

        Parameters
        ----------
        artifact : Artifact
            What to look for.
        rehash : bool
            Read every byte, even if size, time and inode are as they were.
        """
        path = self.path_of(artifact)
        try:
            signature = Signature.of(path)
        except FileNotFoundError:
            return "missing"
        if not rehash and self._index.object_content(artifact.digest) == signature.content:
            return "present"
        if signature.size_bytes == artifact.size_bytes and file_sha256(path) == artifact.digest:
            if not self._is_unsettled(artifact.digest):
                self._index.put_object(artifact.digest, signature)
            return "present"
        self._notice(f"{path}: the content is not what was kept there; it is made again")
        self.objects.remove(artifact.digest)
        self._index.remove_object(artifact.digest)
        return "damaged"

    def copy_out(self, artifact: Artifact, target: Path, *, sync: bool = True) -> None:
        """Copy the content to `target`, at once and whole, replacing a file of that name.

        Raises
        ------
        StoreError
            If the content is gone, or the disk is full or may not be written.
        """
        path = self.path_of(artifact)
        if not path.exists():
            raise StoreError(str(path), "is gone from the store", "build again to make it anew")
        copy_file(path, target, sync=sync)

    def _is_unsettled(self, digest: str) -> bool:
        return any(
            made.digest == digest
            for record, _ in self._unsettled.values()
            for made in record.kept.values()
        )

    # Files outside

    def file_digest(self, path: Path, *, rehash: bool = False) -> str:
        """Return the SHA-256 of a file outside the store.

        Parameters
        ----------
        path : Path
            The file.
        rehash : bool
            Read every byte. Otherwise a file whose size, times and inode are as they were when
            it was read is trusted, unless it was younger than two seconds then.

        Raises
        ------
        SourceError
            If the file is not there, cannot be read, or changes while it is read.
        """
        return source_digest(path, self._index, rehash=rehash)

    # Builds and room

    @contextmanager
    def locked(
        self, wait_s: float = 0.0, *, waiting: Callable[[str], None] | None = None
    ) -> Iterator[None]:
        """Keep other builds out of this store; temporary files of a killed one are removed.

        Parameters
        ----------
        wait_s : float
            How long to wait for another build to end, in seconds.
        waiting : callable, optional
            Told in one sentence whom we wait for, if we must.

        Raises
        ------
        StoreError
            If another build still runs after `wait_s`.
        """
        if not self._locks_held:
            self._acquire(wait_s, waiting)
            self.objects.sweep()
        self._locks_held += 1
        try:
            yield
        finally:
            self._locks_held -= 1
            if not self._locks_held:
                self._lock.release()

    def _acquire(self, wait_s: float, waiting: Callable[[str], None] | None) -> None:
        if self._lock.acquire(0.0):
            return
        other = f"another build of this album is running (process {self._lock.holder()})"
        if waiting and wait_s:
            waiting(f"{other}; waiting for it to end")
        if not wait_s or not self._lock.acquire(wait_s):
            raise StoreError(str(self.folder), other, "build again when it has ended")

    def note_build(self, keys: Iterable[str]) -> None:
        """Keep which steps a finished build needed; a repetition of the last does not count."""
        needed = sorted(set(keys))
        if self._index.builds(1) != [needed]:
            self._index.put_build(needed)

    def size(self, *, keep_builds: int = KEEP_BUILDS) -> StoreSize:
        """Return how much is kept, and how much of it the last builds need."""
        return measured(self._index, self.objects, keep_builds)

    def prune(
        self, budget_bytes: int | None = None, *, keep_builds: int = KEEP_BUILDS
    ) -> Pruned:
        """Remove what the last builds do not need, oldest first, until the rest fits.

        Parameters
        ----------
        budget_bytes : int or None
            How much may stay; None removes everything that is not needed. What is needed stays
            even if it is more.
        keep_builds : int
            How many builds count as the last ones, at least 1.

        Raises
        ------
        StoreError
            If a build is running.
        """
        assert keep_builds >= 1
        self.settle(wait=True)
        with self.locked():
            return pruned(self._index, self.objects, budget_bytes, keep_builds=keep_builds)

    def _notice(self, text: str) -> None:
        log.warning("%s", text)
        self.notices.append(text)


class MemoryStore(Store):
    """A store for tests: the same code, forgotten when it is closed.

    The index lies in memory; content lies in a temporary folder, since steps read paths.
    """

    def __init__(self) -> None:
        import tempfile  # brings half the standard library; only tests need it

        self._temporary = tempfile.TemporaryDirectory(prefix="glassmaster-")
        self._open(Path(self._temporary.name), Index(None))

    def close(self) -> None:
        """Forget everything."""
        super().close()
        self._temporary.cleanup()

    def _sync(self, digests: list[str]) -> dict[str, Signature]:
        # Nothing of it is to survive, so nothing waits for the disk.
        return {digest: Signature.of(self.objects.path_of(digest)) for digest in digests}
