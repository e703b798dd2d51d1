"""What an intake check is given."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.intake.probe import MixFacts


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
