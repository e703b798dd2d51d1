"""Real processes: killed in the middle, or two at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.engine import Store

ROOT = Path(__file__).parents[3]
ALBUM = """
import hashlib, os, sys, time
from pathlib import Path
from pipeline.engine import Step, Store, make_plan, run_plan

def work(job):
    with open("log", "a") as log:
        log.write(f"start {job.name}\\n")
    seed = repr(job.params) + "".join(job.input(n).read_bytes()[:64].hex() for n in job.inputs)
    with job.create("out") as out:
        for block in range(20):
            out.write(hashlib.sha256(f"{seed}{block}".encode()).digest() * 2000)
            job.progress(block / 20)
            time.sleep(float(os.environ["PAUSE_S"]))
    with open("log", "a") as log:
        log.write(f"end {job.name}\\n")

def album():
    masters = [Step(f"m{n}", "m", "album:work", params={"n": n}) for n in range(4)]
    cuts = [
        Step(f"c{n}", "c", "album:work", inputs={"in": master.output()})
        for n, master in enumerate(masters)
    ]
    return Step("album", "a", "album:work", inputs={s.name: s.output() for s in cuts})

if __name__ == "__main__":
    with Store(Path("store")) as store, store.locked(wait_s=float(sys.argv[1])):
        print("building", flush=True)
        last = album()
        results = run_plan(make_plan([last], store, tool_versions={}), store, jobs=2)
        store.note_build(results.keys.values())
        print(len(results.ran), results.artifact(last.output()).digest)
"""


@pytest.fixture
def album(tmp_path: Path) -> Path:
    (tmp_path / "album.py").write_text(ALBUM)
    return tmp_path


def started(album: Path, *, pause_s: float = 0.0, wait_s: float = 0.0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "album.py", str(wait_s)],
        cwd=album,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}.", "PAUSE_S": str(pause_s)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(build: subprocess.Popen[str]) -> tuple[int, str]:
    """How many steps ran, and the digest of the album."""
    said, complaint = build.communicate(timeout=60)
    assert build.returncode == 0, complaint
    n_ran, digest = said.splitlines()[-1].split()
    return int(n_ran), digest


def log(album: Path) -> list[str]:
    path = album / "log"
    return path.read_text().splitlines() if path.exists() else []


def wait_for(album: Path, word: str, count: int) -> None:
    deadline_s = time.monotonic() + 30
    while sum(line.startswith(word) for line in log(album)) < count:
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


@pytest.fixture
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "album.py").write_text(ALBUM)
    n_ran, digest = ended(started(folder))
    assert n_ran == 9
    return digest


def n_recorded(album: Path) -> int:
    with Store(album / "store") as store:
        return len(store._index.steps_by_age())


@pytest.mark.parametrize("n_kept", [0, 3, 6])
def test_a_build_killed_in_the_middle_ends_with_the_same_bytes_when_run_again(
    album: Path, undisturbed: str, n_kept: int
) -> None:
    build = started(album, pause_s=0.01)
    wait_for(album, "start", n_kept + 1)
    deadline_s = time.monotonic() + 30
    while n_recorded(album) < n_kept and time.monotonic() < deadline_s:
        time.sleep(0.01)
    build.send_signal(signal.SIGKILL)
    build.communicate()
    kept = n_recorded(album)
    assert n_kept <= kept < 9, "it was to be killed in the middle"
    n_ran, digest = ended(started(album))
    assert (n_ran, digest) == (9 - kept, undisturbed)
    assert list((album / "store" / "incoming").iterdir()) == []
    assert ended(started(album)) == (0, undisturbed)


def test_the_keyboard_ends_a_build_and_what_is_finished_is_kept(
    album: Path, undisturbed: str
) -> None:
    build = started(album, pause_s=0.02)
    wait_for(album, "end", 2)
    build.send_signal(signal.SIGINT)
    _, complaint = build.communicate(timeout=20)
    assert "KeyboardInterrupt" in complaint
    assert list((album / "store" / "incoming").iterdir()) == []
    n_ran, digest = ended(started(album))
    assert (digest, n_ran <= 7) == (undisturbed, True)


def test_of_two_builds_at_once_the_second_says_so(album: Path, undisturbed: str) -> None:
    first = started(album, pause_s=0.02)
    wait_for(album, "start", 1)
    second = started(album)
    _, complaint = second.communicate(timeout=20)
    assert f"another build of this album is running (process {first.pid})" in complaint
    assert ended(first) == (9, undisturbed)


def test_of_two_builds_at_once_the_second_waits_and_finds_everything_done(
    album: Path, undisturbed: str
) -> None:
    first = started(album, pause_s=0.01)
    wait_for(album, "start", 1)
    second = started(album, wait_s=30)
    assert ended(first) == (9, undisturbed)
    assert ended(second) == (0, undisturbed)


def test_two_processes_may_open_a_new_store_at_the_same_moment(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from pipeline.engine import Store\n"
        "with Store(Path('store')) as s: s.add_bytes(b'x'); print(s.notices)"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    assert [each.communicate(timeout=30)[0].strip() for each in both] == ["[]"] * 4


def test_the_engine_is_imported_without_numpy_and_numba() -> None:
    code = "import sys, pipeline.engine; print({'numpy', 'numba', 'scipy'} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "set()"
