"""Files kept by their content: the part of the store that many workers may use at once."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.engine.copies import READ_AT_ONCE_BYTES, disk_error, sync_file, sync_folder
from pipeline.engine.step import Artifact


@dataclass(frozen=True, slots=True)
class Signature:
    """What a file system says of a file that nobody has touched; ctime where it is known.

    The inode number tells a file from another one that was moved into its place.
    """

    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> Signature:
        """Return the signature of the file at `path`; an `OSError` if there is none."""
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)

    @property
    def content(self) -> tuple[int, int, int]:
        """Size, mtime and inode: renaming a file, which changes its ctime, changes none."""
        return self.size_bytes, self.mtime_ns, self.inode


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of the file at `path`; it reads every byte."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def artifact_of(path: Path) -> Artifact:
    """Return what the file at `path` is; it reads every byte."""
    return Artifact(file_sha256(path), path.stat().st_size)


class Sink(io.RawIOBase):
    """A new file that is hashed while it is written, from start to end.

    It cannot seek: an encoder that goes back to mend its header needs a path instead.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._sha256 = hashlib.sha256()
        self._size_bytes = 0
        try:
            self._file = path.open("xb")
        except OSError as error:
            raise disk_error(path.parent, error) from error

    def writable(self) -> bool:
        """Return that it can be written."""
        return True

    def write(self, data: object, /) -> int:
        """Write bytes, or any contiguous array; return how many bytes that were.

        Raises
        ------
        StoreError
            If the disk is full or may not be written.
        """
        raw = memoryview(data).cast("B")  # type: ignore[arg-type]  # what has no buffer is a TypeError
        self._sha256.update(raw)
        try:
            self._file.write(raw)
        except OSError as error:
            raise disk_error(self.path.parent, error) from error
        self._size_bytes += len(raw)
        return len(raw)

    def close(self) -> None:
        """Write out what is buffered, and close."""
        if not self.closed:
            super().close()
            try:
                self._file.close()
            except OSError as error:
                raise disk_error(self.path.parent, error) from error

    @property
    def artifact(self) -> Artifact:
        """What has been written so far."""
        return Artifact(self._sha256.hexdigest(), self._size_bytes)


@dataclass(frozen=True, slots=True)
class Objects:
    """A folder of files named by their SHA-256; it knows nothing of steps.

    Everything is written under a temporary name on the same disk and renamed. A value without
    state, so that workers, other processes too, can hold one each.

    Parameters
    ----------
    folder : Path
        Holds ``objects/ab/ab…`` and ``incoming``.
    """

    folder: Path

    def path_of(self, digest: str) -> Path:
        """Return where content with this digest lies, if it is there."""
        return self.folder / "objects" / digest[:2] / digest

    def temporary(self, suffix: str = "") -> Path:
        """Return a new path for a file to be written and then adopted."""
        incoming = self.folder / "incoming"
        try:
            incoming.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(incoming, error) from error
        return incoming / f"{os.urandom(8).hex()}{suffix}"

    def adopt(self, path: Path, artifact: Artifact | None = None) -> Artifact:
        """Move a finished temporary file in; hash it unless its writer already did."""
        if artifact is None:
            artifact = artifact_of(path)
        target = self.path_of(artifact.digest)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # Replaced even if it is there: what lies there may be damaged, this is not.
            path.replace(target)
        except OSError as error:
            raise disk_error(target, error) from error
        return artifact

    def add_bytes(self, content: bytes) -> Artifact:
        """Keep `content`."""
        with Sink(self.temporary()) as sink:
            sink.write(content)
        return self.adopt(sink.path, sink.artifact)

    def add_file(self, path: Path) -> Artifact:
        """Keep a copy of the file at `path`."""
        with path.open("rb") as source, Sink(self.temporary()) as sink:
            while block := source.read(READ_AT_ONCE_BYTES):
                sink.write(block)
        return self.adopt(sink.path, sink.artifact)

    def sync(self, digests: Iterable[str]) -> dict[str, Signature]:
        """Wait until these would survive a power cut; return what they look like, whole."""
        paths = {digest: self.path_of(digest) for digest in digests}
        folders = {path.parent for path in paths.values()}
        try:
            for path in paths.values():
                sync_file(path)
            for folder in (*folders, *({folder.parent for folder in folders})):
                sync_folder(folder)
            return {digest: Signature.of(path) for digest, path in paths.items()}
        except OSError as error:
            raise disk_error(self.folder, error) from error

    def remove(self, digest: str) -> int:
        """Remove the content with this digest; return how many bytes that freed."""
        path = self.path_of(digest)
        try:
            size_bytes = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise disk_error(path, error) from error
        return size_bytes

    def sweep(self) -> int:
        """Remove temporary files that a killed build left; return how many bytes that freed.

        Only while no build runs in this store.
        """
        freed_bytes = 0
        for entry in _entries(self.folder / "incoming"):
            freed_bytes += entry.stat().st_size
            Path(entry.path).unlink(missing_ok=True)
        return freed_bytes

    def __iter__(self) -> Iterator[Artifact]:
        """Yield what lies there, by its name and size; nothing is read."""
        for shelf in _entries(self.folder / "objects"):
            for entry in _entries(Path(shelf.path)):
                yield Artifact(entry.name, entry.stat().st_size)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
