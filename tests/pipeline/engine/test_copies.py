from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.engine import copy_file
from pipeline.errors import StoreError


def no_call(*_: Any) -> int:
    raise OSError(errno.EOPNOTSUPP, "not here")


def test_a_copy_has_the_same_bytes_in_a_folder_that_is_made(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(3_000_001))
    copy_file(source, tmp_path / "a" / "b" / "target")
    assert (tmp_path / "a" / "b" / "target").read_bytes() == source.read_bytes()


def test_where_the_kernel_cannot_copy_python_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(3_000_001))
    monkeypatch.setattr(os, "copy_file_range", no_call)
    copy_file(source, tmp_path / "target", sync=False)
    assert (tmp_path / "target").read_bytes() == source.read_bytes()


def test_where_the_kernel_stops_halfway_python_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(100_000))
    real, calls = os.copy_file_range, []

    def once(read: int, write: int, count: int) -> int:
        calls.append(count)
        return real(read, write, 1000) if len(calls) == 1 else 0

    monkeypatch.setattr(os, "copy_file_range", once)
    copy_file(source, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == source.read_bytes()


def test_a_copy_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "source", tmp_path / "out" / "target"
    source.write_bytes(b"new")
    target.parent.mkdir()
    target.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="the disk is full"):
        copy_file(source, target)
    assert target.read_bytes() == b"old"
    assert [each.name for each in target.parent.iterdir()] == ["target"]


def test_an_empty_file_is_copied(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"")
    copy_file(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b""
