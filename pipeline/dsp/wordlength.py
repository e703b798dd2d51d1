"""How many bits of its words a programme uses: 16-bit audio in a 24-bit file uses 16."""

from __future__ import annotations

import numpy as np

from pipeline.dsp import Audio

_MOST_BITS = 32


class WordLengthMeter:
    """Finds which of its lowest bits a programme of integers never uses.

    Parameters
    ----------
    bits : int
        Word length of the programme, 1 to 32; its samples are whole multiples of
        ``2 ** (1 - bits)``.
    """

    def __init__(self, bits: int) -> None:
        if not 1 <= bits <= _MOST_BITS:
            raise ValueError(f"bits must be 1 to {_MOST_BITS}, got {bits}")
        self._bits = bits
        self._used = 0

    def update(self, block: Audio) -> None:
        """Take one block of shape ``(n_samples, n_channels)``."""
        if self._used & 1 or not len(block):
            return  # the lowest bit is in use, and nothing can change that
        words = (block * 2.0 ** (self._bits - 1)).astype(np.int64)
        self._used |= int(np.bitwise_or.reduce(words, axis=None))

    @property
    def bits_in_use(self) -> int:
        """Word length that would hold everything heard so far; 0 for silence."""
        lowest = self._used & -self._used
        return self._bits + 1 - lowest.bit_length() if lowest else 0
