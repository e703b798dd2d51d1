"""One build of an album at a time, over all processes of a machine."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from pipeline.engine.copies import disk_error

POLL_S = 0.1


class FolderLock:
    """A lock file that the system releases when its process ends, however it ends.

    Parameters
    ----------
    path : Path
        The file to lock; it stays when the lock is released.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self, wait_s: float) -> bool:
        """Return whether the lock was had within `wait_s` seconds."""
        last_try_s = time.monotonic() + wait_s
        file = self._opened()
        try:
            while not _locked(file):
                if time.monotonic() >= last_try_s:
                    return False
                time.sleep(min(POLL_S, wait_s))
            self._file = file
        finally:
            if self._file is None:
                os.close(file)
        os.truncate(file, 0)
        os.write(file, b"%d\n" % os.getpid())
        return True

    def release(self) -> None:
        """Let the next one in."""
        assert self._file is not None
        _unlock(self._file)
        os.close(self._file)
        self._file = None

    def holder(self) -> str:
        """Return the number of the process that has it, as far as it can be read."""
        try:
            return self._path.read_text("ascii", errors="replace").strip()
        except OSError:
            return ""

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise disk_error(self._path, error) from error


if sys.platform == "win32":
    import msvcrt

    # A byte far behind the text: Windows would not let others read one that is locked.
    LOCKED_BYTE = 1 << 20

    def _locked(file: int) -> bool:
        os.lseek(file, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(file, 0, os.SEEK_SET)
        return True

    def _unlock(file: int) -> None:
        os.lseek(file, LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _locked(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
