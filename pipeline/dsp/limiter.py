"""The true-peak limiter: looks ahead, stays down from peak to peak, and keeps its ceiling.

The gain is decided once per cell of 32 samples and moves between cells along a smooth window.
Each stage obeys the same law:

1. need: how far the highest reading in the cell exceeds the ceiling, in dB;
2. bridge: between two needs no further apart than `bridge`, no less than the smaller of them;
3. look-ahead: the largest of these from now to `lookahead` ahead;
4. release: falls at once, recovers slowly; never less than what is ahead;
5. gain: a weighted mean of the last `lookahead` of the linear gains, no weight negative.

The bridge is what spares the bass: within a low note the peaks follow one another, the gain
stands still between them and bends nothing, while after a lone peak it comes back at once.

Every gain in that mean has seen the need of the present cell, so none of them is above what the
cell allows and neither is their mean: the envelope cannot overshoot. What remains is that the
moving gain changes the waveform between the samples a little, and that the quick detector is
not the most accurate. A second stage therefore reads the result of the first with a longer
filter, wherever it comes near the ceiling, and takes off the last tenths of a decibel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel
from pipeline.dsp.truepeak import CELL_SAMPLES, Detector, Reblocker, padded

Row = npt.NDArray[np.float64]
Bins = npt.NDArray[np.float32]

LIMITER_VERSION = 2  # 2: bridges from peak to peak instead of holding after each
"""Raised with every change of the limited samples."""
BINS_PER_SECOND = 10
# Once a cell must be turned down it is turned down this much more: the second stage then finds
# little to do, and a limited file is not limited again.
MARGIN_DB = 0.01
# Below this the gain has recovered and samples pass untouched.
_RECOVERED_DB = 1e-4
# Lengths of two boxes, one after the other. Three of them stop more far away, two more from
# where they begin to; and gains move less, the faster.
_BOXES = (0.582, 0.418)


@dataclass(frozen=True, slots=True)
class LimiterSettings:
    """How hard, how fast and how far the limiter works.

    Parameters
    ----------
    ceiling_dbtp : float
        Highest true peak that may leave it, in dBTP, -30 to 0.
    lookahead_ms : float
        How early the gain begins to fall, 0.5 to 20 ms; it comes back no faster.
    bridge_ms : float
        From peak to peak so far the gain stays down, 0 to 100 ms. 25 ms is the period of
        40 Hz: the gain stands still within a bass note instead of following its wave, even if
        only one side of the wave comes over the ceiling.
    release_ms : float
        Time constant of the recovery, 1 to 5000 ms.
    slow_share : float
        How much of its average reduction is kept between peaks, 0 to 1: little after a lone
        peak, more in dense music.
    slow_attack_ms, slow_release_ms : float
        Time constants of that average, 10 to 10000 ms.

    Raises
    ------
    ValueError
        If a setting is outside its range.
    """

    ceiling_dbtp: float
    lookahead_ms: float = 9.0
    bridge_ms: float = 25.0
    release_ms: float = 2.0
    slow_share: float = 0.3
    slow_attack_ms: float = 150.0
    slow_release_ms: float = 700.0

    def __post_init__(self) -> None:
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"{name} must be {least:g} to {most:g}, got {value:g}")

    @property
    def ceiling(self) -> float:
        """The ceiling as a linear level."""
        return float(10.0 ** (self.ceiling_dbtp / 20.0))


_RANGES = {
    "ceiling_dbtp": (-30.0, 0.0),
    "lookahead_ms": (0.5, 20.0),
    "bridge_ms": (0.0, 100.0),
    "release_ms": (1.0, 5000.0),
    "slow_share": (0.0, 1.0),
    "slow_attack_ms": (10.0, 10_000.0),
    "slow_release_ms": (10.0, 10_000.0),
}


@dataclass(frozen=True, slots=True)
class Activity:
    """What the limiter did.

    Parameters
    ----------
    max_reduction_db : float
        Largest reduction, in dB, 0 or more.
    mean_reduction_db : float
        Mean over the whole programme, in dB.
    fraction_over_3_db : float
        Part of the programme reduced by more than 3 dB, 0 to 1.
    reduction_db : ndarray
        Largest reduction in each 100 ms, shape ``(n_bins,)``, float32, in dB.
    """

    max_reduction_db: float
    mean_reduction_db: float
    fraction_over_3_db: float
    reduction_db: Bins


class Limiter:
    """Keeps a programme below its ceiling on every true-peak meter.

    Parameters
    ----------
    settings : LimiterSettings
        Ceiling and times.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    n_channels : int
        Number of channels; all get the same gain, so the image stands still.

    Notes
    -----
    What never exceeds the ceiling passes bit for bit. Latency is that of two stages, each the
    look-ahead, the bridge and four cells.

    References
    ----------
    ITU-R BS.1770-5 Annex 2 for the reading that must not exceed the ceiling.
    """

    def __init__(
        self, settings: LimiterSettings, *, sample_rate_hz: int, n_channels: int
    ) -> None:
        self._stages = [
            _Stage(settings, sample_rate_hz, n_channels, fine=fine) for fine in (False, True)
        ]
        self.latency_samples = sum(stage.delay_samples for stage in self._stages)
        self._reblocker = Reblocker(n_channels)
        self._none = np.empty((0, n_channels))
        self._n_samples = 0
        self._log = _Log(sample_rate_hz, first_cell=-self.latency_samples // CELL_SAMPLES)
        self._first_reduction_db = np.zeros(self._stages[1].delay_samples // CELL_SAMPLES)

    def process(self, block: Audio) -> Audio:
        """Take one block of shape ``(n_samples, n_channels)`` and return what is ready."""
        self._n_samples += len(block)
        done = [self._limit(chunk) for chunk in self._reblocker.chunks(block)]
        return np.concatenate(done) if done else self._none

    def flush(self) -> Audio:
        """Return what is still held back; silence follows the programme."""
        rest = self._reblocker.rest()
        wanted = len(rest) + self.latency_samples
        return self._limit(padded(rest, self.latency_samples))[:wanted]

    @property
    def activity(self) -> Activity:
        """What was done; complete after `flush`."""
        return self._log.activity(self._n_samples)

    def _limit(self, chunk: Audio) -> Audio:
        first, second = self._stages
        once, first_db = first.next(chunk)
        twice, second_db = second.next(once)
        aligned_db = np.concatenate((self._first_reduction_db, first_db))
        self._first_reduction_db = aligned_db[len(second_db) :]
        self._log.add(aligned_db[: len(second_db)] + second_db, self._n_samples)
        return twice


class GainLaw:
    """Decides the reduction of each cell from the readings in the cells around it.

    The limiter and the model that predicts it share this class.

    Parameters
    ----------
    settings : LimiterSettings
        Ceiling and times.
    sample_rate_hz : int
        Sample rate, in Hz; it gives the cells their length in time.

    Attributes
    ----------
    delay_cells : int
        How much later than the readings of a cell the reduction comes that is meant for it.
    lookahead_cells : int
        How many reductions before that take part in its gain.
    weights : ndarray
        How much each of them does, for every sample; shape ``(lookahead_cells + 1, 32)``.
    """

    def __init__(self, settings: LimiterSettings, sample_rate_hz: int) -> None:
        cells_per_ms = sample_rate_hz / 1000.0 / CELL_SAMPLES
        self.lookahead_cells = max(1, math.ceil(settings.lookahead_ms * cells_per_ms))
        self.weights = _window(self.lookahead_cells)
        self._ceiling = settings.ceiling
        self._bridge_cells = math.ceil(settings.bridge_ms * cells_per_ms)
        self.delay_cells = self._bridge_cells + self.lookahead_cells
        self._seen_db = np.zeros(self._bridge_cells + self.delay_cells)
        self._state = np.zeros(2)
        times_ms = (settings.release_ms, settings.slow_attack_ms, settings.slow_release_ms)
        steps = [-math.expm1(-1.0 / (time_ms * cells_per_ms)) for time_ms in times_ms]
        self._steps = np.array([*steps, settings.slow_share])

    def next(self, peaks: npt.NDArray[np.floating]) -> Row:
        """Return the reduction in dB, 0 or more, of the cells `delay_cells` earlier.

        Parameters
        ----------
        peaks : ndarray
            Highest linear reading in each of the next cells, shape ``(n_cells,)``.
        """
        return self.next_from_need(self._need_db(peaks))

    def next_from_need(self, need_db: Row) -> Row:
        """Do as `next`, from what each cell exceeds the ceiling by, in dB, 0 or more."""
        known_db = np.concatenate((self._seen_db, need_db))
        self._seen_db = known_db[len(need_db) :]
        ahead_db = self._ahead_db(known_db) if known_db.any() else np.zeros(len(need_db))
        reduction_db = np.empty_like(ahead_db)
        _release(ahead_db, self._steps, self._state, reduction_db)
        return reduction_db

    def _ahead_db(self, known_db: Row) -> Row:
        # A maximum, and the minimum of that: valleys too narrow for both are filled.
        bridged_db = _sliding_maximum(known_db, self._bridge_cells + 1)
        bridged_db = -_sliding_maximum(-bridged_db, self._bridge_cells + 1)
        return _sliding_maximum(bridged_db, self.lookahead_cells + 1)

    def _need_db(self, peaks: npt.NDArray[np.floating]) -> Row:
        need_db = np.zeros(len(peaks))
        over = np.flatnonzero(peaks > self._ceiling)
        need_db[over] = 20.0 * np.log10(peaks[over] / self._ceiling) + MARGIN_DB
        return need_db


class _Stage:
    """One limiter: reads, decides, turns down; blocks are whole cells."""

    def __init__(
        self, settings: LimiterSettings, sample_rate_hz: int, n_channels: int, *, fine: bool
    ) -> None:
        self._detector = Detector(
            sample_rate_hz, n_channels, floor=settings.ceiling, is_fine=fine
        )
        self._law = GainLaw(settings, sample_rate_hz)
        delay_cells = Detector.delay_cells + self._law.delay_cells
        self.delay_samples = delay_cells * CELL_SAMPLES
        self._delayed = np.zeros((self.delay_samples, n_channels))
        self._gains = np.ones(self._law.lookahead_cells)

    def next(self, chunk: Audio) -> tuple[Audio, Row]:
        """Return the audio of `delay_samples` ago and the reduction in dB of its cells."""
        reduction_db = self._law.next(self._detector.next_cells(chunk))
        known = np.concatenate((self._delayed, chunk))
        self._delayed = known[len(chunk) :].copy()
        gains = np.concatenate((self._gains, _gains(reduction_db)))
        self._gains = gains[len(reduction_db) :]
        audio = known[: len(chunk)]
        if gains.min() < 1.0:
            _turn_down(audio, gains, self._law.weights)
        return audio, reduction_db


def _gains(reduction_db: Row) -> Row:
    gains = np.ones(len(reduction_db))
    reduced = np.flatnonzero(reduction_db)
    gains[reduced] = 10.0 ** (reduction_db[reduced] / -20.0)
    return gains


class _Log:
    """Gathers the reductions of cells into bins of 100 ms."""

    def __init__(self, sample_rate_hz: int, *, first_cell: int) -> None:
        self._rate_hz = sample_rate_hz
        self._cell = first_cell
        self._bins = np.zeros(64, np.float32)
        self._max_db = self._sum_db = 0.0
        self._n_cells = self._n_over = 0

    def add(self, reduction_db: Row, n_samples: int) -> None:
        """Take the next cells; those before the start and from `n_samples` on do not count."""
        n_before = min(max(0, -self._cell), len(reduction_db))
        first = self._cell + n_before
        self._cell += len(reduction_db)
        n_cells = max(0, min(self._cell, -(-n_samples // CELL_SAMPLES)) - first)
        self._n_cells += n_cells
        reduction_db = reduction_db[n_before : n_before + n_cells]
        if not reduction_db.any():
            return
        self._max_db = max(self._max_db, float(reduction_db.max()))
        self._sum_db += float(reduction_db.sum())
        self._n_over += int(np.count_nonzero(reduction_db > 3.0))
        cells = first + np.arange(n_cells)
        bins = cells * CELL_SAMPLES * BINS_PER_SECOND // self._rate_hz
        if bins[-1] >= len(self._bins):
            self._bins = np.pad(self._bins, (0, len(self._bins) + int(bins[-1])))
        np.maximum.at(self._bins, bins, reduction_db.astype(np.float32))

    def activity(self, n_samples: int) -> Activity:
        """Return the summary of a programme of `n_samples`."""
        n_bins = -(-n_samples * BINS_PER_SECOND // self._rate_hz)
        n_cells = max(1, self._n_cells)
        bins = np.pad(self._bins, (0, max(0, n_bins - len(self._bins))))[:n_bins]
        return Activity(self._max_db, self._sum_db / n_cells, self._n_over / n_cells, bins)


def _window(lookahead_cells: int) -> Row:
    """Return the weights of the present and the earlier cells for each sample of a cell.

    Shape ``(lookahead_cells + 1, 32)``; the sum over cells is 1.
    """
    n_taps = lookahead_cells * CELL_SAMPLES
    window = np.ones(1)
    for share in _BOXES[:-1]:
        window = np.convolve(window, np.ones(round(share * (n_taps + 2))))
    window = np.convolve(window, np.ones(n_taps + 1 - len(window)))
    window /= window.sum()
    weights = np.zeros((lookahead_cells + 1, CELL_SAMPLES))
    for place in range(CELL_SAMPLES):
        cells_back = -((place - np.arange(n_taps)) // CELL_SAMPLES)
        np.add.at(weights[:, place], cells_back, window)
    return weights


def _sliding_maximum(values: Row, width: int) -> Row:
    """Return the maximum of each run of `width` values, by doubling the run."""
    reach = 1
    while reach < width:
        step = min(reach, width - reach)
        values = np.maximum(values[:-step], values[step:])
        reach += step
    return values


@kernel
def _release(ahead_db: Row, steps: Row, state: Row, reduction_db: Row) -> None:
    fast, slow = state[0], state[1]
    release, slow_attack, slow_release, share = steps[0], steps[1], steps[2], steps[3]
    for i in range(len(ahead_db)):
        ahead = ahead_db[i]
        fast = ahead if ahead >= fast else fast + release * (ahead - fast)
        slow += (slow_attack if fast > slow else slow_release) * (fast - slow)
        kept = max(fast, share * slow)
        reduction_db[i] = kept if kept > _RECOVERED_DB else 0.0
    state[0], state[1] = fast, slow


@kernel
def _turn_down(audio: Audio, gains: Row, weights: Row) -> None:
    """Multiply `audio` in place; `gains` begin ``len(weights) - 1`` cells before it."""
    back = weights.shape[0] - 1
    curve = np.empty(32)
    for cell in range(audio.shape[0] // 32):
        here = gains[cell + back]
        curve[:] = here
        for j in range(1, back + 1):
            # Differences, so that a gain that stands still is not rounded.
            away = gains[cell + back - j] - here
            if away != 0.0:
                for i in range(32):
                    curve[i] += weights[j, i] * away
        block = audio[32 * cell : 32 * cell + 32]
        for i in range(32):
            for channel in range(block.shape[1]):
                block[i, channel] *= curve[i]
