from __future__ import annotations

import os
import pickle
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

from formats import tool
from formats.errors import ToolError
from formats.tool import Command, ToolExitError, ffmpeg_path, ffmpeg_version, output, run


def python(code: str, *, stdin: Path | None = None, limit_s: float = 30.0) -> Command:
    argv = (sys.executable, "-c", code)
    return Command(argv, "python", "counting sheep", stdin=stdin, limit_s=limit_s)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_a_program_writes_is_returned() -> None:
    assert run(python("print('baa')")) == b"baa\n"


def test_arguments_reach_the_program_as_they_are() -> None:
    odd = ("$HOME; ls", "a b", "*", "日本語", "")
    code = "import sys; print(ascii(tuple(sys.argv[1:])))"
    said = run(Command((sys.executable, "-c", code, *odd), "python", "listening"))
    assert said.decode().strip() == ascii(odd)


def test_standard_input_is_closed() -> None:
    assert run(python("import sys; print(len(sys.stdin.read()))")) == b"0\n"


def test_standard_input_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "flock").write_bytes(b"sheep")
    code = "import sys; print(sys.stdin.read()[::-1])"
    assert run(python(code, stdin=tmp_path / "flock")) == b"peehs\n"


def test_the_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFREPORT", "file=/tmp/spy.log")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    code = "import os; print('FFREPORT' in os.environ, os.environ['LC_ALL'])"
    assert run(python(code)) == b"False C\n"


def test_a_failure_says_what_was_done_and_the_last_words() -> None:
    code = "import sys; sys.exit('[mp3 @ 0x55d0] wolf')"
    with pytest.raises(ToolExitError) as caught:
        run(python(code))
    message = "python left with status 1 while counting sheep: [mp3] wolf"
    assert str(caught.value) == message


def test_only_the_end_of_a_long_complaint_is_kept() -> None:
    code = "import sys; sys.stderr.write('no\\n' * 2_000_000 + 'wolf'); sys.exit(3)"
    with pytest.raises(ToolExitError, match=r"status 3 .*: no / no / wolf$"):
        run(python(code))


def test_a_program_that_complains_without_end_fills_no_memory() -> None:
    code = "import sys; sys.stderr.write('no' * 1_000_000)"
    with tool._started(python(code)) as program:
        program.finish()
    assert 0 < len(program._words) <= 4096


def test_a_signal_is_named() -> None:
    with pytest.raises(ToolError, match="python was ended by SIGKILL while counting sheep"):
        run(python("import os; os.kill(os.getpid(), 9)"))


def test_a_missing_program_is_a_tool_error() -> None:
    with pytest.raises(ToolError, match="sheepdog could not be started while herding"):
        run(Command(("/nowhere/sheepdog",), "sheepdog", "herding"))


def test_a_program_that_takes_too_long_is_stopped() -> None:
    start = time.monotonic()
    with pytest.raises(ToolError, match=r"took longer than 0\.3 s and was stopped"):
        run(python("import time; time.sleep(60)", limit_s=0.3))
    assert time.monotonic() - start < 10


SHEPHERD = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
os.write(1, b"%10d%10d" % (os.getpid(), child.pid))
time.sleep(60)
"""


def interrupted(pids: list[int]) -> None:
    with tool._started(python(SHEPHERD)) as program:
        said = program.read(20)
        pids += [int(said[:10]), int(said[10:])]
        assert all(is_alive(pid) for pid in pids)
        raise KeyboardInterrupt


def test_an_interrupt_stops_the_program_and_its_children() -> None:
    pids: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(pids)
    assert len(pids) == 2
    assert all_end(pids)


def test_stopping_everything_wakes_who_waits() -> None:
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            run(python("import time; time.sleep(60)"))
        except ToolError as error:
            caught.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not tool._RUNNING:
        time.sleep(0.01)
    tool.stop_all()
    waiting.join(timeout=10)
    assert [type(error) for error in caught] == [ToolError]
    assert not tool._RUNNING


def test_an_iteration_that_is_given_up_stops_the_program() -> None:
    pieces = output(python("while True: print('baa' * 1000)"))
    assert next(pieces).startswith(b"baa")
    pieces.close()
    assert not tool._RUNNING


def test_its_errors_survive_pickling() -> None:
    error = ToolExitError("ffmpeg", "left with status 1", "try again")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, again.hint) == (ToolExitError, error.args, "try again")


def test_ffmpeg_came_along() -> None:
    assert Path(ffmpeg_path()).is_file()
    assert ffmpeg_version()[:1] in "n123456789"


def test_another_ffmpeg_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "ffmpeg"
    other.write_text("#!/bin/sh\necho ffmpeg version 99.9 Copyright\n")
    other.chmod(other.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("GLASSMASTER_FFMPEG", str(other))
    assert ffmpeg_path() == str(other)
    assert ffmpeg_version() == "99.9"


@pytest.mark.parametrize("named", ["/nowhere/ffmpeg", os.devnull])
def test_an_ffmpeg_that_is_not_there_is_named(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLASSMASTER_FFMPEG", named)
    with pytest.raises(ToolError, match=f"GLASSMASTER_FFMPEG says: {named}"):
        ffmpeg_path()


def test_a_program_that_is_no_ffmpeg_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSMASTER_FFMPEG", "/bin/echo")
    with pytest.raises(ToolError, match="is not FFmpeg: /bin/echo said '-nostdin"):
        ffmpeg_version()


def all_end(pids: list[int]) -> bool:
    deadline = time.monotonic() + 5
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(is_alive(pid) for pid in pids)
