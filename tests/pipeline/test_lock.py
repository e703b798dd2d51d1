"""album.lock: readable, diffable, whole, and refused in words if it is damaged."""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.lock import (
    BASE,
    LOCK_VERSION,
    EditionLock,
    GroupDecision,
    JoinDecision,
    LevelDecision,
    Lock,
    LockedDeliverable,
    LockedSource,
    digest_of,
    lock_text,
    read_lock,
    write_lock,
)

names = st.text(min_size=1, max_size=8)
figures = st.none() | st.integers(-7000, 0).map(lambda n: n / 100)
levels = st.builds(
    LevelDecision,
    st.integers(-2000, 2000).map(lambda n: n / 100),
    figures,
    figures,
    figures,
    names,
    names,
    names,
)
editions = st.builds(
    EditionLock,
    st.dictionaries(names, levels, max_size=3),
    st.dictionaries(names, st.builds(JoinDecision, st.just(0.25), names), max_size=2),
    st.none() | st.builds(GroupDecision, st.just(-1.5), names, names),
    st.dictionaries(names, st.integers(0, 360_000), max_size=3),
)
locks = st.builds(
    Lock,
    st.none() | st.sampled_from([44_100, 48_000]),
    st.integers(0, 99),
    st.dictionaries(
        names,
        st.builds(LockedSource, names, names, st.just(9), st.just(8), st.just(0)),
        max_size=2,
    ),
    st.dictionaries(names, editions, max_size=2),
    st.dictionaries(names, st.builds(LockedDeliverable, st.just(1), names), max_size=2),
)
TIDE = LevelDecision(-1.25, -10.0, -10.0, -11.2, "aim", "f" * 64, "e" * 64, "a" * 16)
LOCK = Lock(
    48_000,
    3,
    {"tide": LockedSource("mixes/02.wav", "f" * 64, 48_000, 48_000, 12)},
    {
        BASE: EditionLock(
            {"tide": TIDE, "undertow": TIDE}, {"undertow": JoinDecision(0.5, "d")}
        ),
        "lp": EditionLock({"tide": TIDE}, common=GroupDecision(-2.0, "peaks", "s")),
    },
    {"cd": LockedDeliverable(2, "c" * 64)},
)


@settings(max_examples=25, deadline=None)
@given(locks)
def test_a_lock_is_read_as_it_was_written(lock: Lock) -> None:
    data = json.loads(lock_text(lock))
    assert data["lock_version"] == LOCK_VERSION
    with TemporaryDirectory() as folder:
        path = Path(folder) / "album.lock"
        write_lock(path, lock)
        assert read_lock(path) == lock


def test_without_a_lock_nothing_is_decided(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "album.lock") == Lock()


def test_one_value_stands_on_each_line(tmp_path: Path) -> None:
    changed = replace(
        LOCK,
        editions={
            **LOCK.editions,
            "lp": replace(LOCK.editions["lp"], common=GroupDecision(-2.5, "peaks", "s")),
        },
    )
    before, after = lock_text(LOCK).splitlines(), lock_text(changed).splitlines()
    assert [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] == [
        ('    "gain_db": -2.0,', '    "gain_db": -2.5,')
    ]


def test_an_equal_lock_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "album.lock"
    write_lock(path, LOCK)
    before = path.stat()
    write_lock(path, LOCK)
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{}",
        b'{"lock_version": "1"}',
        b"<<<<<<< HEAD\n{}",
        b"[" * 100_000,
        lock_text(LOCK).replace('"gain_db"', '"gain"').encode(),
        lock_text(LOCK).replace("-1.25", "NaN").encode(),
        lock_text(LOCK).replace("-1.25", '"loud"').encode(),
        lock_text(LOCK).replace('"revision": 3', '"revision": null').encode(),
    ],
)
def test_what_is_no_lock_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "album.lock"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot be read as a lock") as error:
        read_lock(path)
    assert "version control" in error.value.hint


def test_a_lock_of_a_newer_version_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "album.lock"
    path.write_text(lock_text(LOCK).replace('"lock_version": 1', '"lock_version": 2'))
    with pytest.raises(StoreError, match="written by a newer Glassmaster"):
        read_lock(path)


def test_a_lock_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        write_lock(tmp_path / "gone" / "album.lock", LOCK)


def test_forgetting_a_track_leaves_the_others() -> None:
    left = LOCK.forget(frozenset({"undertow"}))
    assert set(left.edition("").levels) == {"tide"}
    assert left.edition("").joins == {}
    assert left.edition("lp") == LOCK.edition("lp")
    assert left.deliverables == LOCK.deliverables


def test_forgetting_all_keeps_revisions_and_sources() -> None:
    left = LOCK.forget(None)
    assert (left.sample_rate_hz, left.editions) == (None, {})
    assert (left.revision, left.sources) == (LOCK.revision, LOCK.sources)


def test_an_edition_without_decisions_of_its_own_has_none() -> None:
    assert LOCK.edition("instrumental") == EditionLock()


def test_a_digest_depends_on_values_not_on_the_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": "ü"}) == digest_of({"b": "ü", "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest_of(float("nan"))
