"""A build may be stopped at any moment; run again, it ends with the same bytes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Album, MakeMix, NewAlbum

ROOT = Path(__file__).parents[2]
WAIT_S = 120.0
DELIVERABLES = ("cd", "lossless", "promo")


def started(album: Album) -> subprocess.Popen[str]:
    """Start a build in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", "build", "-f", str(album.spec)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something is seen, or the process has ended."""
    end = time.monotonic() + WAIT_S
    while not condition() and process.poll() is None:
        assert time.monotonic() < end, "never seen"
        time.sleep(0.002)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=WAIT_S)


def n_objects(album: Album) -> int:
    return sum(len(files) for _, _, files in os.walk(album.store / "objects"))


def is_staging(album: Album) -> bool:
    return any(path.name.startswith(".staging") for path in hidden(album))


def hidden(album: Album) -> list[Path]:
    return [path for path in album.out.glob("*") if path.name.startswith(".")]


def is_publishing(album: Album) -> bool:
    return any((album.store / "published").glob("*.pending"))


def test_a_build_killed_again_and_again_ends_with_the_same_bytes(
    new_album: NewAlbum, built_once: Album
) -> None:
    album, moments = new_album(), random.Random(7)
    for n_more in (1, moments.randint(8, 20)):
        process = started(album)
        wanted = n_objects(album) + n_more
        wait_for(lambda: n_objects(album) >= wanted, process)  # noqa: B023 - asked at once
        time.sleep(moments.uniform(0.0, 0.05))
        kill(process)
        album.out.mkdir(exist_ok=True)
        whole = [path.name for path in album.out.iterdir() if not path.name.startswith(".")]
        for name in whole:
            assert (album.out / name / "manifest.json").exists() or name == "reports"
    album.build()
    assert album.sent() == built_once.sent()
    assert not hidden(album)


@pytest.fixture(scope="module")
def revised(
    built_once: Album, make_mix: MakeMix, tmp_path_factory: pytest.TempPathFactory
) -> Album:
    """Return the album with a new mix, built without being disturbed."""
    folder = tmp_path_factory.mktemp("revised") / "album"
    shutil.copytree(built_once.folder, folder)
    album = type(built_once)(folder)
    make_mix(album.mix("noon"), 4.4, 44_100, seed=77)
    album.build()
    return album


@pytest.mark.parametrize("seen", [is_staging, is_publishing])
def test_a_build_killed_while_it_puts_things_in_place_ends_with_the_same_bytes(
    album: Album, revised: Album, seen: Callable[[Album], bool]
) -> None:
    """And until it does, each deliverable is the old one or the new one, whole."""
    shutil.copy2(revised.mix("noon"), album.mix("noon"))
    before = {name: album.snapshot(f"out/{name}") for name in DELIVERABLES}
    process = started(album)
    wait_for(lambda: seen(album), process)
    kill(process)
    for name in DELIVERABLES:
        if not (album.store / "published" / f"{name}.pending").exists():
            now = album.snapshot(f"out/{name}")
            assert now in (before[name], revised.snapshot(f"out/{name}"))
    album.build()
    assert album.sent() == revised.sent()
    assert not hidden(album)


def test_a_killed_build_leaves_what_was_there_until_it_is_replaced(
    album: Album, revised: Album
) -> None:
    before = album.sent()
    shutil.copy2(revised.mix("noon"), album.mix("noon"))
    process = started(album)
    known = n_objects(album)
    wait_for(lambda: n_objects(album) > known + 1, process)
    kill(process)
    assert album.sent() == before


def test_ctrl_c_ends_with_a_sentence_and_keeps_what_is_finished(
    new_album: NewAlbum, built_once: Album
) -> None:
    album = new_album()
    process = started(album)
    wait_for(lambda: n_objects(album) >= 5, process)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130, errors
    assert "run it again to go on" in errors
    assert "Traceback" not in out + errors
    assert not (album.folder / "album.lock").exists()
    album.build()
    n_steps = len(built_once.heard.steps)
    assert n_steps == 0 or len(album.heard.steps) < n_steps
    assert album.sent() == built_once.sent()


def test_a_second_build_of_one_album_waits_for_the_first(album: Album) -> None:
    album.change("title: Noon", "title: High Noon")
    both = [started(album), started(album)]
    for process in both:
        _, errors = process.communicate(timeout=WAIT_S)
        assert process.returncode == 0, errors
    titles = {each.title for file in album.manifest("lossless").files for each in file.tracks}
    assert "High Noon" in titles
    assert album.lock.revision == 2
