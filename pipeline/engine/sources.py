"""Files outside the store, known by their hash without being read each time."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pipeline.engine.index import HashedFile, Index
from pipeline.engine.objects import Signature, file_sha256
from pipeline.errors import SourceError

# A file changed twice within the grain of its clock looks unchanged: so one that was young
# when it was read is read again. FAT counts in steps of two seconds.
RACY_NS = 2_000_000_000


def source_digest(path: Path, index: Index, *, rehash: bool = False) -> str:
    """Return the SHA-256 of a file; a SourceError if it cannot be had.

    Parameters
    ----------
    path : Path
        The file.
    index : Index
        Where digests are kept.
    rehash : bool
        Read every byte, even if size, times and inode are as they were.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow links
    try:
        before = Signature.of(absolute)
        known = index.file(absolute)
        if known and known.signature == before and not rehash and _is_settled(known):
            return known.digest
        hashed_ns = time.time_ns()
        digest = file_sha256(absolute)
        after = Signature.of(absolute)
    except OSError as error:
        raise _source_error(path, error) from error
    if after != before:
        raise changed_while_read(path)
    index.put_file(absolute, HashedFile(after, hashed_ns, digest))
    return digest


def changed_while_read(path: Path) -> SourceError:
    """Return the error for a file that somebody writes to while it is used."""
    return SourceError(
        str(path), "changed while it was read", "build again when the file is finished"
    )


def _is_settled(known: HashedFile) -> bool:
    youngest_ns = max(known.signature.mtime_ns, known.signature.ctime_ns)
    return youngest_ns < known.hashed_ns - RACY_NS


def _source_error(path: Path, error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return SourceError(str(path), "there is no such file", "check the path in the spec")
    if isinstance(error, IsADirectoryError):
        return SourceError(str(path), "is a folder, a file is needed", "name the file in it")
    if isinstance(error, PermissionError):
        return SourceError(str(path), "may not be read", "allow reading it")
    return SourceError(str(path), f"cannot be read: {error.strerror or error}")
