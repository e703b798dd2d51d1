"""The one runner of outside programs: no shell, closed input, bounded output, a time limit."""

from __future__ import annotations

import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from formats.errors import ToolError

_LAST_WORDS_BYTES = 4096
_PIECE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031  # linux/fcntl.h

# What a program needs to find itself and its libraries; nothing that could change its output.
_KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH")


class ToolExitError(ToolError):
    """The program ran and left with a status other than 0: often its input is at fault."""


@dataclass(frozen=True, slots=True)
class Command:
    """One call of an outside program.

    Parameters
    ----------
    argv : tuple of str
        The program and its arguments, handed over as they are.
    tool : str
        Name of the program as a user knows it.
    doing : str
        What it is called for, to complete "left with status 1 while …".
    stdin : Path, optional
        File that feeds its standard input; otherwise that is closed.
    limit_s : float
        Seconds until it is stopped, whoever it is waiting for.
    """

    argv: tuple[str, ...]
    tool: str
    doing: str
    stdin: Path | None = None
    limit_s: float = 1800.0


def run(command: Command) -> bytes:
    """Run a program to its end and return what it wrote to its standard output.

    Raises
    ------
    ToolError
        If it cannot be started, takes too long or is ended from outside.
    ToolExitError
        If it leaves with a status other than 0.
    """
    return b"".join(output(command))


def output(
    command: Command, *, piece_bytes: int = _PIECE_BYTES
) -> Generator[bytes, None, None]:
    """Yield the standard output of a program while it runs, in pieces of equal size.

    The last piece may be shorter, and comes before the status is known: only an iteration
    that ends without an error has seen everything. One that is given up stops the program.

    Raises
    ------
    ToolError
        As `run`.
    """
    with _started(command) as program:
        while piece := program.read(piece_bytes):
            yield piece
        program.finish()


def stop_all() -> None:
    """Stop every program that is running now; whoever waits for one gets a `ToolError`."""
    for program in tuple(_RUNNING):
        program.kill()


def ffmpeg_path() -> str:
    """Return the FFmpeg to call: the one `GLASSMASTER_FFMPEG` names, or imageio-ffmpeg's.

    Raises
    ------
    ToolError
        If there is none.
    """
    named = os.environ.get("GLASSMASTER_FFMPEG")
    if not named:
        return _bundled_ffmpeg()
    if found := shutil.which(named):
        return found
    hint = "name a program that can be run, or unset it to use the one that came along"
    raise ToolError("ffmpeg", f"is not where GLASSMASTER_FFMPEG says: {named}", hint)


def ffmpeg_version() -> str:
    """Return the version text of `ffmpeg_path`, as FFmpeg prints it; asked once per program."""
    return _version_of(ffmpeg_path())


@functools.cache
def _bundled_ffmpeg() -> str:
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        hint = "install imageio-ffmpeg again, or name an FFmpeg in GLASSMASTER_FFMPEG"
        raise ToolError("ffmpeg", "did not come along with imageio-ffmpeg", hint) from error


@functools.cache
def _version_of(path: str) -> str:
    command = Command(
        (path, "-nostdin", "-version"), "ffmpeg", "saying its version", limit_s=30
    )
    said = run(command).decode(errors="replace")
    found = re.match(r"ffmpeg version (\S+)", said)
    if found is None:
        raise ToolError("ffmpeg", f"is not FFmpeg: {path} said {said[:60]!r}")
    return found[1]


_RUNNING: set[_Program] = set()


@contextmanager
def _started(command: Command) -> Iterator[_Program]:
    program = _Program(command)
    _RUNNING.add(program)
    try:
        yield program
    finally:
        program.stop()
        _RUNNING.discard(program)


class _Program:
    """A program that runs: its last words are kept, its time is limited."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._words = b""
        self._is_late = False
        self._popen = _popen(command)
        _widen(_pipe(self._popen.stdout))
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._alarm = threading.Timer(command.limit_s, self._time_out)
        self._alarm.daemon = True
        self._alarm.start()

    def read(self, n_bytes: int) -> bytes:
        """Return up to `n_bytes` of its standard output, nothing at the end."""
        return _pipe(self._popen.stdout).read(n_bytes)

    def finish(self) -> None:
        """Wait for the end and raise if it was not a good one."""
        status = self._popen.wait()
        self._alarm.cancel()
        self._listener.join(timeout=5)
        if self._is_late:
            raise self._error(f"took longer than {self._command.limit_s:g} s and was stopped")
        if status < 0:
            raise self._error(f"was ended by {_signal_name(-status)}")
        if status:
            raise ToolExitError(self._command.tool, self._story(f"left with status {status}"))

    def stop(self) -> None:
        """Kill it with its children if it still runs, and let go of its pipes."""
        self._alarm.cancel()
        self.kill()
        self._popen.wait()
        self._listener.join(timeout=5)
        for pipe in (self._popen.stdout, self._popen.stderr):
            _pipe(pipe).close()

    def kill(self) -> None:
        """Kill it with its children; whoever waits for it learns of it."""
        if self._popen.returncode is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            # It leads a process group of its own, so its children go with it.
            os.killpg(self._popen.pid, signal.SIGKILL)

    def _time_out(self) -> None:
        self._is_late = True
        self.kill()

    def _listen(self) -> None:
        stderr = _pipe(self._popen.stderr)
        with suppress(OSError, ValueError):  # closed by `stop`
            while said := os.read(stderr.fileno(), _LAST_WORDS_BYTES):
                self._words = (self._words + said)[-_LAST_WORDS_BYTES:]

    def _error(self, what: str) -> ToolError:
        return ToolError(self._command.tool, self._story(what))

    def _story(self, what: str) -> str:
        words = _last_words(self._words)
        return f"{what} while {self._command.doing}" + (f": {words}" if words else "")


def _popen(command: Command) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    try:
        with open(command.stdin or os.devnull, "rb") as stdin:  # noqa: PTH123 - either of two
            return subprocess.Popen(  # noqa: S603 - an argument list of our own, no shell
                command.argv,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment | {"LC_ALL": "C"},
                start_new_session=True,
            )
    except (OSError, ValueError) as error:
        message = f"could not be started while {command.doing}: {error}"
        raise ToolError(command.tool, message, f"is {command.argv[0]} installed?") from error


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold a piece: each time it is full, both ends change places on the core."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # the user's pipes may be limited
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIECE_BYTES)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _last_words(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines()]
    # Addresses differ from run to run and help nobody: [mp3 @ 0x55d0] reads [mp3].
    said = [re.sub(r" @ 0x[0-9a-f]+", "", line) for line in lines if line]
    return " / ".join(said[-3:])


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
