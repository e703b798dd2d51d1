"""A mix heard once, from end to end, by every listener."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from pipeline.dsp import Audio
from pipeline.errors import SourceError
from pipeline.intake.decode import BLOCK_SAMPLES, SourceReader, is_finite
from pipeline.intake.listening import Figures, Format, Listener, pieces

F = TypeVar("F", bound=Figures)


@dataclass(frozen=True, slots=True)
class Ear:
    """A listener by name: its module is loaded when a mix is heard, not when one is planned.

    Parameters
    ----------
    name : str
        Permanent name of its figures.
    version : int
        Raised with every change of its figures: mixes are then heard again.
    run : str
        ``package.module:Class``; the class takes a `Format`.
    """

    name: str
    version: int
    run: str


EARS: tuple[Ear, ...] = (
    Ear("background", 1, "pipeline.intake.listeners.background:BackgroundListener"),
    Ear("bandwidth", 1, "pipeline.intake.listeners.bandwidth:BandwidthListener"),
    Ear("clicks", 1, "pipeline.intake.listeners.clicks:ClickListener"),
    Ear("coding", 2, "pipeline.intake.listeners.coding:CodingListener"),
    Ear("crest", 1, "pipeline.intake.listeners.crest:CrestListener"),
    Ear("edges", 1, "pipeline.intake.listeners.edges:EdgeListener"),
    Ear("fingerprint", 1, "pipeline.intake.listeners.fingerprint:FingerprintListener"),
    Ear("loudness", 1, "pipeline.intake.listeners.loudness:LoudnessListener"),
    Ear("moments", 1, "pipeline.intake.listeners.moments:MomentsListener"),
    Ear("offset", 1, "pipeline.intake.listeners.offset:OffsetListener"),
    Ear("peaks", 1, "pipeline.intake.listeners.peaks:PeaksListener"),
    Ear("repeats", 1, "pipeline.intake.listeners.repeats:RepeatListener"),
    Ear("resonance", 1, "pipeline.intake.listeners.resonance:ResonanceListener"),
    Ear("silences", 1, "pipeline.intake.listeners.silences:SilenceListener"),
    Ear("stereo", 1, "pipeline.intake.listeners.stereo:StereoListener"),
    Ear("tone", 1, "pipeline.intake.listeners.tone:ToneListener"),
    Ear("words", 1, "pipeline.intake.listeners.words:WordsListener"),
)
"""Everybody who listens, in order."""

MASTER_EARS = tuple(ear for ear in EARS if ear.name in {"moments", "stereo"})
"""Who listens to what was mastered, to compare it with its mix."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What all listeners found in one mix."""

    figures: Mapping[str, Mapping[str, Any]]

    def of(self, kind: type[F]) -> F:
        """Return the figures of one kind."""
        return kind.from_json(dict(self.figures[kind.name]))

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON holds."""
        return dict(self.figures)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the survey that `to_json` wrote."""
        return cls(data)


def versions(ears: tuple[Ear, ...] = EARS) -> dict[str, int]:
    """Return the version of each listener, which a survey depends on."""
    return {ear.name: ear.version for ear in ears}


def survey(path: Path, *, advanced: Callable[[float], None] | None = None) -> Survey:
    """Hear a mix from end to end.

    Parameters
    ----------
    path : Path
        The mix.
    advanced : callable, optional
        Told the fraction that has been heard, 0 to 1.

    Raises
    ------
    SourceError
        If it cannot be used.
    """
    with SourceReader(path) as reader:
        header = reader.header
        wanted = Format(
            header.sample_rate_hz,
            header.n_channels,
            header.n_samples,
            header.bits,
            header.is_float,
        )
        return hear(_blocks(path, reader, advanced), wanted)


def hear(blocks: Iterator[Audio], wanted: Format, *, ears: tuple[Ear, ...] = EARS) -> Survey:
    """Return what the listeners find in audio of any origin."""
    listeners = {ear.name: _resolved(ear)(wanted) for ear in ears}
    for heard in pieces(
        blocks, sample_rate_hz=wanted.sample_rate_hz, n_channels=wanted.n_channels
    ):
        for listener in listeners.values():
            listener.hear(heard)
    return Survey({name: _taken_apart(each.figures()) for name, each in listeners.items()})


def _blocks(
    path: Path, reader: SourceReader, advanced: Callable[[float], None] | None
) -> Iterator[Audio]:
    n_heard = 0
    while len(block := reader.decode(BLOCK_SAMPLES)):
        if reader.header.is_float and not is_finite(block):
            raise SourceError(str(path), "holds samples that are NaN or infinite")
        yield block
        n_heard += len(block)
        if advanced:
            advanced(n_heard / reader.n_samples)


def _resolved(ear: Ear) -> Callable[[Format], Listener[Figures]]:
    module, _, name = ear.run.partition(":")
    made: Callable[[Format], Listener[Figures]] = getattr(importlib.import_module(module), name)
    return made


def _taken_apart(figures: Any) -> dict[str, Any]:
    return asdict(figures)
