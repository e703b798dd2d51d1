"""How far to turn down, sample by sample: feed-forward, in decibels, smooth.

References
----------
D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design", JAES 60(6),
2012: smoothing of the gain reduction, decoupled.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel

Decibels = npt.NDArray[np.float64]

DB_PER_NEPER = 8.685889638065036
# What is in work stays in the cache: fresh memory costs more than the work on it.
TILE_SAMPLES = 4096
_FAST_RELEASE_MS, _SLOW_ATTACK_MS, _SLOW_RELEASE_MS = 100.0, 200.0, 1000.0
_NO_REDUCTION_DB = 1e-9  # less is none: below the threshold every bit is kept
_SILENT_POWER = 1e-30  # near the least a float64 can hold, numbers cost a hundred times as much


@dataclass(frozen=True, slots=True)
class Curve:
    """The static curve: how much is held back at a steady level.

    Parameters
    ----------
    threshold_db : float
        Level from which it works, in dB below full scale.
    ratio : float
        Above the threshold, dB in for one dB out; 1 or more.
    knee_db : float
        Width of the bend around the threshold, in dB.
    range_db : float
        Most reduction, in dB, however loud it gets.
    """

    threshold_db: float
    ratio: float
    knee_db: float = 0.0
    range_db: float = inf


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast the reduction comes and goes; all times are 63 % times.

    Parameters
    ----------
    attack_ms : float
        Time of the attack, in ms.
    release_ms : float or None
        Time of the release, in ms; `None`: 100 ms after a peak, 1 s after a loud passage.
    is_exact : bool
        Whether the release keeps its time to the letter, with a bend where it sets in. Else it
        is rounded by the attack, and longer by about as much.
    """

    attack_ms: float
    release_ms: float | None
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Reduction:
    """How much was held back, in positive decibels, silence and all counted."""

    mean_db: float
    max_db: float


class Smoother:
    """Attack and release for a reduction, and a log of it.

    Parameters
    ----------
    timing : Timing
        How fast.
    n_detectors : int
        1 if both channels move as one, else 2.
    sample_rate_hz : int
        Sample rate of the reduction, in Hz.
    """

    def __init__(self, timing: Timing, *, n_detectors: int, sample_rate_hz: int) -> None:
        self._is_exact = timing.is_exact
        fast, slow_attack = timing.release_ms, inf  # the slow release never sets in
        if fast is None:
            fast, slow_attack = _FAST_RELEASE_MS, _SLOW_ATTACK_MS
        times_ms = (timing.attack_ms, fast, slow_attack, _SLOW_RELEASE_MS)
        self._poles = np.exp(-1000.0 / (np.array(times_ms) * sample_rate_hz))
        self._state = np.zeros((n_detectors, 3))
        self._sum_and_max = np.zeros(2)
        self._n_samples = 0

    @property
    def activity(self) -> Reduction:
        """The reduction so far; of two channels, the deeper one."""
        total_db, max_db = self._sum_and_max
        return Reduction(float(total_db) / max(self._n_samples, 1), float(max_db))

    def smooth_in_place(self, reduction_db: Decibels) -> None:
        """Turn a wanted reduction, of shape ``(n_samples, n_detectors)``, into a smooth one."""
        smooth(reduction_db, self._poles, self._state, self._sum_and_max, self._is_exact)
        self._n_samples += len(reduction_db)


class Follower:
    """The reduction that the level of a signal calls for.

    Parameters
    ----------
    curve : Curve
        How much.
    timing : Timing
        How fast.
    link : float
        From 1, both channels move as one, to 0, each for itself.
    sample_rate_hz : int
        Sample rate of the signal, in Hz.
    """

    def __init__(
        self, curve: Curve, timing: Timing, *, link: float, sample_rate_hz: int
    ) -> None:
        slope = 1.0 - 1.0 / curve.ratio
        self._curve = np.array([curve.threshold_db, curve.knee_db, slope, curve.range_db, link])
        n_detectors = 1 if link == 1.0 else 2
        self._smoother = Smoother(
            timing, n_detectors=n_detectors, sample_rate_hz=sample_rate_hz
        )
        self._reduction_db = np.empty((TILE_SAMPLES, n_detectors))

    @property
    def activity(self) -> Reduction:
        """The reduction so far; of two channels, the deeper one."""
        return self._smoother.activity

    def follow(self, heard: Audio) -> Decibels:
        """Return the reduction for a stereo signal, in positive dB, until the next call.

        Parameters
        ----------
        heard : Audio
            At most `TILE_SAMPLES` of shape ``(n_samples, 2)``, C-contiguous.

        Returns
        -------
        ndarray
            Of shape ``(n_samples, 1)`` if both channels move as one, else ``(n_samples, 2)``.
        """
        reduction_db = self._reduction_db[: len(heard)]
        want_reduction(heard, self._curve, reduction_db)
        self._smoother.smooth_in_place(reduction_db)
        return reduction_db


