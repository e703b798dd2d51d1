"""From float to a word length: seeded triangular dither, rounding, and what clips.

References
----------
S. P. Lipshitz, R. A. Wannamaker, J. Vanderkooy, "Quantization and Dither: A Theoretical
Survey", JAES 40(5), 1992. R. A. Wannamaker, S. P. Lipshitz, J. Vanderkooy, "Minimally Audible
Noise Shaping", JAES 39(11), 1991. E. Terhardt, "Calculating Virtual Pitch", Hearing Research 1,
1979: the threshold of hearing. G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom
Number Generators", OOPSLA 2014: the finaliser behind the noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel

Pcm = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

FEWEST_BITS, MOST_BITS = 8, 32
_STEP = 0x9E3779B97F4A7C15
_FIRST_MIX, _SECOND_MIX = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_U30, _U27, _U31, _U32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_STEP_U, _FIRST_U, _SECOND_U = np.uint64(_STEP), np.uint64(_FIRST_MIX), np.uint64(_SECOND_MIX)
_PER_HALF = 2.0**-32


Kind = Literal["none", "tpdf", "high_passed", "shaped_gentle", "shaped"]
Taps = npt.NDArray[np.float64]

SHAPING_ORDER = 9
# How far the curve may rise over the threshold's deepest point. 40 dB are worth 16 dB to the
# ear at 44.1 kHz and cost 13 dB of noise power, 25 dB are worth 10 dB and cost 6.
_SHAPING_CAP_DB = {"shaped_gentle": 25.0, "shaped": 40.0}
_SHAPING_GRID = 4096
_MOST_ERROR = 4.0  # in steps: what clips must not echo in the feedback


@dataclass(frozen=True, slots=True)
class Dither:
    """What noise goes with the rounding.

    Parameters
    ----------
    kind : {"none", "tpdf", "high_passed", "shaped_gentle", "shaped"}
        None, only rounding; triangular and white; triangular and rising by 6 dB/oct; white, and
        all noise then moved to where hearing is dull, a little or much.
    sample_rate_hz : int
        Sample rate in Hz, which the shaped ones are designed for.
    blank_after_samples : int or None
        After so many samples of digital silence in all channels, and before the first sound,
        the words are zero; None: dither never rests.
    """

    kind: Kind = "tpdf"
    sample_rate_hz: int = 44_100
    blank_after_samples: int | None = None

    def taps(self) -> Taps:
        """Return the weights of past errors; none if the noise is not shaped."""
        if self.kind in _SHAPING_CAP_DB:
            return shaping_taps(self.sample_rate_hz, cap_db=_SHAPING_CAP_DB[self.kind])
        return np.empty(0)


PLAIN = Dither()
NONE = Dither("none")


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
    dither : Dither
        With `NONE`, samples that lie on the grid of the word length come out as they are.

    Raises
    ------
    ValueError
        If `bits` is outside its range.

    Notes
    -----
    The noise is triangular over ±1 step, independent in each channel, and the same for every
    programme: its seed is a constant of channel and word length. So equal audio gives equal
    bytes, and an edit changes what it touches; where noise is shaped, also the noise behind it.
    """

    def __init__(
        self, bits: int, n_channels: int, *, start_sample: int = 0, dither: Dither = PLAIN
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
        self._taps = dither.taps()
        self._errors = np.zeros((n_channels, len(self._taps)))
        self._n_black = dither.blank_after_samples or 0

    def process(self, block: Audio) -> Pcm:
        """Return integers of shape ``(n_samples, n_channels)``; `n_clipped` counts overs."""
        block = np.ascontiguousarray(block, dtype=np.float64)
        is_black = self._find_black(block)
        if self._dither.kind == "none":
            words, n_clipped = rounded(block, self._scale)
        elif len(self._taps):
            words, n_clipped = shaped(
                block,
                self._scale,
                (self._seeds, self._position),
                (self._taps, self._errors),
                is_black,
            )
        else:
            is_rising = self._dither.kind == "high_passed"
            words, n_clipped = dithered(
                block, self._scale, self._seeds, self._position, is_rising
            )
        words[is_black] = 0
        self.n_clipped += n_clipped
        self._position += len(block)
        return words

    def _find_black(self, block: Audio) -> Flags:
        """Return which samples belong to silence that has lasted long enough."""
        hold = self._dither.blank_after_samples
        is_black = np.zeros(len(block), dtype=np.bool_)
        if hold is not None:
            self._n_black = note_black(block, hold, self._n_black, is_black)
        return is_black


def threshold_db(frequency_hz: Taps) -> Taps:
    """Return Terhardt's threshold of hearing in quiet, in dB SPL."""
    k = np.maximum(frequency_hz, 20.0) / 1000.0
    return np.asarray(3.64 * k**-0.8 - 6.5 * np.exp(-0.6 * (k - 3.3) ** 2) + 1e-3 * k**4)


def shaping_taps(sample_rate_hz: int, *, cap_db: float) -> Taps:
    """Return the weights of past errors that leave least noise over the threshold of hearing.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate in Hz.
    cap_db : float
        Where the threshold is higher than its lowest point by more, it counts as no higher.

    Notes
    -----
    The noise becomes ``1 - h1/z - h2/z² …`` of itself. The filter of a given order that leaves
    least power after weighting with the inverse of the threshold is a linear prediction: its
    zeros lie inside the unit circle at every rate, so its logarithm is zero in the mean, which
    is the least that Gerzon and Craven (AES preprint 2822, 1989) allow.
    """
    from scipy.linalg import solve_toeplitz

    frequency_hz = np.linspace(0.0, sample_rate_hz / 2.0, _SHAPING_GRID + 1)
    level_db = threshold_db(frequency_hz)
    lowest_db = float(level_db.min())
    weight = 10.0 ** (-np.minimum(level_db - lowest_db, cap_db) / 10.0)
    lags = np.fft.irfft(weight)[: SHAPING_ORDER + 1]
    return np.asarray(solve_toeplitz(lags[:-1], lags[1:]))


def on_grid(block: Audio, bits: int) -> bool:
    """Whether every sample is one that a word of `bits` holds exactly."""
    scale = 2.0 ** (bits - 1)
    return bool(all_on_grid(np.ascontiguousarray(block, dtype=np.float64), scale))


@kernel
def dithered(
    block: Audio, scale: float, seeds: npt.NDArray[np.uint64], position: int, is_rising: bool
) -> tuple[Pcm, int]:
    """Return `block` in steps of 1/`scale` with dither, and how many samples clip.

    Noise that `is_rising` is each draw less the one before: it needs no memory, as a draw is a
    function of its place.
    """
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
            if is_rising:
                before = seeds[channel] + np.uint64(position + i) * _STEP_U
                before = (before ^ (before >> _U30)) * _FIRST_U
                before = (before ^ (before >> _U27)) * _SECOND_U
                before = before ^ (before >> _U31)
                noise = (np.float64(mixed >> _U32) - np.float64(before >> _U32)) * _PER_HALF
            word = np.floor(block[i, channel] * scale + noise + 0.5)
            kept = min(max(word, -scale), scale - 1.0)
            n_clipped += kept != word
            words[i, channel] = np.int32(kept)
    return words, n_clipped


@kernel
def shaped(
    block: Audio,
    scale: float,
    noise_of: tuple[npt.NDArray[np.uint64], int],
    feedback: tuple[Taps, Audio],
    is_black: Flags,
) -> tuple[Pcm, int]:
    """Return `block` in steps of 1/`scale` with shaped noise, and how many samples clip.

    `noise_of` is seeds and the place of the first sample, `feedback` taps and the last errors
    of each channel, newest first. What `is_black` forgets them. Only white noise keeps the
    error in the loop independent of the music (Lipshitz, Wannamaker, Vanderkooy, JAES 52(11),
    2004).
    """
    seeds, position = noise_of
    taps, errors = feedback
    words = np.empty(block.shape, dtype=np.int32)
    n_clipped = 0
    for i in range(len(block)):
        count = np.uint64(position + i + 1) * _STEP_U
        for channel in range(len(seeds)):
            if is_black[i]:
                errors[channel] = 0.0
                words[i, channel] = 0
                continue
            mixed = seeds[channel] + count
            mixed = (mixed ^ (mixed >> _U30)) * _FIRST_U
            mixed = (mixed ^ (mixed >> _U27)) * _SECOND_U
            mixed = mixed ^ (mixed >> _U31)
            noise = (np.float64(mixed >> _U32) - np.float64(mixed & _LOW_HALF)) * _PER_HALF
            wanted = block[i, channel] * scale
            for k in range(len(taps)):
                wanted -= taps[k] * errors[channel, k]
            word = np.floor(wanted + noise + 0.5)
            kept = min(max(word, -scale), scale - 1.0)
            n_clipped += kept != word
            words[i, channel] = np.int32(kept)
            for k in range(len(taps) - 1, 0, -1):
                errors[channel, k] = errors[channel, k - 1]
            errors[channel, 0] = min(max(kept - wanted, -_MOST_ERROR), _MOST_ERROR)
    return words, n_clipped


@kernel
def note_black(block: Audio, hold: int, n_black: int, is_black: Flags) -> int:
    """Mark samples behind more than `hold` of silence; return for how many it has lasted."""
    for i in range(block.shape[0]):
        channel = 0
        while channel < block.shape[1] and block[i, channel] == 0.0:
            channel += 1
        n_black = n_black + 1 if channel == block.shape[1] else 0
        is_black[i] = n_black > hold
    return n_black


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
