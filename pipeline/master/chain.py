"""A chain: from what the spec says to what a step depends on, and to running processors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pipeline.dsp import Audio, Processor
from pipeline.dsp.biquad import Cascade
from pipeline.dsp.stream import Chain
from pipeline.errors import ProcessingError
from pipeline.master.processors import FilterParameters, Parameters
from pipeline.master.registry import parameters

if TYPE_CHECKING:
    from pipeline.spec.model import ChainItem


class MasterChain:
    """The processors of a chain, aligned, with a log of what they did.

    Parameters
    ----------
    processors : sequence of (str, Processor)
        Their names and they themselves, in the order of the signal; all fresh.
    """

    latency_samples = 0

    def __init__(self, processors: Sequence[tuple[str, Processor]]) -> None:
        self._processors = processors
        self._chain = Chain([processor for _, processor in processors])

    def process(self, block: Audio) -> Audio:
        """Process one stereo block of shape ``(n_samples, 2)``."""
        return self._chain.process(block)

    def flush(self) -> Audio:
        """Return what is still held back."""
        return self._chain.flush()

    def log(self) -> list[dict[str, Any]]:
        """Return what each processor that reacts to the music did so far, in JSON values."""
        return [
            {
                "processor": name,
                "mean_reduction_db": round(processor.activity.mean_db, 2),
                "max_reduction_db": round(processor.activity.max_db, 2),
            }
            for name, processor in self._processors
            if hasattr(processor, "activity")
        ]


def describe(items: Iterable[ChainItem]) -> list[dict[str, Any]]:
    """Return a chain in JSON values: all that decides its sound, written in one way only."""
    return [
        {
            "processor": item.name,
            "version": _checked(item.parameters).version,
            "parameters": item.parameters.model_dump(mode="json", exclude_none=True),
        }
        for item in items
    ]


def build_chain(described: Iterable[Mapping[str, Any]], sample_rate_hz: int) -> MasterChain:
    """Return the running chain that `describe` wrote down, fresh.

    Raises
    ------
    ProcessingError
        If the sample rate cannot carry what a processor is asked for.
    """
    models = parameters()
    chain = [
        (
            each["processor"],
            _checked(models[each["processor"]].model_validate(each["parameters"])),
        )
        for each in described
    ]
    try:
        return MasterChain(_made(chain, sample_rate_hz))
    except ValueError as error:
        names = ", ".join(name for name, _ in chain)
        raise ProcessingError(
            f"chain ({names})",
            str(error),
            "lower the frequency, or bring a mix of a higher rate",
        ) from error


def _made(
    chain: Sequence[tuple[str, Parameters]], sample_rate_hz: int
) -> list[tuple[str, Processor]]:
    """Make the processors; filters that follow one another become one cascade: one pass."""
    made: list[tuple[str, Processor]] = []
    for are_filters, run in groupby(chain, lambda each: isinstance(each[1], FilterParameters)):
        if are_filters:
            made.append(_fused(list(run), sample_rate_hz))
        else:
            made += [(name, each.make(sample_rate_hz)) for name, each in run]
    return made


def _fused(run: Sequence[tuple[str, Parameters]], sample_rate_hz: int) -> tuple[str, Processor]:
    sections = [
        section
        for _, each in run
        if isinstance(each, FilterParameters)
        for section in each.sections(sample_rate_hz)
    ]
    return " + ".join(name for name, _ in run), Cascade(sections)


def _checked(model: object) -> Parameters:
    assert isinstance(model, Parameters), f"{type(model).__name__} is no model of parameters"
    return model
