"""The disc that the reference for our dialect describes, and filesets of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from formats.ddp.writer import CUE2DDP, PLANT, Dialect, write_fileset
from formats.disc import Disc, DiscIndex, DiscTrack, TextBlock, Texts

Pattern = Callable[[int], bytes]


@pytest.fixture(scope="session")
def pattern() -> Pattern:
    """Return what makes sectors in which every sample tells where it stands."""

    def make(n_sectors: int) -> bytes:
        at = np.arange(n_sectors * 588, dtype=np.uint32)
        return np.column_stack((at & 0xFFFF, at >> 16)).astype("<u2").tobytes()

    return make


@pytest.fixture(scope="session")
def disc() -> Disc:
    """Return three tracks, the second with a pause, flags and an INDEX 02."""
    codes = [f"GBAAA240000{number}" for number in (1, 2, 3)]
    return Disc(
        (
            DiscTrack(1, (DiscIndex(0, 0), DiscIndex(1, 150)), codes[0]),
            DiscTrack(
                2,
                (DiscIndex(0, 600), DiscIndex(1, 675), DiscIndex(2, 900)),
                codes[1],
                has_pre_emphasis=True,
                is_copy_permitted=True,
            ),
            DiscTrack(3, (DiscIndex(1, 1_275),), codes[2]),
        ),
        1_650,
        "5012345678900",
        "CAT-001",
        (
            TextBlock(
                Texts("Test Album", "The Testers", code="5012345678900"),
                (
                    Texts("First Song", "The Testers", code=codes[0]),
                    Texts("Second Song", "Guest", code=codes[1]),
                    Texts("Third Song", "The Testers", code=codes[2]),
                ),
            ),
        ),
    )


@pytest.fixture(scope="session")
def audio(pattern: Pattern) -> bytes:
    """Return the sound of the disc: the pause, then the pattern."""
    return bytes(150 * 2_352) + pattern(1_500)


@pytest.fixture(params=[PLANT, CUE2DDP], ids=lambda dialect: str(dialect.name))
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Return each dialect in turn."""
    found: Dialect = request.param
    return found


@pytest.fixture
def fileset(tmp_path: Path, disc: Disc, audio: bytes) -> Path:
    """Return a folder with the disc, in the dialect for plants; may be spoilt."""
    write_fileset(tmp_path / "ddp", disc, [audio])
    return tmp_path / "ddp"
