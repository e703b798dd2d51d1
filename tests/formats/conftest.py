"""Discs of every kind, and what they sound like."""

from __future__ import annotations

import ctypes.util
import os
import shutil
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import strategies as st

from formats.disc import Charset, Disc, DiscIndex, DiscTrack, Genre, TextBlock, Texts

ISRCS = st.just("") | st.from_regex("[A-Z]{2}[A-Z0-9]{3}[0-9]{7}", fullmatch=True)
FLAGS = st.sampled_from(
    [{}, {"has_pre_emphasis": True}, {"is_copy_permitted": True}, {"scms": True}]
)
ANY_TEXTS = st.text(max_size=8)
PLAIN_TEXTS = st.text(
    st.characters(codec="latin-1", exclude_categories=["Cc"], exclude_characters='"\xad'),
    max_size=8,
)
NAMES = ("title", "performer", "songwriter", "composer", "arranger", "message")


@st.composite
def _indexes(draw: st.DrawFn, begin: int, is_first: bool) -> tuple[list[DiscIndex], int]:
    """Draw the indexes of a track that begins at a sector, and where it ends."""
    has_pause = is_first or draw(st.booleans())
    pause = draw(st.integers(150 if is_first else 1, 400)) if has_pause else 0
    sectors = [begin] if has_pause else []
    sectors.append(begin + pause)
    for _ in range(draw(st.integers(0, 3))):
        sectors.append(sectors[-1] + draw(st.integers(1, 200)))
    indexes = [DiscIndex(n, at) for n, at in enumerate(sectors, start=not has_pause)]
    return indexes, sectors[-1] + draw(st.integers(1, 500))


@st.composite
def _block(draw: st.DrawFn, codes: list[str], *, is_plain: bool) -> TextBlock:
    texts = PLAIN_TEXTS if is_plain else ANY_TEXTS

    def said(code: str) -> Texts:
        named = {name: draw(texts) for name in NAMES}
        return Texts(code=code if is_plain else draw(st.just(code) | ISRCS), **named)

    block = TextBlock(said(codes[0]), tuple(said(code) for code in codes[1:]))
    if is_plain:
        return block
    return TextBlock(
        block.disc,
        block.tracks,
        language=draw(st.integers(0, 127)),
        charset=draw(st.sampled_from(Charset)),
        is_copyrighted=draw(st.booleans()),
        disc_id=draw(texts),
        genre=draw(st.none() | st.builds(Genre, st.integers(0, 28), texts)),
        closed=draw(texts),
    )


@st.composite
def drawn_discs(draw: st.DrawFn, *, is_plain: bool) -> Disc:
    """Draw a disc; a plain one has only what every kind of sheet can hold."""
    tracks: list[DiscTrack] = []
    end = 0
    for number in range(1, draw(st.integers(1, 5)) + 1):
        indexes, end = draw(_indexes(end, number == 1))
        flags = {} if is_plain and number % 2 else draw(FLAGS)
        if is_plain:
            flags = {name: is_set for name, is_set in flags.items() if name != "scms"}
        tracks.append(DiscTrack(number, tuple(indexes), draw(ISRCS), **flags))
    catalog = draw(st.just("") | st.from_regex("[0-9]{13}", fullmatch=True))
    codes = [catalog, *(track.isrc for track in tracks)]
    blocks = st.lists(_block(codes, is_plain=is_plain), max_size=1 if is_plain else 3)
    master_id = "" if is_plain else draw(st.sampled_from(["", "CAT-001"]))
    return Disc(tuple(tracks), end, catalog, master_id, tuple(draw(blocks)))


def _found(name: str) -> str:
    found = shutil.which(name) or ctypes.util.find_library(name)
    if found is None:
        assert not os.environ.get("REQUIRE_ORACLES"), f"{name} is not installed"
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Return what finds a program or library of other people, or skips the test."""
    return _found


@pytest.fixture(scope="session")
def plain_discs() -> st.SearchStrategy[Disc]:
    """Return discs that every kind of sheet can hold, but for what its texts may lose."""
    return drawn_discs(is_plain=True)


@pytest.fixture(scope="session")
def any_discs() -> st.SearchStrategy[Disc]:
    """Return discs with whatever a disc may have."""
    return drawn_discs(is_plain=False)


@pytest.fixture(scope="session")
def noise() -> Callable[[int], bytes]:
    """Return what makes so many sectors of seeded noise, 16-bit little-endian stereo."""

    def make(n_sectors: int) -> bytes:
        rng = np.random.default_rng(n_sectors)
        return rng.integers(0, 256, n_sectors * 2_352, dtype=np.uint8).tobytes()

    return make
