"""Rendered albums of a few sectors."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from pipeline.deliver.album import Rendered, RenderedTrack
from pipeline.engine import MemoryStore
from pipeline.spec.model import AlbumInfo, Product, TrackSpec

MakeAlbum = Callable[..., Rendered]


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def memory() -> Iterator[MemoryStore]:
    with MemoryStore() as store:
        yield store


@pytest.fixture
def make_album(memory: MemoryStore) -> MakeAlbum:
    """Return what makes an album of noise: titles, word length, samples in a sector."""

    def make(
        titles: list[str],
        *,
        bits: int = 16,
        samples_per_sector: int = 588,
        n_sectors: int = 2,
        first: int = 1,
        **more: Any,
    ) -> Rendered:
        tracks = []
        for place, title in enumerate(titles):
            n_bytes = n_sectors * samples_per_sector * 2 * bits // 8
            raw = memory.add_bytes(np.random.default_rng(place).bytes(n_bytes))
            spec = TrackSpec(title=title)
            spec._id = f"t{place}"
            start = place * n_sectors
            tracks.append(
                RenderedTrack(spec, first + place, start, n_sectors, (raw,), raw.digest, -10.0)
            )
        info = AlbumInfo(title=more.pop("album", "Low Water"), artist="The Ferrymen", **more)
        return Rendered(info, info.title, Product(), tuple(tracks), -1.0)

    return make