@kernel
def want_reduction(
    heard: Audio, curve: npt.NDArray[np.float64], reduction_db: Decibels
) -> None:
    """Fill in the reduction in dB that the static curve asks for, of one detector or two.

    `curve` is threshold and knee in dB, 1 - 1/ratio, range in dB, and the link, 0 to 1. One
    detector hears the louder channel.
    """
    threshold_db, knee_db, slope, range_db, link = curve
    from_db = threshold_db - 0.5 * knee_db
    from_level = max(10.0 ** (from_db / 20.0), 1e-6)
    per_knee = 0.5 / knee_db if knee_db > 0.0 else 0.0
    n_detectors = reduction_db.shape[1]
    for i in range(len(heard)):
        for k in range(n_detectors):
            level = abs(heard[i, k])
            if n_detectors == 1:
                level = max(level, abs(heard[i, 1]))
            reduction_db[i, k] = 0.0
            if level > from_level:
                over_db = DB_PER_NEPER * np.log(level) - from_db
                in_knee_db = min(max(over_db, 0.0), knee_db)
                bend_db = in_knee_db * in_knee_db * per_knee
                wanted_db = slope * (bend_db + max(over_db - knee_db, 0.0))
                reduction_db[i, k] = min(wanted_db, range_db)
        if n_detectors == 2:
            shared = link * max(reduction_db[i, 0], reduction_db[i, 1])
            reduction_db[i, 0] = (1.0 - link) * reduction_db[i, 0] + shared
            reduction_db[i, 1] = (1.0 - link) * reduction_db[i, 1] + shared


@kernel
def smooth(
    reduction_db: Decibels,
    poles: npt.NDArray[np.float64],
    state: npt.NDArray[np.float64],
    sum_and_max: npt.NDArray[np.float64],
    is_exact: bool,
) -> None:
    """Give the reduction its attack and release, in place, and log it.

    The state of a detector is its release, its slow release, and its attack.
    """
    attack, release, slow_attack, slow_release = poles
    for k in range(reduction_db.shape[1]):
        fast, slow, smoothed = state[k]
        for i in range(len(reduction_db)):
            wanted = reduction_db[i, k]
            fast = max(wanted, wanted + release * (fast - wanted))
            slow = fast + (slow_attack if fast > slow else slow_release) * (slow - fast)
            target = max(fast, slow)
            smoothed = target + attack * (smoothed - target)
            if is_exact:
                smoothed = min(smoothed, target)
            if smoothed < _NO_REDUCTION_DB:
                smoothed = 0.0
            reduction_db[i, k] = smoothed
        state[k, 0], state[k, 1], state[k, 2] = fast, slow, smoothed
    total_db, max_db = sum_and_max
    for i in range(len(reduction_db)):
        deepest = reduction_db[i, 0]
        for k in range(1, reduction_db.shape[1]):
            deepest = max(deepest, reduction_db[i, k])
        total_db += deepest
        max_db = max(max_db, deepest)
    sum_and_max[0], sum_and_max[1] = total_db, max_db


@kernel
def hear_power(heard: Audio, pole: float, state: npt.NDArray[np.float64]) -> None:
    """Put in place of each sample the peak of a sine that has the mean power of late.

    The mean is a one-pole one; its state is the mean power of each channel.
    """
    for k in range(heard.shape[1]):
        power = state[k]
        for i in range(len(heard)):
            now = heard[i, k] * heard[i, k]
            power = now + pole * (power - now)
            if power < _SILENT_POWER:
                power = 0.0
            heard[i, k] = np.sqrt(2.0 * power)
        state[k] = power
