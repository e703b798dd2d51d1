"""What an intake check is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from pipeline.intake.comparing import Comparison
from pipeline.intake.matching import Match
from pipeline.intake.probe import MixFacts
from pipeline.intake.survey import Survey


@dataclass(frozen=True, slots=True)
class Received:
    """A mix as it came in, and the word length it will be released in.

    Parameters
    ----------
    facts : MixFacts
        What the probe found.
    release_bits : int
        Longest word length of any deliverable: 16 for a CD alone, else 24.
    """

    facts: MixFacts
    release_bits: int = 24


@dataclass(frozen=True, slots=True)
class Surveyed(Received):
    """A mix that was heard by every listener.

    Parameters
    ----------
    survey : Survey
        What they found.
    has_own_head, has_own_tail : bool
        Whether the song begins and ends as its file does: not where it is joined to another
        track, trimmed, or faded. Sound that is cut there is not heard as cut.
    """

    survey: Survey = field(kw_only=True)
    has_own_head: bool = True
    has_own_tail: bool = True


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files of one recording, or of one song.

    Parameters
    ----------
    first, second : str
        Id of a track; id of another, or path of a file that lies beside.
    match : Match or None
        What their fingerprints say; `None` if only their names belong together.
    comparison : Comparison
        What laying them upon each other shows.
    """

    first: str
    second: str
    match: Match | None
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class ReceivedAlbum:
    """All mixes of an album, for what only a comparison shows.

    Parameters
    ----------
    tracks : mapping of str to Surveyed
        By id of the track, in the order of the spec.
    titles : mapping of str to str
        Title of each track.
    files : mapping of str to str
        Path of each mix as the spec writes it.
    beside : mapping of str to Surveyed
        Audio files that lie beside the mixes and that no track names, by path.
    not_read : mapping of str to str
        Those of them that cannot be read, and why.
    n_left_out : int
        How many of them were too many to be heard.
    pairs : tuple of Pair
        Files that belong together; the first is always a track's.
    stems : mapping of str to tuple of str
        Paths of the stems of a track, by its id; only where they are equally long.
    sums : mapping of str to Comparison
        What these are together beside the mix, by id of the track.
    cut : frozenset of str
        Ids of the tracks that use a part of their file only, which another may use too.
    """

    tracks: Mapping[str, Surveyed]
    titles: Mapping[str, str]
    files: Mapping[str, str]
    beside: Mapping[str, Surveyed] = field(default_factory=dict)
    not_read: Mapping[str, str] = field(default_factory=dict)
    n_left_out: int = 0
    pairs: tuple[Pair, ...] = ()
    stems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sums: Mapping[str, Comparison] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()

    def facts(self, name: str) -> MixFacts:
        """Return the facts of a track, by its id, or of a file beside, by its path."""
        return (self.tracks.get(name) or self.beside[name]).facts

    def called(self, name: str) -> str:
        """Return what people call a track or a file beside."""
        return f"`{self.titles[name]}`" if name in self.titles else PurePath(name).name
