"""A meter between two processors: peak, level, attacks and range, at next to no cost.

It costs a single pass over the samples, so that one can stand behind every processor of a
chain; loudness and true peaks, which cost more than most processors, are measured at its end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio, Processor
from pipeline.dsp.kernel import kernel
from pipeline.dsp.stream import Aligned

Row = npt.NDArray[np.float64]

WINDOWS_PER_S = 50
_FRAME_WINDOWS = 25  # half a second: a beat and what is between beats
_SILENT_POWER = 1e-12  # -120 dBFS
_SHORT_TERM_WINDOWS = 150  # 3 s, as short-term loudness (EBU Tech 3341)
_RANGE_GATE = 0.01  # 20 dB below the mean, and percentiles: EBU Tech 3342
_RANGE_PERCENT = (10.0, 95.0)
_LOUD_PART = 0.1  # frames down to 10 dB below the mean, as for integrated loudness
_LIVELY_SHARE = 0.25
_LEAST_FRAMES = 8


@dataclass(frozen=True, slots=True, eq=False)
class NodeLevels:
    """What a programme is at one place of a chain.

    Parameters
    ----------
    peak : float
        Largest sample.
    powers : ndarray of float64
        Mean power of both channels, per fiftieth of a second.
    """

    peak: float
    powers: Row

    @property
    def peak_dbfs(self) -> float:
        """The largest sample; -120 for silence."""
        return _db(self.peak**2)

    @property
    def rms_dbfs(self) -> float:
        """The mean power of both channels; a sine at full scale reads -3 dBFS."""
        return _db(float(self.powers.mean()) if len(self.powers) else 0.0)

    @property
    def range_db(self) -> float | None:
        """How far soft and loud lie apart, as EBU Tech 3342 but not weighted by frequency."""
        if len(self.powers) < _SHORT_TERM_WINDOWS:
            return None
        total = np.concatenate(([0.0], np.cumsum(self.powers)))
        means = total[_SHORT_TERM_WINDOWS:] - total[:-_SHORT_TERM_WINDOWS]
        heard = means[means > max(_RANGE_GATE * float(means.mean()), _SILENT_POWER)]
        if not len(heard):
            return None
        low, high = np.percentile(10.0 * np.log10(heard), _RANGE_PERCENT)
        return float(high - low)

    def attacks_lost_db(self, before: NodeLevels) -> float:
        """Return by how much attacks stand lower over what is around them than before.

        An attack is the strongest fiftieth of each half second. Only the liveliest quarter of
        the loud half seconds is looked at: beats are there. 0 if there are too few of them.
        """
        first, second = before.frames, self.frames
        n_frames = min(len(first), len(second))
        means, means_now = (each[:n_frames].mean(axis=1) for each in (first, second))
        is_loud = means > max(
            _LOUD_PART * float(means.mean()) if n_frames else 0.0, _SILENT_POWER
        )
        is_loud &= means_now > _SILENT_POWER
        if is_loud.sum() < _LEAST_FRAMES:
            return 0.0
        crest = _crest_db(first[:n_frames][is_loud])
        lost = crest - _crest_db(second[:n_frames][is_loud])
        lively = crest >= np.quantile(crest, 1.0 - _LIVELY_SHARE)
        return float(np.median(lost[lively]))

    @property
    def frames(self) -> npt.NDArray[np.float64]:
        """The powers in rows of half a second."""
        n_frames = len(self.powers) // _FRAME_WINDOWS
        return self.powers[: n_frames * _FRAME_WINDOWS].reshape(n_frames, _FRAME_WINDOWS)


class NodeMeter:
    """Takes a programme block by block.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._window_samples = max(1, sample_rate_hz // WINDOWS_PER_S)
        self._n_samples, self._peak = 0, 0.0
        self._sums = np.zeros(0)

    def update(self, block: Audio) -> None:
        """Take the next stereo block of shape ``(n_samples, 2)``."""
        if not len(block):
            return
        wanted = -(-(self._n_samples + len(block)) // self._window_samples)
        if wanted > len(self._sums):
            more = max(wanted - len(self._sums), len(self._sums), 1024)
            self._sums = np.concatenate((self._sums, np.zeros(more)))
        block = np.ascontiguousarray(block, dtype=np.float64)
        peak = _note_levels(block, self._n_samples, self._window_samples, self._sums)
        self._peak = max(self._peak, peak)
        self._n_samples += len(block)

    def result(self) -> NodeLevels:
        """Return the levels of what was taken, but for a last fiftieth that is not whole."""
        n_windows = self._n_samples // self._window_samples
        return NodeLevels(self._peak, self._sums[:n_windows] / (2.0 * self._window_samples))


class Metered:
    """A processor without its latency, and a meter behind it.

    Parameters
    ----------
    processor : Processor
        What to measure; it must be fresh.
    sample_rate_hz : int
        Sample rate of the blocks, in Hz.
    """

    latency_samples = 0

    def __init__(self, processor: Processor, *, sample_rate_hz: int) -> None:
        self._aligned = Aligned(processor)
        self.meter = NodeMeter(sample_rate_hz)

    def process(self, block: Audio) -> Audio:
        """Process one block; early blocks come back shorter than they went in."""
        return self._measured(self._aligned.process(block))

    def flush(self) -> Audio:
        """Return the samples that were held back."""
        return self._measured(self._aligned.flush())

    def _measured(self, block: Audio) -> Audio:
        self.meter.update(block)
        return block


def _crest_db(frames: npt.NDArray[np.float64]) -> Row:
    return np.asarray(10.0 * np.log10(frames.max(axis=1) / frames.mean(axis=1)))


def _db(power: float) -> float:
    return float(10.0 * np.log10(max(power, _SILENT_POWER)))


@kernel
def _note_levels(block: Audio, position: int, window_samples: int, sums: Row) -> float:
    """Add a block to the sum of squares of each window, and return its largest sample."""
    done, peak = 0, 0.0
    while done < len(block):
        window = (position + done) // window_samples
        end = min(len(block), (window + 1) * window_samples - position)
        # Sums side by side do not wait for one another.
        s0 = s1 = s2 = s3 = 0.0
        m0 = m1 = m2 = m3 = 0.0
        i = done
        while i + 2 <= end:
            a, b, c, d = block[i, 0], block[i, 1], block[i + 1, 0], block[i + 1, 1]
            s0 += a * a
            s1 += b * b
            s2 += c * c
            s3 += d * d
            m0, m1 = max(m0, abs(a)), max(m1, abs(b))
            m2, m3 = max(m2, abs(c)), max(m3, abs(d))
            i += 2
        if i < end:
            a, b = block[i, 0], block[i, 1]
            s0 += a * a
            s1 += b * b
            m0, m1 = max(m0, abs(a)), max(m1, abs(b))
        sums[window] += s0 + s1 + s2 + s3
        peak = max(peak, m0, m1, m2, m3)
        done = end
    return peak
