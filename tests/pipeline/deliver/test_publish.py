"""Outputs appear whole or not at all, and nothing of the user is lost."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.deliver import publish
from pipeline.deliver.publish import (
    discard,
    edited_files,
    is_current,
    published_recipe,
    recover,
    stage_folder,
)
from pipeline.errors import DeliveryError, StoreError

OLD = {"manifest.json": "old", "SEND/x_r1/01.wav": "one", "SEND/x_r1/02.wav": "two"}
NEW = {"manifest.json": "new", "SEND/x_r2/01.wav": "ONE", "papers/label.txt": "label"}
Files = dict[str, str]


class KilledError(BaseException):
    """The process ends here."""


class Album:
    """An album with one output folder."""

    def __init__(self, folder: Path) -> None:
        self.target = folder / "out" / "cd"
        self.journal = folder / ".glassmaster" / "published"

    def put(self, files: Files, recipe: str, **options: Any) -> None:
        stage = stage_folder(self.target)
        for name, text in files.items():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).write_text(text)
        publish.publish(stage, self.target, journal=self.journal, recipe=recipe, **options)

    def add(self, name: str, text: str) -> None:
        path = self.target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def files(self) -> Files:
        return {
            path.relative_to(self.target).as_posix(): path.read_text()
            for path in sorted(self.target.rglob("*"))
            if path.is_file()
        }

    def is_current(self, recipe: str) -> bool:
        return is_current(self.target, journal=self.journal, recipe=recipe)


@pytest.fixture
def album(tmp_path: Path) -> Album:
    album = Album(tmp_path)
    album.put(OLD, "old")
    return album


def test_a_folder_takes_the_place_of_the_one_before(album: Album) -> None:
    album.put(NEW, "new")
    assert album.files() == NEW
    assert list(album.target.parent.iterdir()) == [album.target]


def test_an_unchanged_output_is_recognised(album: Album) -> None:
    assert album.is_current("old")
    assert not album.is_current("new")
    assert published_recipe(album.target, album.journal) == "old"


def test_a_file_that_was_only_touched_is_unchanged(album: Album) -> None:
    os.utime(album.target / "SEND/x_r1/01.wav", (1, 1))
    assert album.is_current("old")


def test_a_file_that_is_gone_makes_an_output_stale(album: Album) -> None:
    (album.target / "SEND/x_r1/01.wav").unlink()
    assert not album.is_current("old")
    assert edited_files(album.target, album.journal) == []


def test_a_file_of_ours_that_the_user_edited_stops_with_a_sentence(album: Album) -> None:
    album.add("SEND/x_r1/01.wav", "One")
    assert not album.is_current("old")
    with pytest.raises(
        DeliveryError, match=r"cd: edited since it was built: SEND/x_r1/01\.wav"
    ):
        album.put(NEW, "new")
    assert album.files() == OLD | {"SEND/x_r1/01.wav": "One"}


def test_overwrite_moves_an_edited_file_aside_first(album: Album) -> None:
    album.add("SEND/x_r1/01.wav", "One")
    album.put(NEW, "new", overwrite=True)
    assert album.files() == NEW | {"edited/SEND/x_r1/01.wav": "One"}


def test_no_edit_is_ever_replaced_by_a_later_one(album: Album) -> None:
    album.add("manifest.json", "first edit")
    album.put(NEW, "new", overwrite=True)
    album.add("manifest.json", "second edit")
    album.put(OLD, "old", overwrite=True)
    assert album.files() == OLD | {
        "edited/manifest.json": "first edit",
        "edited/manifest (2).json": "second edit",
    }


def test_unknown_files_are_carried_over(album: Album) -> None:
    album.add("papers/mine.txt", "mine")
    album.add("notes.txt", "notes")
    album.put(NEW, "new")
    assert album.files() == NEW | {"papers/mine.txt": "mine", "notes.txt": "notes"}
    album.put(OLD, "old")
    assert album.files() == OLD | {"papers/mine.txt": "mine", "notes.txt": "notes"}


def test_unknown_files_do_not_stay_in_what_is_sent(album: Album) -> None:
    album.add("SEND/x_r1/.DS_Store", "finder")
    album.put(NEW, "new")
    assert album.files() == NEW | {"kept/SEND/x_r1/.DS_Store": "finder"}


def test_an_unknown_file_in_the_place_of_a_new_one_is_kept(album: Album) -> None:
    album.add("papers/label.txt", "my own label")
    album.put(NEW, "new")
    assert album.files() == NEW | {"kept/papers/label.txt": "my own label"}


def test_a_folder_that_we_did_not_make_is_all_the_users(tmp_path: Path) -> None:
    album = Album(tmp_path)
    album.add("manifest.json", "theirs")
    album.put(NEW, "new")
    assert album.files() == NEW | {"kept/manifest.json": "theirs"}


def test_known_hashes_are_not_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(path: Path) -> str:
        read.append(path.name)
        return "0" * 64

    monkeypatch.setattr(publish, "file_digest", noted)
    Album(tmp_path).put(OLD, "old", digests={name: "f" * 64 for name in OLD if "SEND" in name})
    assert read == ["manifest.json"]


def test_a_discarded_stage_leaves_the_output(album: Album) -> None:
    stage = stage_folder(album.target)
    (stage / "x").write_text("x")
    discard(stage)
    assert album.files() == OLD
    assert list(album.target.parent.iterdir()) == [album.target]


STEPS = ("os.rename", "os.replace", "os.unlink", "os.rmdir", "os.mkdir", "os.fsync")


class Killer:
    """Ends the process at the n-th call that changes the disk, before or after it acts."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int, *, before: bool) -> None:
        self.calls = 0
        for step in STEPS:
            name = step.partition(".")[2]
            patch.setattr(os, name, self._counted(getattr(os, name), at, before=before))

    def _counted(
        self, call: Callable[..., Any], at: int, *, before: bool
    ) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            is_last = self.calls == at
            if is_last and before:
                raise KilledError
            try:
                return call(*args, **kwargs)
            finally:
                if is_last:
                    raise KilledError

        return counted


