"""The processors of a chain: one file each, with what the spec writes and the signal code.

A file holds one model of parameters and is named in `pipeline.master.registry`. Importing it
compiles nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from pipeline.dsp import Processor
from pipeline.dsp.equaliser import Curve, equaliser
from pipeline.dsp.linearphase import linear_phase

SETTINGS = ConfigDict(frozen=True, extra="forbid")
SCALAR_SETTINGS = ConfigDict(frozen=True)
Phase = Literal["minimum", "linear"]


def default(text: str, *, description: str) -> Any:
    """Return a field that means `text` when the spec leaves it out.

    It is read as the spec would be, and the JSON Schema shows it as the spec would write it.
    """
    return Field(text, validate_default=True, description=description)


class Parameters(ABC):
    """What a processor is told; mixed into a frozen pydantic model.

    `version` is raised with every audible change: it is part of the key of what was made.
    What works between left and right `needs_stereo`, and is refused on one channel alone. Keys
    that came `later` than the first version are told to the key only where they change
    something: what was made without them stays as it is.
    """

    version: ClassVar[int]
    needs_stereo: ClassVar[bool] = False
    later: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def make(self, sample_rate_hz: int) -> Processor:
        """Return a fresh stereo processor for a sample rate in Hz.

        Raises
        ------
        ValueError
            If the rate cannot carry what is asked for.
        """


class FilterParameters(Parameters):
    """Parameters of a processor that is nothing but a filter; neighbours are run as one."""

    @abstractmethod
    def curves(self) -> list[Curve]:
        """Return the analogue curves that it follows, one after another."""

    @abstractmethod
    def filter_phase(self) -> Phase:
        """Return how it follows them: without delay, or without turning any phase."""

    def make(self, sample_rate_hz: int) -> Processor:
        """Return the filter."""
        return make_filter(self.curves(), self.filter_phase(), sample_rate_hz)


def make_filter(curves: Sequence[Curve], phase: Phase, sample_rate_hz: int) -> Processor:
    """Return a fresh filter that follows the sum of some curves."""
    design = linear_phase if phase == "linear" else equaliser
    return design(curves, sample_rate_hz)
