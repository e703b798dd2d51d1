"""The store of an album, looked at and tidied."""

from __future__ import annotations

from pathlib import Path

from pipeline.build.session import STORE_FOLDER
from pipeline.engine import Pruned, Store, StoreSize
from pipeline.errors import UsageError


def store_size_of(spec: Path) -> StoreSize:
    """Return how much the store beside a spec holds.

    Raises
    ------
    UsageError
        If there is none.
    """
    with Store(_folder(spec)) as store:
        return store.size()


def prune_store_of(spec: Path, *, budget_bytes: int) -> Pruned:
    """Remove what the last builds do not need, oldest first, down to a budget.

    Raises
    ------
    UsageError
        If there is no store.
    StoreError
        If a build is running.
    """
    with Store(_folder(spec)) as store, store.locked():
        return store.prune(budget_bytes)


def _folder(spec: Path) -> Path:
    folder = spec.resolve().parent / STORE_FOLDER
    if not folder.is_dir():
        raise UsageError(f"{spec}: nothing has been built beside it", "name the spec with -f")
    return folder