def killed(at: int, act: Callable[..., object], *args: object, before: bool = True) -> bool:
    """Return whether `act` was killed; it was not if it has fewer steps."""
    with pytest.MonkeyPatch.context() as patch:
        Killer(patch, at, before=before)
        try:
            act(*args)
        except KilledError:
            return True
    return False


def put_new(album: Album) -> None:
    album.put(NEW, "new", overwrite=True)


def prepared(folder: Path) -> Album:
    album = Album(folder)
    album.put(OLD, "old")
    album.add("notes.txt", "notes")
    album.add("SEND/x_r1/02.wav", "edited")
    return album


EXPECTED_OLD = OLD | {"notes.txt": "notes", "SEND/x_r1/02.wav": "edited"}
EXPECTED_NEW = NEW | {"notes.txt": "notes", "edited/SEND/x_r1/02.wav": "edited"}


@pytest.mark.parametrize("before", [True, False])
def test_killed_at_any_step_the_next_start_finds_the_old_or_the_new_folder_whole(
    tmp_path: Path, before: bool
) -> None:
    seen, at = [], 1
    while killed(at, put_new, album := prepared(tmp_path / str(at)), before=before):
        recover(album.journal)
        assert album.files() in (EXPECTED_OLD, EXPECTED_NEW)
        seen.append(album.files() == EXPECTED_NEW)
        assert published_recipe(album.target, album.journal) == ("new" if seen[-1] else "old")
        put_new(album)
        assert album.files() == EXPECTED_NEW
        at += 1
    assert sorted(seen) == seen
    assert set(seen) == {False, True}
    assert at > 15


def test_killed_while_it_recovers_it_recovers_again(tmp_path: Path) -> None:
    expected = {"old": EXPECTED_OLD, "new": EXPECTED_NEW}
    first = 1
    while killed(first, put_new, album := prepared(tmp_path / str(first))):
        second = 1
        while killed(second, recover, album.journal):
            second += 1
        assert album.files() == expected[published_recipe(album.target, album.journal) or ""]
        first += 1


def test_an_album_that_is_moved_in_between_recovers_in_its_new_place(tmp_path: Path) -> None:
    album = prepared(tmp_path / "here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "recover", lambda journal: [])
        album.put(NEW, "new", overwrite=True)
    shutil.move(tmp_path / "here", tmp_path / "there")
    moved = Album(tmp_path / "there")
    assert recover(moved.journal) == ["cd"]
    assert moved.files() == EXPECTED_NEW
    assert moved.is_current("new")


def test_a_stage_that_is_gone_leaves_the_old_folder(tmp_path: Path) -> None:
    album = prepared(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "recover", lambda journal: [])
        album.put(NEW, "new", overwrite=True)
    album.target.rename(album.target.with_name(".replaced-cd"))
    discard(album.target.with_name(".staging-cd"))
    recover(album.journal)
    assert album.files() == EXPECTED_OLD
    assert published_recipe(album.target, album.journal) == "old"


def test_a_folder_that_appears_in_between_is_the_users(tmp_path: Path) -> None:
    album = prepared(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "recover", lambda journal: [])
        album.put(NEW, "new", overwrite=True)
    album.target.rename(album.target.with_name(".replaced-cd"))
    album.add("later.txt", "later")
    recover(album.journal)
    assert album.files() == EXPECTED_NEW | {"later.txt": "later"}


def test_a_disk_that_refuses_is_a_sentence(
    album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", "out/cd")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(StoreError, match="cd cannot be put in its place: Permission denied"):
        album.put(NEW, "new")


def test_a_damaged_journal_is_a_sentence(album: Album) -> None:
    (album.journal / "cd.json").write_text("{")
    with pytest.raises(StoreError, match=r"cd\.json: cannot be read"):
        album.is_current("old")
