"""How much the store holds, and what of it can go."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from pipeline.engine.index import Index
from pipeline.engine.objects import Objects


@dataclass(frozen=True, slots=True)
class StoreSize:
    """How much the store holds, and how much of it the last builds need."""

    n_objects: int
    size_bytes: int
    needed_objects: int
    needed_bytes: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pruning removed, and how many bytes are left."""

    n_objects: int
    freed_bytes: int
    left_bytes: int


def measured(index: Index, objects: Objects, keep_builds: int) -> StoreSize:
    """Return how much is kept, and how much of it the last builds need."""
    kept = {each.digest: each.size_bytes for each in objects}
    needed = _needed_digests(index, keep_builds) & set(kept)
    return StoreSize(
        n_objects=len(kept),
        size_bytes=sum(kept.values()),
        needed_objects=len(needed),
        needed_bytes=sum(kept[digest] for digest in needed),
    )


def pruned(
    index: Index, objects: Objects, budget_bytes: int | None, *, keep_builds: int
) -> Pruned:
    """Remove what the last builds do not need, oldest first, until the rest fits."""
    kept = {each.digest: each.size_bytes for each in objects}
    left_bytes = sum(kept.values())
    n_removed = freed_bytes = 0
    for digest in _dispensable(index, kept, keep_builds):
        if budget_bytes is not None and left_bytes <= budget_bytes:
            break
        freed_bytes += objects.remove(digest)
        left_bytes -= kept.pop(digest)
        n_removed += 1
    _forget_all_but(set(kept), index, keep_builds)
    return Pruned(n_removed, freed_bytes, left_bytes)


def _dispensable(index: Index, kept: Mapping[str, int], keep_builds: int) -> list[str]:
    """Return what no last build needs: of no step first, then by when a step was used."""
    by_age: dict[str, None] = {}
    for record in index.steps_by_age():
        for made in record.kept.values():
            by_age.pop(made.digest, None)  # the youngest step that made it counts
            by_age[made.digest] = None
    strays = [digest for digest in kept if digest not in by_age]
    needed = _needed_digests(index, keep_builds)
    return [each for each in (*strays, *by_age) if each in kept and each not in needed]


def _forget_all_but(digests: Set[str], index: Index, keep_builds: int) -> None:
    needed = _needed_keys(index, keep_builds)
    with index.writing():
        for record in index.steps_by_age():
            is_whole = all(made.digest in digests for made in record.kept.values())
            if not is_whole and record.key not in needed:
                index.remove_step(record.key)
        index.remove_objects_but(digests)
        index.remove_lost_files()
        index.remove_builds(keep_builds)


def _needed_digests(index: Index, keep_builds: int) -> set[str]:
    records = (index.step(key) for key in _needed_keys(index, keep_builds))
    return {made.digest for record in records if record for made in record.kept.values()}


def _needed_keys(index: Index, keep_builds: int) -> set[str]:
    return {key for build in index.builds(keep_builds) for key in build}
