"""Blocks of samples that come twice: a buffer that was played again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel
from pipeline.intake.listening import Figures, Format, Heard

SHORTEST_SAMPLES, LONGEST_SAMPLES = 64, 1024
"""Sizes of a buffer."""
WINDOW_SAMPLES = 32
"""So many samples that are equal raise the suspicion."""
MOST_REPEATS = 64
KNOWN_SAMPLES = LONGEST_SAMPLES + 3 * WINDOW_SAMPLES

Keys = npt.NDArray[np.uint64]
# Odd numbers without a pattern (from the golden ratio and the square root of 3).
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B))
_ROLL = np.uint64(0xD1342543DE82EF95)
_ROLL_OUT = np.uint64(pow(int(_ROLL), WINDOW_SAMPLES, 2**64))
_SLOT_BITS = 13


@dataclass(frozen=True, slots=True)
class RepeatFigures(Figures):
    """Blocks that are equal, sample for sample, to the one just before.

    Parameters
    ----------
    n_repeats : int
        How many there are; the rest is of the first `MOST_REPEATS`.
    starts_s : tuple of float
        Where the block is heard again.
    sizes_samples : tuple of int
        Length of the block: from `SHORTEST_SAMPLES` to `LONGEST_SAMPLES`.
    lengths_samples : tuple of int
        For how long the sound equals what was heard one block earlier.
    n_values : tuple of int
        How many different samples the block has: few in a synthetic waveform.
    """

    name: ClassVar[str] = "repeats"

    n_repeats: int
    starts_s: tuple[float, ...]
    sizes_samples: tuple[int, ...]
    lengths_samples: tuple[int, ...]
    n_values: tuple[int, ...]


class RepeatListener:
    """Gives every stretch of samples a number, and notices when it comes again soon."""

    def __init__(self, wanted: Format) -> None:
        self._rate_hz = wanted.sample_rate_hz
        self._keys = np.zeros(KNOWN_SAMPLES, np.uint64)
        self._seen = np.zeros((1 << _SLOT_BITS, 2), np.uint64)
        self._state = np.zeros(4, np.int64)
        self._repeats = np.zeros((MOST_REPEATS, 4), np.int64)

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        known = np.concatenate((self._keys, _keys(heard.audio)))
        find_repeats(known, self._seen, self._state, self._repeats)
        self._keys = known[len(known) - KNOWN_SAMPLES :].copy()

    def figures(self) -> RepeatFigures:
        """Return the blocks that came twice."""
        found = self._repeats[: int(self._state[3])]
        return RepeatFigures(
            n_repeats=int(self._state[3]),
            starts_s=tuple(round(int(each) / self._rate_hz, 6) for each in found[:, 0]),
            sizes_samples=_whole(found[:, 1]),
            lengths_samples=_whole(found[:, 2]),
            n_values=_whole(found[:, 3]),
        )


@kernel
def find_repeats(
    keys: Keys,
    seen: Keys,
    state: npt.NDArray[np.int64],
    repeats: npt.NDArray[np.int64],
) -> None:
    """Write the blocks that come twice into `repeats`, as far as they fit.

    The first `KNOWN_SAMPLES` of `keys` were there before. A number (a rolling polynomial hash,
    modulo 2^64) stands for the last `WINDOW_SAMPLES` keys; `seen` holds the numbers that came
    last, and their places. While a repeat lasts, keys are compared one by one.
    """
    position, lag, length, found = state[0], state[1], state[2], state[3]
    window = np.uint64(0)
    for i in range(KNOWN_SAMPLES - WINDOW_SAMPLES, KNOWN_SAMPLES):
        window = window * _ROLL + keys[i]
    for i in range(KNOWN_SAMPLES, len(keys)):
        window = window * _ROLL + keys[i] - keys[i - WINDOW_SAMPLES] * _ROLL_OUT
        slot = window >> np.uint64(64 - _SLOT_BITS)
        if lag > 0:
            if keys[i] == keys[i - lag]:
                length += 1
            else:
                if length >= lag:
                    if found < len(repeats):
                        repeats[found, 0] = position - length
                        repeats[found, 1] = lag
                        repeats[found, 2] = length
                        values = np.sort(keys[i - 1 - lag : i - 1])
                        repeats[found, 3] = 1 + np.sum(values[1:] != values[:-1])
                    found += 1
                lag = 0
        elif seen[slot, 0] == window:
            distance = position - np.int64(seen[slot, 1])
            if SHORTEST_SAMPLES <= distance <= LONGEST_SAMPLES:
                lag, length = distance, 0
                while (
                    length < 2 * WINDOW_SAMPLES and keys[i - length] == keys[i - length - lag]
                ):
                    length += 1
        seen[slot, 0] = window
        seen[slot, 1] = np.uint64(position)
        position += 1
    state[0], state[1], state[2], state[3] = position, lag, length, found


def _keys(audio: Audio) -> Keys:
    """Return one number for each sample, all channels together; silence is 0."""
    bits = np.ascontiguousarray(audio + 0.0).view(np.uint64)  # turns −0 into 0
    return sum(
        (bits[:, channel] * _MIX[channel] for channel in range(bits.shape[1])),
        start=np.zeros(len(bits), np.uint64),
    )


def _whole(values: npt.NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(each) for each in values)
