"""album.lock: what was decided, and what it was decided from.

The lock stands beside the spec, is readable and diffable, and belongs into version control:
spec, sources and lock determine everything. A decision is reused while what it was decided
from is unchanged; otherwise that decision alone is made afresh, against the frozen rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar

from formats.atomic import write_atomically
from pipeline.errors import StoreError

LOCK_VERSION = 1
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError)
_PLAIN: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float, NoneType),
}
T = TypeVar("T")

BASE = "base"
"""Name under which the decisions of the base album are kept; editions use their own ids."""


@dataclass(frozen=True, slots=True)
class LockedSource:
    """A source as it was when the album was last built."""

    file: str
    sha256: str
    n_samples: int
    sample_rate_hz: int
    sound_start_samples: int


@dataclass(frozen=True, slots=True)
class LevelDecision:
    """The gain of one track, and what it was decided from.

    Parameters
    ----------
    gain_db : float
        Gain before the limiter, rounded to 0.01 dB.
    limited_lufs : float or None
        The loudness that this gain gives behind the limiter, in the measure of the match;
        None where it is not defined (silence, or too short).
    aim_lufs : float or None
        Where the song should go; None where no aim is written.
    integrated_lufs : float or None
        Integrated loudness that this gain gives behind the limiter; what the files promise.
    reason : str
        Why it is this gain, for people.
    source : str
        SHA-256 of the source it was decided from.
    settings : str
        Digest of all settings it was decided from.
    noted : str
        Digest of the gain and of what it was decided from, as it was written down: a gain that
        somebody has written into the lock by hand is known by it.
    """

    gain_db: float
    limited_lufs: float | None
    aim_lufs: float | None
    integrated_lufs: float | None
    reason: str
    source: str
    settings: str
    noted: str

    @property
    def is_by_hand(self) -> bool:
        """Whether the gain is not the one that was noted."""
        return self.noted != note_of(self.gain_db, self.source, self.settings)


@dataclass(frozen=True, slots=True)
class JoinDecision:
    """The correlation of two crossfaded tracks, rounded to 0.01."""

    correlation: float
    decided_from: str


@dataclass(frozen=True, slots=True)
class GroupDecision:
    """One gain that a whole edition shares, and what it was decided from."""

    gain_db: float
    reason: str
    settings: str


@dataclass(frozen=True, slots=True)
class EditionLock:
    """What was decided for one edition, keyed by track id."""

    levels: Mapping[str, LevelDecision] = field(default_factory=dict)
    joins: Mapping[str, JoinDecision] = field(default_factory=dict)
    common: GroupDecision | None = None
    starts_sectors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LockedDeliverable:
    """The content a deliverable had when it last changed, and the revision of that build."""

    revision: int
    content: str


@dataclass(frozen=True, slots=True)
class Lock:
    """All decisions about an album."""

    sample_rate_hz: int | None = None
    revision: int = 0
    sources: Mapping[str, LockedSource] = field(default_factory=dict)
    editions: Mapping[str, EditionLock] = field(default_factory=dict)
    deliverables: Mapping[str, LockedDeliverable] = field(default_factory=dict)

    def edition(self, edition: str) -> EditionLock:
        """Return the decisions of an edition; those of the base if it has none of its own."""
        return self.editions.get(edition or BASE, EditionLock())

    def forget(self, tracks: frozenset[str] | None) -> Lock:
        """Return the lock without the decisions about `tracks`; without any if None."""
        if tracks is None:
            return replace(self, sample_rate_hz=None, editions={})
        return replace(
            self,
            editions={
                name: replace(
                    edition,
                    levels=_without(edition.levels, tracks),
                    joins=_without(edition.joins, tracks),
                )
                for name, edition in self.editions.items()
            },
        )


def digest_of(value: object) -> str:
    """Return the SHA-256 of a JSON value in canonical form."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def note_of(gain_db: float, source: str, settings: str) -> str:
    """Return what is noted beside a gain, so that a hand in the lock is seen."""
    return digest_of([round(gain_db, 2), source, settings])[:16]


def read_lock(path: Path) -> Lock:
    """Read the lock, or an empty one if there is none.

    Raises
    ------
    StoreError
        If the file is not a lock, or one of a newer version.
    """
    if not path.exists():
        return Lock()
    try:
        data = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        if data["lock_version"] > LOCK_VERSION:
            raise StoreError(
                str(path),
                f"written by a newer Glassmaster (lock version {data['lock_version']}, "
                f"this one reads up to {LOCK_VERSION})",
                "update Glassmaster, or take the lock of an older revision",
            )
        return _lock(data)
    except _UNREADABLE as error:
        raise StoreError(
            str(path),
            f"cannot be read as a lock ({error})",
            "take it from version control, or move it away: all will be decided afresh",
        ) from error


def write_lock(path: Path, lock: Lock) -> None:
    """Write the lock under a temporary name, sync, rename; an equal one is left alone."""
    text = lock_text(lock)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise StoreError(str(path), f"cannot be written: {error.strerror}") from error


def lock_text(lock: Lock) -> str:
    """Return the lock as text: JSON, keys in a fixed order, one value a line."""
    data = {"lock_version": LOCK_VERSION, **asdict(lock)}
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _lock(data: Mapping[str, Any]) -> Lock:
    return Lock(
        sample_rate_hz=data["sample_rate_hz"],
        revision=int(data["revision"]),
        sources={name: _made(LockedSource, each) for name, each in data["sources"].items()},
        editions={name: _edition(each) for name, each in data["editions"].items()},
        deliverables={
            name: _made(LockedDeliverable, each) for name, each in data["deliverables"].items()
        },
    )


def _edition(data: Mapping[str, Any]) -> EditionLock:
    common = data["common"]
    return EditionLock(
        levels={name: _made(LevelDecision, each) for name, each in data["levels"].items()},
        joins={name: _made(JoinDecision, each) for name, each in data["joins"].items()},
        common=_made(GroupDecision, common) if common else None,
        starts_sectors={name: int(each) for name, each in data["starts_sectors"].items()},
    )


def _made(kind: type[T], data: Mapping[str, Any]) -> T:
    """Return a value of plain fields; people edit locks by hand, so each is looked at."""
    made = kind(**data)
    for name, annotation in kind.__annotations__.items():
        value = getattr(made, name)
        if isinstance(value, bool) or not isinstance(value, _PLAIN[annotation]):
            raise TypeError(f"{name} is {value!r}")
    return made


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no figure")


def _without(decisions: Mapping[str, Any], tracks: frozenset[str]) -> dict[str, Any]:
    return {name: each for name, each in decisions.items() if name not in tracks}
