"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file under a temporary name, sync it, and give it its name.

    Parameters
    ----------
    path : Path
        The file; its folder must exist. What it held before stays if anything fails.
    data : bytes
        Its new content.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    write_blocks_atomically(path, (data,))


def write_blocks_atomically(path: Path, blocks: Iterable[bytes]) -> None:
    """Write a file as above, from blocks that are asked for one after the other.

    Parameters
    ----------
    path : Path
        The file; its folder must exist. What it held before stays if anything fails, the
        blocks included.
    blocks : iterable of bytes
        Its new content.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as out:
            out.writelines(blocks)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder are on the disk, where the system can."""
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
