"""From float to a word length: seeded triangular dither, rounding, and what clips.

References
----------
S. P. Lipshitz, R. A. Wannamaker, J. Vanderkooy, "Quantization and Dither: A Theoretical
Survey", JAES 40(5), 1992. G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom
Number Generators", OOPSLA 2014: the finaliser behind the noise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel

Pcm = npt.NDArray[np.int32]

FEWEST_BITS, MOST_BITS = 8, 32
_STEP = 0x9E3779B97F4A7C15
_FIRST_MIX, _SECOND_MIX = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_U30, _U27, _U31, _U32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_STEP_U, _FIRST_U, _SECOND_U = np.uint64(_STEP), np.uint64(_FIRST_MIX), np.uint64(_SECOND_MIX)
_PER_HALF = 2.0**-32


class Quantiser:
    """Bring audio to a word length, once and last.

    Parameters
    ----------
    bits : int
        Word length, 8 to 32.
    n_channels : int
        Channels of the blocks.
    start_sample : int
        Place of the first sample in its segment: the noise is a function of it.
    dither : bool
        Without, samples that lie on the grid of the word length come out as they are.

    Raises
    ------
    ValueError
        If `bits` is outside its range.

    Notes
    -----
    The noise is triangular over ±1 step, white, independent in each channel, and the same for
    every programme: its seed is a constant of channel and word length. So equal audio gives
    equal bytes, and an edit changes what it touches.
    """

    def __init__(
        self, bits: int, n_channels: int, *, start_sample: int = 0, dither: bool = True
    ) -> None:
        if not FEWEST_BITS <= bits <= MOST_BITS:
            raise ValueError(f"bits must be {FEWEST_BITS} to {MOST_BITS}, got {bits}")
        self.n_clipped = 0
        self._scale = 2.0 ** (bits - 1)
        self._seeds = np.array(
            [_seed(bits, channel) for channel in range(n_channels)], dtype=np.uint64
        )
        self._position = start_sample
        self._dither = dither

    def process(self, block: Audio) -> Pcm:
        """Return integers of shape ``(n_samples, n_channels)``; `n_clipped` counts overs."""
        block = np.ascontiguousarray(block, dtype=np.float64)
        if self._dither:
            words, n_clipped = dithered(block, self._scale, self._seeds, self._position)
        else:
            words, n_clipped = rounded(block, self._scale)
        self.n_clipped += n_clipped
        self._position += len(block)
        return words


def on_grid(block: Audio, bits: int) -> bool:
    """Whether every sample is one that a word of `bits` holds exactly."""
    scale = 2.0 ** (bits - 1)
    return bool(all_on_grid(np.ascontiguousarray(block, dtype=np.float64), scale))


@kernel
def dithered(
    block: Audio, scale: float, seeds: npt.NDArray[np.uint64], position: int
) -> tuple[Pcm, int]:
    """Return `block` in steps of 1/`scale` with dither, and how many samples clip."""
    words = np.empty(block.shape, dtype=np.int32)
    n_clipped = 0
    for i in range(len(block)):
        count = np.uint64(position + i + 1) * _STEP_U
        for channel in range(len(seeds)):
            mixed = seeds[channel] + count
            mixed = (mixed ^ (mixed >> _U30)) * _FIRST_U
            mixed = (mixed ^ (mixed >> _U27)) * _SECOND_U
            mixed = mixed ^ (mixed >> _U31)
            # Two draws from 0 to 1; their difference is triangular.
            noise = (np.float64(mixed >> _U32) - np.float64(mixed & _LOW_HALF)) * _PER_HALF
            word = np.floor(block[i, channel] * scale + noise + 0.5)
            kept = min(max(word, -scale), scale - 1.0)
            n_clipped += kept != word
            words[i, channel] = np.int32(kept)
    return words, n_clipped


@kernel
def rounded(block: Audio, scale: float) -> tuple[Pcm, int]:
    """Return `block` in steps of 1/`scale`, rounded, and how many samples clip."""
    words = np.empty(block.shape, dtype=np.int32)
    n_clipped = 0
    for i in range(len(block)):
        for channel in range(block.shape[1]):
            word = np.floor(block[i, channel] * scale + 0.5)
            kept = min(max(word, -scale), scale - 1.0)
            n_clipped += kept != word
            words[i, channel] = np.int32(kept)
    return words, n_clipped


@kernel
def all_on_grid(block: Audio, scale: float) -> bool:
    """Whether every sample is a whole number of steps of 1/`scale` within the range."""
    for i in range(len(block)):
        for channel in range(block.shape[1]):
            word = block[i, channel] * scale
            if word != np.floor(word) or word < -scale or word > scale - 1.0:
                return False
    return True


def _seed(bits: int, channel: int) -> int:
    """Return the constant of a channel and a word length: the finaliser again, so far apart."""
    mixed = (bits << 32 | channel) * _STEP % 2**64
    mixed = (mixed ^ mixed >> 30) * _FIRST_MIX % 2**64
    mixed = (mixed ^ mixed >> 27) * _SECOND_MIX % 2**64
    return mixed ^ mixed >> 31
