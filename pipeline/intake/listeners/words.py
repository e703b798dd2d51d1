"""Which values the samples take: how many bits are in use, and gaps that a gain has left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel
from pipeline.intake.listening import Figures, Format, Heard

CODE_BITS = 24
LOW_CODES = 1 << 15
"""Codes of 24 bits up to this magnitude, -48 dBFS, are looked at one by one."""
_WORD_BITS = 32
_WORDS_PER_UNIT = 2.0 ** (_WORD_BITS - 1)
_SPARE_BITS = _WORD_BITS - CODE_BITS
_HALF_CODE = 1 << (_SPARE_BITS - 1)
_LOUDEST = 2.0  # floating point may go beyond full scale; so far it is looked at
_CLUSTER = 4  # codes: dither of the rounding to 24 bits spreads a value over its neighbours

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WordsFigures(Figures):
    """Values in use.

    Parameters
    ----------
    used_bits : int or None
        Longest word of any sample, 1 to 32; `None` of silence, and of floating point finer
        than 32 bits.
    n_low : int
        How many samples lie within the 65,535 lowest codes of 24 bits.
    n_values : int
        How many values they take, where values nearer than four codes count as one.
    step_codes : float or None
        What the gaps between neighbouring values have in common, in codes of 24 bits; `None`
        with fewer than 16 values.
    step_share : float
        Share of the gaps that are this step, within one and a half codes or a twentieth.
    """

    name: ClassVar[str] = "words"

    used_bits: int | None
    n_low: int
    n_values: int
    step_codes: float | None
    step_share: float


class WordsListener:
    """Joins all words with OR, and ticks off every low code that occurs."""

    def __init__(self, wanted: Format) -> None:
        del wanted
        self._state = np.zeros(3, dtype=np.int64)
        self._seen = np.zeros(2 * LOW_CODES + 1, dtype=np.bool_)

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        note_words(np.ascontiguousarray(heard.audio), self._state, self._seen)

    def figures(self) -> WordsFigures:
        """Return what was found."""
        values = _values(np.flatnonzero(self._seen))
        step, share = _step(np.diff(values))
        joined, n_low, is_finer = self._state.tolist()
        return WordsFigures(
            used_bits=None if is_finer else _used_bits(joined),
            n_low=n_low,
            n_values=len(values),
            step_codes=step,
            step_share=share,
        )


@kernel
def note_words(block: Audio, state: Codes, seen: npt.NDArray[np.bool_]) -> None:
    """Join words of 32 bits, count low codes of 24 bits and tick them off.

    `state` holds the joined words, the number of low codes, and whether any sample is finer.
    """
    joined, n_low, is_finer = state[0], state[1], state[2]
    for i in range(block.shape[0]):
        for channel in range(block.shape[1]):
            value = block[i, channel]
            if abs(value) > _LOUDEST:
                continue
            scaled = value * _WORDS_PER_UNIT
            word = int(scaled)
            if word != scaled:
                is_finer = 1
            joined |= word
            code = (word + _HALF_CODE) >> _SPARE_BITS
            if abs(code) < LOW_CODES:
                seen[code + LOW_CODES] = True
                n_low += 1
    state[0], state[1], state[2] = joined, n_low, is_finer


def _used_bits(joined: int) -> int | None:
    if not joined:
        return None
    n_zeros = (joined & -joined).bit_length() - 1
    return max(1, _WORD_BITS - n_zeros)


def _values(codes: Codes) -> npt.NDArray[np.float64]:
    """Return the middle of each cluster of codes."""
    if not len(codes):
        return np.empty(0)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(codes) >= _CLUSTER) + 1))
    sums = np.add.reduceat(codes.astype(np.float64), starts)
    return sums / np.diff(np.concatenate((starts, [len(codes)])))


def _step(gaps: npt.NDArray[np.float64]) -> tuple[float | None, float]:
    """Return the usual gap, and the share of the gaps that are like it."""
    if len(gaps) < 16:
        return None, 0.0
    step = float(np.median(gaps))
    near = np.abs(gaps - step) <= max(1.5, step / 20.0)
    if not near.any():  # the median lies between two gaps that are far apart
        return step, 0.0
    return float(gaps[near].mean()), float(near.mean())
