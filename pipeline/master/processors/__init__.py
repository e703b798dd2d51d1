"""The processors of a chain: one file each, with what the spec writes and the signal code.

A file holds one model of parameters and is named in `pipeline.master.registry`. Importing it
compiles nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from pipeline.dsp import Processor
from pipeline.dsp.biquad import Cascade
from pipeline.dsp.equaliser import Curve, equaliser

SETTINGS = ConfigDict(frozen=True, extra="forbid")
SCALAR_SETTINGS = ConfigDict(frozen=True)


def default(text: str, *, description: str) -> Any:
    """Return a field that means `text` when the spec leaves it out.

    It is read as the spec would be, and the JSON Schema shows it as the spec would write it.
    """
    return Field(text, validate_default=True, description=description)


class Parameters(ABC):
    """What a processor is told; mixed into a frozen pydantic model.

    `version` is raised with every audible change: it is part of the key of what was made.
    What works between left and right `needs_stereo`, and is refused on one channel alone.
    """

    version: ClassVar[int]
    needs_stereo: ClassVar[bool] = False

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

    def make(self, sample_rate_hz: int) -> Cascade:
        """Return the filter."""
        return equaliser(self.curves(), sample_rate_hz)
