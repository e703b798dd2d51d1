"""Copies of files that share no byte a later write could reach: cloned where the disk can."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from io import BufferedWriter, FileIO
from pathlib import Path

from pipeline.errors import StoreError

FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)
COPY_AT_ONCE_BYTES = 1 << 30
READ_AT_ONCE_BYTES = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}


def copy_file(source: Path, target: Path, *, sync: bool = True) -> None:
    """Make `target` a copy of `source`: at once and whole, or not at all.

    Parameters
    ----------
    source : Path
        What to copy.
    target : Path
        Where to; its folder is made if need be, a file of that name is replaced.
    sync : bool
        Whether to wait until the copy would survive a power cut.

    Raises
    ------
    StoreError
        If the disk is full or may not be written.

    Notes
    -----
    Never a hard link: a user who edits a delivered file must not edit the store.
    """
    part = target.with_name(f".{target.name[:100]}.{os.urandom(4).hex()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb", buffering=0) as read, part.open("xb") as write:
            _fill(read, write)
            write.flush()
            if sync:
                os.fsync(write.fileno())
        part.replace(target)
        if sync:
            sync_folder(target.parent)
    except OSError as error:
        raise disk_error(target, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Wait until the content of `path` would survive a power cut."""
    # Windows flushes through writable handles only; elsewhere reading rights are enough.
    file = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        getattr(os, "fdatasync", os.fsync)(file)
    finally:
        os.close(file)


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` would survive a power cut."""
    if sys.platform == "win32":
        return  # folders have no handle to flush there
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def disk_error(path: Path, error: OSError) -> StoreError:
    """Return `error`, which writing to `path` met, in words for who looks after the disk."""
    if error.errno in _FULL:
        return StoreError(
            str(path),
            "the disk is full",
            "free some space and build again; what is finished is kept",
        )
    if error.errno in _FORBIDDEN:
        return StoreError(
            str(path), "may not be written", "allow writing there, or build in another folder"
        )
    return StoreError(str(path), f"the disk answers: {error.strerror or error}")


def _fill(source: FileIO, target: BufferedWriter) -> None:
    if _cloned(source, target):
        return
    with suppress(OSError, AttributeError):  # another file system, or no such call here
        while os.copy_file_range(source.fileno(), target.fileno(), COPY_AT_ONCE_BYTES):
            pass
    while block := source.read(READ_AT_ONCE_BYTES):  # from where the kernel stopped
        target.write(block)


def _cloned(source: FileIO, target: BufferedWriter) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(target.fileno(), FICLONE, source.fileno())
    except OSError:
        return False
    return True
