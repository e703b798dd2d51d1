"""Outputs and store survive what happens to files: loss, damage, edits, and the user's own."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import mutagen
import pytest

from pipeline.build import handover
from pipeline.errors import DeliveryError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Album


def objects(album: Album) -> list[Path]:
    """Return everything in the store, the largest first."""
    found = [path for path in (album.store / "objects").rglob("*") if path.is_file()]
    return sorted(found, key=lambda path: -path.stat().st_size)


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.chmod(0o644)
    path.write_bytes(data)


def test_lost_outputs_are_put_together_again_from_the_store(
    album: Album, built_once: Album
) -> None:
    shutil.rmtree(album.out)
    album.build()
    assert album.heard.steps == []
    assert album.sent() == built_once.sent()


def test_the_report_says_which_files_were_not_read_again(
    album: Album, built_once: Album
) -> None:
    album.change("title: Dawn", "title: Daybreak")
    told = {each.name: each.not_checked for each in album.build().report.deliverables}
    assert told["lossless"][0].startswith("the bytes of 3 of 4 files")
    assert told["promo"][0].startswith("the bytes of 3 of 4 files")
    told = {each.name: each.not_checked for each in album.build().report.deliverables}
    assert told["lossless"][0].startswith("the bytes of 4 of 4 files")
    assert not any(
        "the bytes of" in each
        for each in album.build(rehash=True).report.deliverables[1].not_checked
    )


def test_one_lost_file_is_put_back(album: Album, built_once: Album) -> None:
    album.file_of("lossless", "noon").unlink()
    built = album.build()
    assert {each.name: each.status for each in built.report.deliverables} == {
        "cd": "unchanged",
        "lossless": "changed",
        "promo": "unchanged",
    }
    assert album.sent() == built_once.sent()


def test_a_lost_store_is_made_again_to_the_same_bytes(album: Album, built_once: Album) -> None:
    shutil.rmtree(album.store)
    album.build(overwrite=True)
    assert album.sent() == built_once.sent()


@pytest.mark.parametrize("harm", ["lost", "damaged"])
def test_a_harmed_result_is_noticed_and_made_again(
    album: Album, built_once: Album, harm: str
) -> None:
    victim = objects(album)[0]
    name = victim.name
    if harm == "lost":
        victim.unlink()
    else:
        flip_a_byte(victim)
    shutil.rmtree(album.out)
    album.build()
    assert album.heard.steps, "it was needed"
    assert album.sent() == built_once.sent()
    assert name in {path.name for path in objects(album)}


def test_a_damaged_result_is_named(album: Album) -> None:
    victim = objects(album)[0]
    flip_a_byte(victim)
    album.build()
    said = " ".join(album.heard.notes)
    assert victim.name[:8] in said, album.heard.notes


def test_rehash_finds_damage_that_size_and_times_do_not_show(
    album: Album, built_once: Album
) -> None:
    album.build()  # the copied store has been looked at once: its signatures are known
    victim = objects(album)[0]
    status = victim.stat()
    flip_a_byte(victim)
    os.utime(victim, ns=(status.st_atime_ns, status.st_mtime_ns))
    album.build(rehash=True)
    assert album.heard.steps
    assert album.sent() == built_once.sent()


def test_rehash_of_a_sound_album_runs_nothing_but_looks(album: Album) -> None:
    built = album.build(rehash=True)
    assert built.report.ran == ()
    assert built.report.is_released


def test_rehash_mends_an_output_that_was_damaged_behind_its_times(
    album: Album, built_once: Album
) -> None:
    victim = album.file_of("lossless", "noon")
    status = victim.stat()
    flip_a_byte(victim)
    os.utime(victim, ns=(status.st_atime_ns, status.st_mtime_ns))
    album.build(rehash=True)
    assert album.sent() == built_once.sent()


def test_an_output_that_the_user_edited_stops_that_deliverable_with_a_sentence(
    album: Album,
) -> None:
    edited = album.out / "cd" / "papers" / "label-copy.txt"
    edited.write_text("mine\n", encoding="utf-8")
    album.change("title: Noon", "title: High Noon")
    with pytest.raises(DeliveryError) as caught:
        album.build()
    assert caught.value.where == "cd"
    assert "edited" in caught.value.message
    assert "label-copy.txt" in caught.value.message
    assert "--overwrite" in caught.value.hint
    assert edited.read_text(encoding="utf-8") == "mine\n"
    title = mutagen.File(album.file_of("lossless", "noon"), easy=True)["title"]
    assert title == ["High Noon"], "only that deliverable stops"
    assert not [path for path in album.out.iterdir() if path.name.startswith(".staging")]


def test_a_deliverable_that_cannot_be_finished_leaves_nothing_half_made(
    album: Album, built_once: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("SEND", "the disk is full")

    album.change("title: Noon", "title: High Noon")
    before = album.snapshot("out")
    monkeypatch.setattr(handover, "compose", full)
    with pytest.raises(StoreError):
        album.build()
    assert album.snapshot("out") == before
    assert not [path for path in album.out.iterdir() if path.name.startswith(".")]
    monkeypatch.undo()
    album.change("title: High Noon", "title: Noon")
    album.build()
    assert album.sent() == built_once.sent()


def test_overwrite_moves_the_edit_aside(album: Album) -> None:
    edited = album.out / "cd" / "papers" / "label-copy.txt"
    edited.write_text("mine\n", encoding="utf-8")
    album.build(overwrite=True)
    aside = album.out / "cd" / "edited" / "papers" / "label-copy.txt"
    assert aside.read_text(encoding="utf-8") == "mine\n"
    assert "Small Hours" in edited.read_text(encoding="utf-8")


def test_what_the_user_put_there_is_carried_over(album: Album) -> None:
    own = [album.out / "cd" / "notes.txt", album.out / "cd" / "papers" / "mine" / "fax.txt"]
    for path in own:
        path.parent.mkdir(exist_ok=True)
        path.write_text("keep me\n", encoding="utf-8")
    album.change("title: Noon", "title: High Noon")
    album.build()
    assert [path.read_text(encoding="utf-8") for path in own] == ["keep me\n"] * 2


def test_a_deliverable_is_swapped_whole(album: Album) -> None:
    """Of the package before nothing is left in SEND, whose folder carries another name."""
    (before,) = (album.out / "cd" / "SEND").iterdir()
    album.change("title: Noon", "title: High Noon")
    album.build()
    (now,) = (album.out / "cd" / "SEND").iterdir()
    assert before.name != now.name
    assert sorted(path.name for path in album.out.iterdir()) == [
        "cd",
        "lossless",
        "promo",
        "reports",
    ]
