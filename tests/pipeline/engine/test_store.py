from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.engine import Artifact, MemoryStore, Record, Store
from pipeline.engine import objects as objects_module
from pipeline.engine import sources as sources_module
from pipeline.errors import SourceError, StoreError


@pytest.fixture(params=["disk", "memory"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") if request.param == "disk" else MemoryStore() as store:
        yield store


def record(store: Store, key: str, *contents: bytes) -> list[Artifact]:
    made = [store.objects.add_bytes(content) for content in contents]
    outputs = {str(place): each for place, each in enumerate(made)}
    store.record(Record(key, f"step {key}", "kind", outputs, {"kind": "kind"}, 1.5))
    store.settle(wait=True)
    return made


def reopened(store: Store) -> Store:
    store.close()
    return Store(store.folder)


def count_hashing(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    hashed: list[Path] = []
    real = objects_module.file_sha256

    def counted(path: Path) -> str:
        hashed.append(path)
        return real(path)

    for module in ("sources", "store"):
        monkeypatch.setattr(f"pipeline.engine.{module}.file_sha256", counted)
    return hashed


# Content


def test_content_lies_under_its_hash(either: Store) -> None:
    kept = either.add_bytes(b"abc")
    assert kept.digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert kept.size_bytes == 3
    path = either.path_of(kept)
    assert path.relative_to(either.folder).parts == ("objects", "ba", kept.digest)
    assert path.read_bytes() == b"abc"
    assert either.check(kept) == "present"


def test_a_file_is_copied_in(either: Store, tmp_path: Path) -> None:
    file = tmp_path / "cover.png"
    file.write_bytes(b"cover")
    kept = either.add_file(file)
    assert kept == either.add_bytes(b"cover")
    assert file.exists()


def test_a_record_is_found_by_its_key_with_all_it_says(either: Store) -> None:
    made = record(either, "k1", b"one", b"two")
    found = either.lookup("k1")
    assert found == Record(
        "k1", "step k1", "kind", {"0": made[0], "1": made[1]}, {"kind": "kind"}, 1.5
    )
    assert either.lookup("k2") is None


def test_records_outlive_the_process(store: Store) -> None:
    made = record(store, "k1", b"one")
    with reopened(store) as again:
        found = again.lookup("k1")
        assert found is not None
        assert found.outputs == {"0": made[0]}
        assert again.check(made[0]) == "present"


def test_a_record_is_written_only_when_its_content_has_reached_the_disk(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = threading.Event()

    def slow(path: Path) -> None:
        assert reached.wait(10)

    monkeypatch.setattr("pipeline.engine.objects.sync_file", slow)
    made = store.objects.add_bytes(b"one")
    store.record(Record("k1", "a", "kind", {"out": made}, {}, 0.0))
    store.settle()
    assert store.lookup("k1") is not None, "this build may use it at once"
    with Store(store.folder) as other:
        assert other.lookup("k1") is None, "another must not, before it is safe"
        reached.set()
        store.settle(wait=True)
        assert other.lookup("k1") is not None


def test_a_disk_that_fails_while_content_is_written_through_is_reported(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    made = store.objects.add_bytes(b"one")
    monkeypatch.setattr("pipeline.engine.objects.sync_file", broken)
    store.record(Record("k1", "a", "kind", {"out": made}, {}, 0.0))
    with pytest.raises(StoreError, match="the disk is full"):
        store.settle(wait=True)


def test_missing_content_is_noticed(either: Store) -> None:
    kept = either.add_bytes(b"abc")
    either.path_of(kept).unlink()
    assert either.check(kept) == "missing"


@pytest.mark.parametrize("damage", [b"", b"ab", b"abd", b"abcd"])
def test_damaged_content_is_noticed_named_and_removed(either: Store, damage: bytes) -> None:
    kept = either.add_bytes(b"abc")
    path = either.path_of(kept)
    path.write_bytes(damage)
    assert either.check(kept) == "damaged"
    assert not path.exists()
    assert len(either.notices) == 1
    assert str(path) in either.notices[0]
    assert either.add_bytes(b"abc") == kept
    assert either.check(kept) == "present"


def test_content_is_read_only_if_it_looks_changed_and_then_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store.add_bytes(b"abc")
    hashed = count_hashing(monkeypatch)
    assert store.check(kept) == "present"
    assert hashed == []
    os.utime(store.path_of(kept), ns=(1, 1))
    assert [store.check(kept), store.check(kept)] == ["present", "present"]
    assert hashed == [store.path_of(kept)]


def test_rehash_reads_content_that_looks_unchanged(store: Store) -> None:
    kept = store.add_bytes(b"abc")
    path = store.path_of(kept)
    stat = path.stat()
    with path.open("r+b") as file:  # same inode and size
        file.write(b"abd")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert store.check(kept) == "present"
    assert store.check(kept, rehash=True) == "damaged"


# Copies


def test_a_copy_out_is_whole_replaces_and_is_independent(store: Store, tmp_path: Path) -> None:
    kept = store.add_bytes(b"audio")
    target = tmp_path / "out" / "SEND" / "01.wav"
    for _ in range(2):
        store.copy_out(kept, target)
        assert target.read_bytes() == b"audio"
        assert target.stat().st_ino != store.path_of(kept).stat().st_ino
        target.write_bytes(b"edited by the user")
    assert store.check(kept, rehash=True) == "present"
    assert [each.name for each in target.parent.iterdir()] == ["01.wav"]


def test_content_that_is_gone_cannot_be_copied_out(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is gone from the store"):
        store.copy_out(Artifact("ab" * 32, 1), tmp_path / "x")


# Files outside


def test_a_file_that_is_unchanged_is_not_read_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = tmp_path / "01.wav"
    mix.write_bytes(b"mix")
    monkeypatch.setattr(sources_module, "RACY_NS", -3_600_000_000_000)  # old enough already
    digest = store.file_digest(mix)
    hashed = count_hashing(monkeypatch)
    with reopened(store) as again:
        assert again.file_digest(mix) == digest
        assert hashed == []
        assert again.file_digest(mix, rehash=True) == digest
        assert hashed == [mix]


def test_a_file_that_was_young_when_it_was_read_is_read_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = tmp_path / "01.wav"
    mix.write_bytes(b"mix")
    hashed = count_hashing(monkeypatch)
    store.file_digest(mix)
    store.file_digest(mix)
    assert hashed == [mix, mix]


def test_a_change_within_the_grain_of_the_clock_is_seen(store: Store, tmp_path: Path) -> None:
    mix = tmp_path / "01.wav"
    mix.write_bytes(b"one")
    stat = mix.stat()
    before = store.file_digest(mix)
    with mix.open("r+b") as file:
        file.write(b"two")
    os.utime(mix, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert store.file_digest(mix) != before


@pytest.mark.parametrize("change", ["size", "time", "inode"])
def test_a_file_that_looks_changed_is_read_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(sources_module, "RACY_NS", -3_600_000_000_000)
    mix = tmp_path / "01.wav"
    mix.write_bytes(b"mix")
    store.file_digest(mix)
    hashed = count_hashing(monkeypatch)
    if change == "size":
        mix.write_bytes(b"longer")
    elif change == "time":
        os.utime(mix, ns=(1, 1))
    else:
        (tmp_path / "other").write_bytes(b"mix")
        (tmp_path / "other").replace(mix)
    store.file_digest(mix)
    assert hashed == [mix]


@pytest.mark.parametrize(
    ("path", "words"), [("none.wav", "there is no such file"), (".", "is a folder")]
)
def test_a_source_that_cannot_be_read_says_so(
    store: Store, tmp_path: Path, path: str, words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        store.file_digest(tmp_path / path)


def test_names_of_files_may_hold_any_bytes(store: Store, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"na\xefve \xf0\x9f\x8e\xb5.wav")
    odd.write_bytes(b"mix")
    assert store.file_digest(odd) == store.file_digest(odd)


# The index


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough" * 9])
def test_an_index_that_is_no_database_is_set_aside_and_said(
    tmp_path: Path, content: bytes
) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "index.sqlite").write_bytes(content)
    with Store(folder) as store:
        record(store, "k1", b"one")
        assert bool(store.notices) == bool(content)
    assert (folder / "index.damaged-1.sqlite").exists() == bool(content)


def test_an_index_damaged_in_the_middle_is_set_aside(store: Store) -> None:
    for number in range(200):
        record(store, f"k{number}", b"%d" % number)
    store.close()
    path = store.folder / "index.sqlite"
    whole = bytearray(path.read_bytes())
    whole[4096 * 2 : 4096 * 5] = b"\xa5" * (4096 * 3)
    path.write_bytes(whole)
    with Store(store.folder) as again:
        assert "kept as index.damaged-1.sqlite" in again.notices[0]
        assert again.lookup("k1") is None
        record(again, "k1", b"1")
        assert again.lookup("k1") is not None


def test_another_programs_database_is_set_aside_whole(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    path = folder / "index.sqlite"
    with_table(path, "CREATE TABLE steps (key)")
    before = path.read_bytes()
    with Store(folder) as store:
        assert store.notices
    assert (folder / "index.damaged-1.sqlite").read_bytes() == before


def with_table(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()


def test_a_newer_index_is_refused_and_left_alone(store: Store) -> None:
    store.close()
    path = store.folder / "index.sqlite"
    with_table(path, "PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer version: store 99") as caught:
        Store(store.folder)
    assert "update glassmaster" in caught.value.hint
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="file/store"):
        Store(tmp_path / "file" / "store")


def test_a_full_disk_is_a_store_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, *_: Any) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "open", Full)
    with pytest.raises(StoreError, match="the disk is full") as caught:
        store.add_bytes(b"abc")
    assert "free some space" in caught.value.hint


def test_an_index_that_may_not_grow_is_a_store_error(store: Store) -> None:
    store._index._db.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreError, match="the disk is full"):
        store.remember({f"step {n}": {"params": "x" * 5000} for n in range(50)})


# Room


def noted(store: Store, *builds: list[str]) -> None:
    for keys in builds:
        store.note_build(keys)


def present(store: Store, *keys: str) -> list[str]:
    """Those of the keys whose outputs are all there."""
    found = {key: store.lookup(key) for key in keys}
    return [
        key
        for key, each in found.items()
        if each and all(store.check(made) == "present" for made in each.outputs.values())
    ]


def test_the_size_tells_what_the_last_builds_need(either: Store) -> None:
    record(either, "old", b"12345")
    record(either, "new", b"123")
    noted(either, ["old"], ["new"], ["new", "none"])
    size = either.size()
    assert (size.n_objects, size.size_bytes) == (2, 8)
    assert (size.needed_objects, size.needed_bytes) == (1, 3)
    assert either.size(keep_builds=3).needed_bytes == 8


def test_pruning_removes_what_the_last_builds_do_not_need(either: Store) -> None:
    for key in ("a", "b", "c", "shared"):
        record(either, key, key.encode())
    record(either, "also a", b"shared")
    noted(either, ["a", "also a"], ["b", "shared"], ["c", "shared"])
    pruned = either.prune()
    assert present(either, "a", "b", "c", "shared") == ["b", "c", "shared"]
    assert (pruned.n_objects, pruned.freed_bytes, pruned.left_bytes) == (1, 1, 8)


def test_a_build_that_repeats_the_last_does_not_push_out_an_older_one(either: Store) -> None:
    record(either, "a", b"a")
    record(either, "b", b"b")
    noted(either, ["a"], ["b"], ["b"], ["b"])
    either.prune()
    assert present(either, "a", "b") == ["a", "b"]


def test_pruning_to_a_budget_removes_the_longest_unused_first(either: Store) -> None:
    for key in "abcd":
        record(either, key, key.encode() * 10)
        noted(either, [key])
    either.objects.add_bytes(b"of no step")
    either.prune(30)
    assert present(either, *"abcd") == ["b", "c", "d"]
    either.prune(0)
    assert present(either, *"abcd") == ["c", "d"]


def test_a_step_that_a_later_build_used_again_is_younger_than_one_it_did_not(
    either: Store,
) -> None:
    record(either, "a", b"a")
    record(either, "b", b"b")
    noted(either, ["a", "b"], ["a"], [])
    either.prune(1, keep_builds=1)
    assert present(either, "a", "b") == ["a"]


def test_content_is_as_young_as_the_youngest_step_that_made_it(either: Store) -> None:
    for key, content in {"a": b"x", "b": b"y", "c": b"x", "d": b"z"}.items():
        record(either, key, content)
        noted(either, [key])
    either.prune(2, keep_builds=1)
    assert present(either, *"abcd") == ["a", "c", "d"]


def test_pruning_to_a_budget_that_is_kept_removes_nothing(either: Store) -> None:
    record(either, "a", b"a")
    assert either.prune(10).n_objects == 0
    assert present(either, "a") == ["a"]


def test_a_pruned_step_has_a_reason_when_it_comes_back(either: Store) -> None:
    record(either, "a", b"a")
    either.remember({"step a": {"kind": "kind"}})
    either.prune()
    assert either.lookup("a") is None
    assert either.last_facets("step a") == {"kind": "kind"}


def test_temporary_files_of_a_killed_build_are_swept(either: Store) -> None:
    stale = either.objects.temporary()
    stale.write_bytes(b"half")
    with either.locked():
        assert not stale.exists()


# One build at a time


def test_a_second_build_is_told_who_has_the_store(store: Store) -> None:
    with store.locked(), Store(store.folder) as other:
        with pytest.raises(StoreError, match=f"another build .*process {os.getpid()}"):
            other.locked().__enter__()
        with pytest.raises(StoreError, match="another build"):
            other.prune()
    with Store(store.folder) as other, other.locked():
        pass


def test_a_second_build_waits_and_says_so(store: Store) -> None:
    said: list[str] = []
    acquired, release = threading.Event(), threading.Event()

    def hold() -> None:
        with Store(store.folder) as other, other.locked():
            acquired.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    assert acquired.wait(10)
    threading.Timer(0.2, release.set).start()
    start_s = time.monotonic()
    with store.locked(wait_s=10, waiting=said.append):
        assert time.monotonic() - start_s > 0.1
    holder.join()
    assert "waiting for it to end" in said[0]


def test_the_lock_may_be_taken_again_by_who_has_it(store: Store) -> None:
    with store.locked():
        with store.locked():
            pass
        with Store(store.folder) as other, pytest.raises(StoreError):
            other.locked().__enter__()
