"""A chain and what it did: what the guard rails look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.spec.model import ChainItem


@dataclass(frozen=True, slots=True)
class Worked:
    """The processors of a track in their order, its own and the album's.

    Parameters
    ----------
    chain : sequence of ChainItem
        What the spec asks for.
    log : sequence of mapping
        What each processor that reacts to the music did (`MasterChain.log`); empty if the
        track was not mastered yet.
    levels : sequence of mapping
        What meters showed of the mix and behind each processor (`MasterChain.levels`).
    """

    chain: Sequence[ChainItem]
    log: Sequence[Mapping[str, Any]] = ()
    levels: Sequence[Mapping[str, Any]] = ()
