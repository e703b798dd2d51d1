"""Audio through processors, with every latency taken out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pipeline.dsp import Audio, Processor


class Aligned:
    """A processor without its latency: as many samples come out as went in.

    Parameters
    ----------
    processor : Processor
        What to align; it must be fresh.
    """

    latency_samples = 0

    def __init__(self, processor: Processor) -> None:
        self._processor = processor
        self._to_drop = processor.latency_samples

    def process(self, block: Audio) -> Audio:
        """Process one block; early blocks come back shorter than they went in."""
        return self._drop(self._processor.process(block))

    def flush(self) -> Audio:
        """Return the samples that were held back."""
        return self._drop(self._processor.flush())

    def _drop(self, block: Audio) -> Audio:
        dropped = min(self._to_drop, len(block))
        self._to_drop -= dropped
        return block[dropped:]


class Chain:
    """Processors one after another, each aligned; an empty chain passes everything on.

    Parameters
    ----------
    processors : sequence of Processor
        In the order of the signal; all fresh.
    """

    latency_samples = 0

    def __init__(self, processors: Sequence[Processor]) -> None:
        self._links = [Aligned(processor) for processor in processors]

    def process(self, block: Audio) -> Audio:
        """Process one block through every link."""
        for link in self._links:
            block = link.process(block)
        return block

    def flush(self) -> Audio:
        """Flush the links in order, each into those behind it."""
        tail: Audio | None = None
        for link in self._links:
            held = link.flush() if tail is None else _joined(link.process(tail), link.flush())
            tail = held
        return np.empty((0, 2)) if tail is None else tail


def stream(blocks: Iterable[Audio], processor: Processor) -> Iterator[Audio]:
    """Yield what `processor` makes of `blocks`, its tail included, empty blocks left out."""
    for block in blocks:
        out = processor.process(block)
        if len(out):
            yield out
    tail = processor.flush()
    if len(tail):
        yield tail


def _joined(head: Audio, tail: Audio) -> Audio:
    if not len(head):
        return tail
    return np.concatenate((head, tail)) if len(tail) else head
