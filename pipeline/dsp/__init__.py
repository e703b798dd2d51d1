"""Signal processing: it knows samples only.

Audio is float64 of shape ``(n_samples, n_channels)``, full scale 1.0, in blocks. Any way of
cutting the input into blocks, empty ones too, gives the same samples.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float64]


class Processor(Protocol):
    """Something that audio streams through.

    What all calls of `process` return, followed by what `flush` returns, is exactly as long as
    the input plus `latency_samples`; the host drops that many samples at the head. Inputs are
    never modified. After `flush` the processor is spent.
    """

    latency_samples: int

    def process(self, block: Audio) -> Audio:
        """Take one block of shape ``(n_samples, n_channels)`` and return what is ready."""
        ...

    def flush(self) -> Audio:
        """Return what is still held back."""
        ...


__all__ = ["Audio", "Processor"]
