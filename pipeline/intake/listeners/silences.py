"""Digital silence inside the sound: what an empty buffer or a bad edit leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp.kernel import kernel
from pipeline.intake.listening import SILENCE_DB, Figures, Format, Heard

Column = npt.NDArray[np.float64]

SHORTEST_S = 0.005
AROUND_S = 0.02
"""How much sound before and behind a silence counts for its level."""
MOST_RUNS = 64
"""So many silences of each channel are kept; more are only counted."""

# What the kernel writes of a silence; and where it remembers how many it found.
START, LENGTH, POWER_BEFORE, LAST_BEFORE, FIRST_BEHIND, POWER_BEHIND = range(6)
FOUND = 4


@dataclass(frozen=True, slots=True)
class SilenceFigures(Figures):
    """Runs of exact zeros of at least `SHORTEST_S`, with sound somewhere before and behind.

    Parameters
    ----------
    n_runs : int
        How many there are, each channel by itself; the rest is of the first `MOST_RUNS`.
    channels : tuple of int
        Channel of each, 0 for the left.
    starts_s, lengths_s : tuple of float
        Where they are.
    before_dbfs, behind_dbfs : tuple of float
        RMS of the sound within `AROUND_S` on either side.
    jumps_out, jumps_in : tuple of float
        Step from the last sample into the silence, and out of it, relative to that RMS: near 0
        where sound died away or began softly, 1 where it was cut.
    """

    name: ClassVar[str] = "silences"

    n_runs: int
    channels: tuple[int, ...]
    starts_s: tuple[float, ...]
    lengths_s: tuple[float, ...]
    before_dbfs: tuple[float, ...]
    behind_dbfs: tuple[float, ...]
    jumps_out: tuple[float, ...]
    jumps_in: tuple[float, ...]


class SilenceListener:
    """Follows the level of each channel, and notes where it is exactly zero."""

    def __init__(self, wanted: Format) -> None:
        self._rate_hz = wanted.sample_rate_hz
        self._shortest = max(1, round(SHORTEST_S * self._rate_hz))
        self._around = max(1, round(AROUND_S * self._rate_hz))
        self._states = np.zeros((wanted.n_channels, 6))
        self._runs = np.zeros((wanted.n_channels, MOST_RUNS, 6))

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        for channel, samples in enumerate(np.ascontiguousarray(heard.audio.T)):
            find_silences(
                samples,
                self._shortest,
                self._around,
                self._states[channel],
                self._runs[channel],
            )

    def figures(self) -> SilenceFigures:
        """Return the silences, channel by channel."""
        counts = [int(state[FOUND]) for state in self._states]
        kept = [min(count, MOST_RUNS) for count in counts]
        runs = np.concatenate([runs[:n] for runs, n in zip(self._runs, kept, strict=True)])
        channels = np.repeat(np.arange(len(kept)), kept)
        return SilenceFigures(
            n_runs=sum(counts),
            channels=tuple(int(each) for each in channels),
            starts_s=_floats(runs[:, START] / self._rate_hz),
            lengths_s=_floats(runs[:, LENGTH] / self._rate_hz),
            before_dbfs=_floats(_levels_dbfs(runs[:, POWER_BEFORE])),
            behind_dbfs=_floats(_levels_dbfs(runs[:, POWER_BEHIND])),
            jumps_out=_floats(_jumps(runs[:, LAST_BEFORE], runs[:, POWER_BEFORE])),
            jumps_in=_floats(_jumps(runs[:, FIRST_BEHIND], runs[:, POWER_BEHIND])),
        )


@kernel
def find_silences(
    samples: Column,
    shortest: int,
    around: int,
    state: Column,
    runs: Column,
) -> None:
    """Write the silences of one channel into `runs`, as far as they fit.

    The power before a silence is a leaky mean over `around` samples; the power behind it is the
    mean of so many samples, or of those that come before the next silence.
    """
    position, zeros, power = state[0], state[1], state[2]
    last, found, behind = state[3], state[4], state[5]
    keep = 1.0 - 1.0 / around
    for sample in samples:
        if sample == 0.0:
            zeros += 1.0
        else:
            if zeros >= shortest and last != 0.0:
                if found < len(runs):
                    run = runs[int(found)]
                    run[0] = position - zeros
                    run[1] = zeros
                    run[2] = power
                    run[3] = abs(last)
                    run[4] = abs(sample)
                behind = around
                found += 1.0
                power = 0.0
            elif zeros > 0.0:
                power *= keep**zeros
            zeros = 0.0
            power = keep * power + (1.0 - keep) * sample * sample
            last = sample
        if behind > 0.0:
            if found <= len(runs):
                runs[int(found) - 1, 5] += sample * sample / around
            behind -= 1.0
        position += 1.0
    state[0], state[1], state[2] = position, zeros, power
    state[3], state[4], state[5] = last, found, behind


def _levels_dbfs(powers: Column) -> Column:
    levels: Column = 10.0 * np.log10(np.maximum(powers, 10.0 ** (SILENCE_DB / 10.0)))
    return levels


def _jumps(magnitudes: Column, powers: Column) -> Column:
    # At most 10: a single sample has next to no power.
    sizes: Column = magnitudes / np.sqrt(np.maximum(powers, magnitudes**2 / 100.0 + 1e-30))
    return sizes


def _floats(values: Column) -> tuple[float, ...]:
    return tuple(round(float(each), 6) for each in values)
