"""Fades and crossfades: gain as a function of the place alone, so that cuts cannot matter."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel

Gains = npt.NDArray[np.float64]
Positions = npt.NDArray[np.integer]
Shape = Literal["linear", "cosine", "exponential"]

EQUAL_POWER, EQUAL_GAIN = 0.0, 1.0
# Below this the middle of a crossfade would be lifted by more than 1.5 dB.
LEAST_CORRELATION = -0.3
_SHAPES: dict[str, int] = {"linear": 0, "cosine": 1, "exponential": 2}
_FLOOR_DB = -60.0  # an exponential fade falls evenly to here and then straight to nothing,
_STRAIGHT = 0.05  # in this part of its length
_WINDOWS_PER_S = 10


def fade_gain(
    positions: Positions, length: int, *, shape: Shape, direction: Literal["in", "out"]
) -> Gains:
    """Return the gain of a fade at some places.

    Parameters
    ----------
    positions : ndarray of int, shape (n_samples,)
        Counted from the start of the fade; places before and behind it are allowed.
    length : int
        Length of the fade in samples.
    shape : {"linear", "cosine", "exponential"}
        A straight line; half a raised cosine; even in decibels down to -60 dB, then straight.
    direction : {"in", "out"}
        In rises from exactly 0 at place 0 to 1 at `length`; out is its mirror image, exactly 0
        at the last place. Beyond its ends a fade is 0 or exactly 1.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        Linear gain, 0 to 1.
    """
    places = np.asarray(positions, dtype=np.int64)
    rising = places if direction == "in" else length - 1 - places
    return rising_gain(np.ascontiguousarray(rising), length, _SHAPES[shape])


def crossfade_gains(
    positions: Positions, length: int, *, correlation: float
) -> tuple[Gains, Gains]:
    """Return the gains of the music that goes and of the music that comes.

    Parameters
    ----------
    positions : ndarray of int, shape (n_samples,)
        Counted from the start of the overlap; places before and behind it are allowed.
    length : int
        Length of the overlap in samples.
    correlation : float
        Of the two, so that the loudness of their sum does not sag or swell: `EQUAL_POWER` for
        music that has nothing in common, `EQUAL_GAIN` for the same music. Less than
        `LEAST_CORRELATION` counts as that, more than 1 as 1.

    Returns
    -------
    tuple of ndarray of float64, shape (n_samples,)
        Outgoing, from 1 to exactly 0 at the last place, and incoming, from exactly 0 to 1.
    """
    kept = min(max(correlation, LEAST_CORRELATION), 1.0)
    places = np.ascontiguousarray(positions, dtype=np.int64)
    return crossing_gains(places, length, kept)


class CorrelationMeter:
    """Correlation of two pieces of music where they overlap.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.

    Notes
    -----
    Over windows of 100 ms from the start of the overlap, each weighted by how loud the two are
    together: the root of the product of their energies. Left and right count alike.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._window_samples = max(sample_rate_hz // _WINDOWS_PER_S, 1)
        # Energy of the one, of the other, their product; shared and possible over all windows.
        self._sums = np.zeros(5)
        self._position = 0

    def update(self, outgoing: Audio, incoming: Audio) -> None:
        """Take the next block of both, of equal shape ``(n_samples, n_channels)``."""
        one = np.ascontiguousarray(outgoing, dtype=np.float64)
        other = np.ascontiguousarray(incoming, dtype=np.float64)
        correlate(one, other, self._sums, self._position, self._window_samples)
        self._position += len(one)

    @property
    def correlation(self) -> float:
        """-1 to 1; 0 as long as one of the two is silent."""
        energy, other_energy, product, shared, possible = self._sums
        shared, possible = shared + product, possible + np.sqrt(energy * other_energy)
        return float(np.clip(shared / possible, -1.0, 1.0)) if possible > 0.0 else 0.0


@kernel
def rising_gain(positions: npt.NDArray[np.int64], length: int, shape: int) -> Gains:
    """Return the gain of a fade-in; `shape` is 0 linear, 1 cosine, 2 exponential."""
    gains = np.empty(len(positions))
    for i in range(len(positions)):
        if positions[i] >= length:
            gains[i] = 1.0
        elif positions[i] <= 0:
            gains[i] = 0.0
        else:
            part = positions[i] / length
            if shape == 0:
                gains[i] = part
            elif shape == 1:
                gains[i] = np.sin(0.5 * np.pi * part) ** 2
            elif part >= _STRAIGHT:
                gains[i] = 10.0 ** (_FLOOR_DB * (1.0 - part) / (1.0 - _STRAIGHT) / 20.0)
            else:
                gains[i] = 10.0 ** (_FLOOR_DB / 20.0) * part / _STRAIGHT
    return gains


@kernel
def crossing_gains(
    positions: npt.NDArray[np.int64], length: int, correlation: float
) -> tuple[Gains, Gains]:
    """Return cosine and sine over the overlap, brought to constant power for a correlation."""
    outgoing, incoming = np.empty(len(positions)), np.empty(len(positions))
    last = length - 1
    for i in range(len(positions)):
        if positions[i] <= 0 or positions[i] >= last:
            is_over = positions[i] >= last and positions[i] > 0
            outgoing[i] = 0.0 if is_over else 1.0
            incoming[i] = 1.0 if is_over else 0.0
        else:
            theta = 0.5 * np.pi * positions[i] / last
            falling, rising = np.cos(theta), np.sin(theta)
            level = 1.0 / np.sqrt(1.0 + correlation * 2.0 * rising * falling)
            outgoing[i], incoming[i] = level * falling, level * rising
    return outgoing, incoming


@kernel
def correlate(
    outgoing: Audio, incoming: Audio, sums: Gains, position: int, window_samples: int
) -> None:
    """Add a block to the sums of the running window, and full windows to the totals."""
    energy, other_energy, product = sums[0], sums[1], sums[2]
    for i in range(len(outgoing)):
        for channel in range(outgoing.shape[1]):
            one, other = outgoing[i, channel], incoming[i, channel]
            energy += one * one
            other_energy += other * other
            product += one * other
        if (position + i + 1) % window_samples == 0:
            sums[3] += product
            sums[4] += np.sqrt(energy * other_energy)
            energy, other_energy, product = 0.0, 0.0, 0.0
    sums[0], sums[1], sums[2] = energy, other_energy, product
