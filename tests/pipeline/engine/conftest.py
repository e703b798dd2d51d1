from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.engine import MemoryStore, Store


@pytest.fixture
def memory() -> Iterator[MemoryStore]:
    with MemoryStore() as store:
        yield store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened:
        yield opened
