"""How two channels belong together: correlation, middle and sides, balance.

All of it follows from three sums: the power of the left channel, that of the right one, and
their product.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel
from pipeline.dsp.overtime import Sums, SumsOverTime

Curve = npt.NDArray[np.float64]
"""One value per stretch of time (and band); NaN where it is undefined."""

_HOPS_PER_S = 10


@dataclass(frozen=True, slots=True)
class Stereo:
    """How the two channels of a programme belong together.

    Parameters
    ----------
    correlation : float or None
        1 for mono, 0 for channels that have nothing in common, -1 for inverted polarity; as a
        correlation meter shows it, the mean is not taken off. `None` if a channel is silent.
    side_to_mid_db : float or None
        Power of the sides ``(L - R) / 2`` over that of the middle ``(L + R) / 2``, in dB;
        ``-inf`` for mono, ``inf`` if nothing is left of a fold to mono, `None` for silence.
    balance_db : float or None
        Power of the right channel over that of the left, in dB; infinite if one is silent,
        `None` if both are.
    stretch_s : float
        Time between the values of the curves: 0.1 s in the first seven minutes, and twice that
        whenever a programme is twice as long.
    correlations, sides_to_mids_db : ndarray of float64
        The same for each stretch of time; no part in comparisons.
    """

    correlation: float | None
    side_to_mid_db: float | None
    balance_db: float | None
    stretch_s: float
    correlations: Curve = field(compare=False, repr=False)
    sides_to_mids_db: Curve = field(compare=False, repr=False)


class StereoMeter:
    """Measures how two channels belong together while audio streams through it.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz, at least 10.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate = sample_rate_hz
        self._position = self._n_hops = 0
        self._hop_so_far, self._total = np.zeros(3), np.zeros(3)
        self._hops = SumsOverTime(3)

    def update(self, block: Audio) -> None:
        """Take one block of shape ``(n_samples, 2)``."""
        block = np.ascontiguousarray(block, dtype=np.float64)
        end = self._position + len(block)
        hops = np.empty((end * _HOPS_PER_S // self._rate - self._n_hops, 3))
        sum_products(block, self._position, self._rate, self._hop_so_far, hops)
        self._hops.add(hops)
        for hop in hops:
            self._total += hop
        self._n_hops += len(hops)
        self._position = end

    def result(self) -> Stereo:
        """Return the figures of everything heard so far; curves end with the last 100 ms."""
        total, stretches = self._total + self._hop_so_far, self._hops.stretches
        return Stereo(
            correlation=_figure(correlation_of(total)),
            side_to_mid_db=_figure(side_to_mid_db_of(total)),
            balance_db=_figure(_ratio_db(total[1], total[0])),
            stretch_s=self._hops.rows_per_stretch / _HOPS_PER_S,
            correlations=correlation_of(stretches),
            sides_to_mids_db=side_to_mid_db_of(stretches),
        )


def correlation_of(sums: Sums) -> Curve:
    """Return the correlation for sums of shape ``(..., 3)``: left, right, product."""
    power = np.sqrt(sums[..., 0] * sums[..., 1])
    ratios: Curve = np.full(power.shape, np.nan)
    np.divide(sums[..., 2], power, out=ratios, where=power > 0)
    return np.clip(ratios, -1.0, 1.0, out=ratios)


def side_to_mid_db_of(sums: Sums) -> Curve:
    """Return the power of the sides over that of the middle in dB, for the same sums."""
    both, product = sums[..., 0] + sums[..., 1], 2.0 * sums[..., 2]
    return _ratio_db(both - product, both + product)


def _ratio_db(above: npt.ArrayLike, below: npt.ArrayLike) -> Curve:
    """Return a ratio of powers in dB: infinite if one is nothing, NaN if both are."""
    above, below = np.maximum(above, 0.0), np.maximum(below, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(10.0 * (np.log10(above) - np.log10(below)))


def _figure(value: Curve) -> float | None:
    return None if np.isnan(value) else float(value)


@kernel
def sum_products(
    block: Audio,
    position: int,
    sample_rate_hz: int,
    so_far: npt.NDArray[np.float64],
    hops: Sums,
) -> None:
    """Fill `hops` with the sums of every 100 ms that is complete; `so_far` carries the rest."""
    left, right, product = so_far[0], so_far[1], so_far[2]
    first = position * 10 // sample_rate_hz
    start = 0
    for k in range(len(hops) + 1):
        edge = ((first + k + 1) * sample_rate_hz + 9) // 10 - position
        stop = min(edge, block.shape[0])
        for i in range(start, stop):
            x, y = block[i, 0], block[i, 1]
            left += x * x
            right += y * y
            product += x * y
        start = stop
        if k < len(hops):
            hops[k, 0], hops[k, 1], hops[k, 2] = left, right, product
            left = right = product = 0.0
    so_far[0], so_far[1], so_far[2] = left, right, product
