"""What an intake check is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """

    survey: Survey = field(kw_only=True)


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
    """

    tracks: Mapping[str, Surveyed]
    titles: Mapping[str, str]
    files: Mapping[str, str]
    beside: Mapping[str, Surveyed] = field(default_factory=dict)
