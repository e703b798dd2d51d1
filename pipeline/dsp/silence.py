"""Digital silence inside a programme: stretches where every channel is exactly zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel

LEAST_GAP_S = 0.005
"""A shorter stretch of zeros is the wave crossing zero in a quiet passage."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Stretches of digital silence with sound before and behind them.

    Parameters
    ----------
    n_gaps : int
        How many of at least 5 ms there are.
    total_samples, longest_samples : int
        Length of all of them, and of the longest.
    first_sample : int or None
        Where the first of them starts.
    """

    n_gaps: int
    total_samples: int
    longest_samples: int
    first_sample: int | None


class GapMeter:
    """Finds digital silence inside a programme while it streams through.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._least_samples = max(1, round(LEAST_GAP_S * sample_rate_hz))
        self._position = 0
        self._state = np.array([-1, 0, 0, 0, -1], dtype=np.int64)

    def update(self, block: Audio) -> None:
        """Take one block of shape ``(n_samples, n_channels)``."""
        block = np.ascontiguousarray(block, dtype=np.float64)
        note_gaps(block, self._position, self._least_samples, self._state)
        self._position += len(block)

    def result(self) -> Gaps:
        """Return what was found so far; silence that has not ended yet is no gap."""
        _, n_gaps, total, longest, first = (int(each) for each in self._state)
        return Gaps(n_gaps, total, longest, None if first < 0 else first)


@kernel
def note_gaps(
    block: Audio, position: int, least_samples: int, state: npt.NDArray[np.int64]
) -> None:
    """Count gaps of at least `least_samples`.

    `state` is the place of the last sample that was not zero, or -1; number, total and longest
    length of the gaps; where the first of them starts, or -1.
    """
    last = state[0]
    for i in range(block.shape[0]):
        channel = 0
        while channel < block.shape[1] and block[i, channel] == 0.0:
            channel += 1
        if channel == block.shape[1]:
            continue
        length = position + i - last - 1
        if length >= least_samples and last >= 0:
            state[1] += 1
            state[2] += length
            state[3] = max(state[3], length)
            if state[4] < 0:
                state[4] = last + 1
        last = position + i
    state[0] = last
