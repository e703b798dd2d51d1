"""How a mix begins and ends: silence, the first and the last milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.intake.listening import SILENCE_DB, Figures, Format, Heard

# Below, nothing is heard even of a master that is 10 dB louder than its mix.
SOUND_PEAK = 10.0 ** (-60.0 / 20.0)
EDGE_S = 0.2
STEP_S = 0.002
"""The envelope of an edge: steps of 2 ms over 200 ms."""
JUMP_S = 0.02


@dataclass(frozen=True, slots=True)
class EdgeFigures(Figures):
    """What happens at the two ends of a mix.

    Parameters
    ----------
    head_zeros_s, tail_zeros_s : float
        Digital silence before the first and behind the last sample that is not zero.
    head_silence_s, tail_silence_s : float or None
        Time before the first and behind the last peak over `SOUND_PEAK`; None if there is none.
    head_jump : float
        First sample that is not zero, relative to the RMS of its channel in the `JUMP_S` that
        begin with it; of the channel where that is most.
    head_levels_dbfs, tail_levels_dbfs : tuple of float
        RMS in steps of `STEP_S`, mean of the channels: from the first sample that is not zero
        on, and up to the last one. In both, later is later.
    """

    name: ClassVar[str] = "edges"

    head_zeros_s: float
    tail_zeros_s: float
    head_silence_s: float | None
    tail_silence_s: float | None
    head_jump: float
    head_levels_dbfs: tuple[float, ...]
    tail_levels_dbfs: tuple[float, ...]


def mean_dbfs(levels_dbfs: tuple[float, ...]) -> float:
    """Return the level of the mean power."""
    powers = [10.0 ** (level / 10.0) for level in levels_dbfs]
    return 10.0 * log10(sum(powers) / len(powers))


class EdgeListener:
    """Keeps 0.2 s from either end of the sound, and where it begins and ends."""

    def __init__(self, wanted: Format) -> None:
        self._rate_hz = wanted.sample_rate_hz
        self._n_samples = wanted.n_samples
        self._n_edge = max(1, round(EDGE_S * self._rate_hz))
        self._head = self._recent = self._tail = np.empty((0, wanted.n_channels))
        self._nonzero = _Extent()
        self._sound = _Extent()

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        audio, start = heard.audio, heard.start_samples
        magnitudes = np.abs(audio)
        known = np.concatenate((self._recent, audio))
        self._sound.widen(magnitudes > SOUND_PEAK, start)
        if self._nonzero.widen(magnitudes > 0.0, start):
            n_behind = start + len(audio) - self._nonzero.end
            self._tail = known[: len(known) - n_behind][-self._n_edge :].copy()
        self._recent = known[-self._n_edge :].copy()
        self._keep_head(audio, start)

    def _keep_head(self, audio: Audio, start: int) -> None:
        missing = self._n_edge - len(self._head)
        if self._nonzero.end and missing:
            fresh = audio[max(0, self._nonzero.first - start) :][:missing]
            self._head = np.concatenate((self._head, fresh))

    def figures(self) -> EdgeFigures:
        """Return what was found at the ends."""
        zeros = self._nonzero.outside_s(self._n_samples, self._rate_hz)
        silence = self._sound.outside_s(self._n_samples, self._rate_hz)
        return EdgeFigures(
            head_zeros_s=zeros[0] or 0.0,
            tail_zeros_s=zeros[1] or 0.0,
            head_silence_s=silence[0],
            tail_silence_s=silence[1],
            head_jump=_jump(self._head[: round(JUMP_S * self._rate_hz)]),
            head_levels_dbfs=_levels_dbfs(self._head, self._rate_hz),
            tail_levels_dbfs=_levels_dbfs(self._tail[::-1], self._rate_hz)[::-1],
        )


class _Extent:
    """From the first to behind the last sample for which something holds."""

    def __init__(self) -> None:
        self.first = 0
        self.end = 0

    def widen(self, holds: npt.NDArray[np.bool_], start: int) -> bool:
        """Take the next piece; return whether it holds there, in any channel."""
        # All channels in one row: NumPy is slow along an axis of two.
        n_channels = holds.shape[1]
        row = holds.reshape(-1)
        if not row.any():
            return False
        if not self.end:
            self.first = start + int(row.argmax()) // n_channels
        self.end = start + len(holds) - int(row[::-1].argmax()) // n_channels
        return True

    def outside_s(self, n_samples: int, rate_hz: int) -> tuple[float | None, float | None]:
        """Return the time before and behind it; None if it never holds."""
        if not self.end:
            return None, None
        return self.first / rate_hz, (n_samples - self.end) / rate_hz


def _jump(head: Audio) -> float:
    if not len(head):
        return 0.0
    rms = np.sqrt(np.mean(head**2, axis=0))
    jumps = np.divide(np.abs(head[0]), rms, out=np.zeros(len(rms)), where=rms > 0.0)
    return float(jumps.max())


def _levels_dbfs(audio: Audio, rate_hz: int) -> tuple[float, ...]:
    n_step = max(1, round(STEP_S * rate_hz))
    whole = audio[: len(audio) // n_step * n_step]
    powers = np.mean(whole.reshape(-1, n_step * audio.shape[1]) ** 2, axis=1)
    levels = 10.0 * np.log10(np.maximum(powers, 10.0 ** (SILENCE_DB / 10.0)))
    return tuple(round(float(each), 2) for each in levels)
