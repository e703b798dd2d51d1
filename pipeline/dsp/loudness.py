"""Loudness: ITU-R BS.1770-5, EBU Tech 3341 (momentary, short-term) and Tech 3342 (range).

One pass over the samples gives one number per 10 ms, the K-weighted power of all channels; the
loudest moments are found on that grid at once, and one number per 100 ms is kept. Everything
else is worked out from those numbers, for one track or for a whole album.

`None` means undefined (the programme is shorter than one measuring window), ``-inf`` silence.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from math import inf, log10, pi, tan

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel

Energies = npt.NDArray[np.float64]
"""K-weighted power of all channels, one value per 100 ms, full scale 1.0."""

LOUDNESS_OFFSET_DB = -0.691
"""Undoes the gain of the K-weighting at 997 Hz (BS.1770-5 Annex 1)."""

ABSOLUTE_GATE_LUFS = -70.0
"""What is not louder never counts (BS.1770-5 Annex 1; Tech 3342)."""

_RELATIVE_GATE_LU = -10.0  # BS.1770-5 Annex 1
_RANGE_GATE_LU = -20.0  # Tech 3342
_RANGE_PERCENTS = (10, 95)  # Tech 3342

_BINS_PER_S = 100  # fine enough for the maxima: Tech 3341 cases 10 to 14 move by 20 ms
_BINS_PER_HOP = 10  # gating blocks, and the short-term values of the range, step by 100 ms
_MOMENTARY_BINS, _SHORT_TERM_BINS = 40, 300
_MOMENTARY_HOPS, SHORT_TERM_HOPS = 4, 30
_KEPT_BINS = _SHORT_TERM_BINS - 1  # those that windows to come begin in
_MANY_BINS = 3_000  # looked through together: one by one, the calls would cost more


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud a programme is.

    Parameters
    ----------
    integrated_lufs : float or None
        Gated loudness of the whole, in LUFS; ``-inf`` if nothing passes the gates.
    max_momentary_lufs : float or None
        Loudest 400 ms, on a grid of 10 ms.
    max_short_term_lufs : float or None
        Loudest 3 s, on a grid of 10 ms.
    loudness_range_lu : float or None
        Loudness range in LU, from short-term values every 100 ms; `None` for silence too,
        which has no range.
    energies : ndarray of float64
        K-weighted power per 100 ms, for pooling and for plots; no part in comparisons.
    """

    integrated_lufs: float | None
    max_momentary_lufs: float | None
    max_short_term_lufs: float | None
    loudness_range_lu: float | None
    energies: Energies = field(compare=False, repr=False)


class LoudnessMeter:
    """Measures loudness while audio streams through it; it keeps 80 bytes per second.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz, at least 8000.
    n_channels : int
        Channels per block.
    dual_mono : bool
        Whether a mono programme counts as two equal channels, as it will be heard (+3.01 LU).
    weights : sequence of float, optional
        Weight of each channel's power (BS.1770-5 Annex 1: surrounds 1.41, LFE 0). Needed for
        more than two channels; by default 1.0 each.

    Raises
    ------
    ValueError
        If the rate is too low, or the weights do not belong to the channels.

    Notes
    -----
    Partial bins at the end (less than 10 ms) are left out, as are partial gating blocks.

    References
    ----------
    ITU-R BS.1770-5 (11/2023), Annex 1. EBU Tech 3341 and Tech 3342 (11/2023).
    """

    def __init__(
        self,
        sample_rate_hz: int,
        n_channels: int,
        *,
        dual_mono: bool = False,
        weights: Sequence[float] | None = None,
    ) -> None:
        if sample_rate_hz < 8_000:
            raise ValueError(f"sample_rate_hz must be at least 8000, got {sample_rate_hz}")
        self._rate = sample_rate_hz
        self._n_channels = n_channels
        self._weights = _weights(n_channels, dual_mono, weights)
        self._coefficients = k_weighting(sample_rate_hz)
        self._state = np.zeros((len(self._weights), 2, 5))
        self._position = self._n_bins = 0
        self._history = _History()

    def update(self, block: Audio) -> None:
        """Take one block of shape ``(n_samples, n_channels)``."""
        if block.ndim != 2 or block.shape[1] != self._n_channels:
            raise ValueError(
                f"block must have shape (n, {self._n_channels}), got {block.shape}"
            )
        block = np.ascontiguousarray(block, dtype=np.float64)
        end = self._position + len(block)
        n_complete = end * _BINS_PER_S // self._rate - self._n_bins
        bins = np.zeros(n_complete)
        for pair, weights in enumerate(self._weights):
            bins += weighted_power(
                block, pair, weights, self._coefficients, self._state[pair], self._position,
                self._rate, n_complete,
            )  # fmt: skip
        self._history.add(bins * (_BINS_PER_S / self._rate))
        self._n_bins += n_complete
        self._position = end

    def result(self) -> Loudness:
        """Return the figures of everything heard so far."""
        heard = self._history.up_to_now()
        energies = np.array(heard.energies)
        return Loudness(
            integrated_lufs=integrated_from(energies),
            max_momentary_lufs=heard.momentary.loudest_lufs,
            max_short_term_lufs=heard.short_term.loudest_lufs,
            loudness_range_lu=loudness_range_from(energies),
            energies=energies,
        )


def k_weighting(sample_rate_hz: int) -> npt.NDArray[np.float64]:
    """Return the two sections of the K-weighting filter at `sample_rate_hz`.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate in Hz, at least 8000.

    Returns
    -------
    ndarray of float64, shape (2, 5)
        Shelf and high-pass; each ``b0, b1, b2, a1, a2`` with ``a0 = 1``.

    Notes
    -----
    BS.1770-5 prints coefficients for 48 kHz only. Both sections are rebuilt by the pre-warped
    bilinear transform from the analogue values behind them. The printed high-pass has an
    unscaled numerator; left so, the whole curve would sink with the rate (-0.033 dB at
    192 kHz). Here its gain follows the rate: the curve stays within 0.008 dB of that at 48 kHz
    from 20 Hz to 20 kHz, up to 192 kHz. Below 44.1 kHz the shelf is squeezed under the Nyquist
    frequency: at 8 kHz a tone of 1 kHz reads 0.2 LU low.

    References
    ----------
    ITU-R BS.1770-5 (11/2023), Annex 1, tables 1 and 2.
    """
    return np.array([_shelf(sample_rate_hz), _high_pass(sample_rate_hz)])


def _shelf(sample_rate_hz: int) -> list[float]:
    k = tan(pi * 1681.974450955533 / sample_rate_hz)
    q = 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    return [
        (high + band * k / q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / q + k * k) / a0,
        2 * (k * k - 1) / a0,
        (1 - k / q + k * k) / a0,
    ]


def _high_pass(sample_rate_hz: int) -> list[float]:
    k = tan(pi * 38.13547087602444 / sample_rate_hz)
    q = 0.5003270373238773
    a0 = 1 + k / q + k * k
    a1, a2 = 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0
    # The printed numerator at 48 kHz is 1.0049949 times the one with unity gain at the top.
    gain = 1.0049949 * (1 - a1 + a2) / 4
    return [gain, -2 * gain, gain, a1, a2]


@kernel
def weighted_power(  # noqa: PLR0917 - a compiled function has no keyword-only arguments
    block: Audio,
    pair: int,
    weights: npt.NDArray[np.float64],
    coefficients: npt.NDArray[np.float64],
    state: npt.NDArray[np.float64],
    position: int,
    sample_rate_hz: int,
    n_complete: int,
) -> npt.NDArray[np.float64]:
    """Filter two channels and return the weighted sum of their squares per complete 10 ms.

    Two at a time because a recursion is waiting most of the time: the second channel costs
    almost nothing. One without a partner is taken twice, the second time with weight 0.
    A row of `state` is one channel: two delays of the shelf, two of the high-pass, the sum of
    squares since the last bin.
    """
    left = 2 * pair
    right = min(left + 1, block.shape[1] - 1)
    gain = coefficients[1, 0]  # the high-pass is gain · (1, -2, 1): the shelf takes the gain
    b0, b1, b2 = coefficients[0, 0] * gain, coefficients[0, 1] * gain, coefficients[0, 2] * gain
    a1, a2 = coefficients[0, 3], coefficients[0, 4]
    c1, c2 = coefficients[1, 3], coefficients[1, 4]
    l1, l2, l3, l4, l_sum = state[0, 0], state[0, 1], state[0, 2], state[0, 3], state[0, 4]
    r1, r2, r3, r4, r_sum = state[1, 0], state[1, 1], state[1, 2], state[1, 3], state[1, 4]
    bins = np.zeros(n_complete)
    first = position * 100 // sample_rate_hz
    start = 0
    for k in range(n_complete + 1):
        edge = ((first + k + 1) * sample_rate_hz + 99) // 100 - position
        stop = min(edge, block.shape[0])
        for i in range(start, stop):
            x, y = block[i, left], block[i, right]
            shelf = b0 * x + l1
            l1 = (b1 * x + l2) - a1 * shelf
            l2 = b2 * x - a2 * shelf
            out = shelf + l3
            l3 = (l4 - 2.0 * shelf) - c1 * out
            l4 = shelf - c2 * out
            l_sum += out * out
            shelf = b0 * y + r1
            r1 = (b1 * y + r2) - a1 * shelf
            r2 = b2 * y - a2 * shelf
            out = shelf + r3
            r3 = (r4 - 2.0 * shelf) - c1 * out
            r4 = shelf - c2 * out
            r_sum += out * out
        start = stop
        if k < n_complete:
            bins[k] = weights[0] * l_sum + weights[1] * r_sum
            l_sum = r_sum = 0.0
            # In digital silence the delays sink into denormals, which cost a hundredfold.
            if abs(l1) + abs(l2) + abs(l3) + abs(l4) < 1e-30:
                l1 = l2 = l3 = l4 = 0.0
            if abs(r1) + abs(r2) + abs(r3) + abs(r4) < 1e-30:
                r1 = r2 = r3 = r4 = 0.0
    state[0, 0], state[0, 1], state[0, 2], state[0, 3], state[0, 4] = l1, l2, l3, l4, l_sum
    state[1, 0], state[1, 1], state[1, 2], state[1, 3], state[1, 4] = r1, r2, r3, r4, r_sum
    return bins


def power_to_lufs(power: float) -> float:
    """Return the loudness in LUFS of a K-weighted power; ``-inf`` for none."""
    return LOUDNESS_OFFSET_DB + 10 * log10(power) if power > 0 else -inf


def momentary_lufs(energies: Energies) -> npt.NDArray[np.float64]:
    """Return the loudness of each 400 ms, in LUFS, one value per 100 ms; ``-inf`` is silence.

    Value `i` covers the time from ``0.1 · i`` s to ``0.1 · i + 0.4`` s.
    """
    return _to_lufs(_sliding_mean(energies, _MOMENTARY_HOPS))


def short_term_lufs(energies: Energies) -> npt.NDArray[np.float64]:
    """Return the loudness of each 3 s, in LUFS, one value per 100 ms; ``-inf`` is silence.

    Value `i` covers the time from ``0.1 · i`` s to ``0.1 · i + 3`` s.
    """
    return _to_lufs(_sliding_mean(energies, SHORT_TERM_HOPS))


def integrated_from(energies: Energies) -> float | None:
    """Return the gated loudness in LUFS: `None` under 400 ms, ``-inf`` if nothing passes.

    References
    ----------
    ITU-R BS.1770-5 (11/2023), Annex 1, equations 3 to 7.
    """
    return pooled_loudness([energies])


def pooled_loudness(energies_of_tracks: Iterable[Energies]) -> float | None:
    """Return the loudness in LUFS of tracks taken together, as one programme.

    The 400 ms blocks of all tracks pass the gates as one set; no block straddles two tracks.
    Silent tracks and tracks under 400 ms take no part. `None` if there is no block at all.
    """
    blocks = [_sliding_mean(energies, _MOMENTARY_HOPS) for energies in energies_of_tracks]
    powers = np.concatenate(blocks) if blocks else np.empty(0)
    if not len(powers):
        return None
    gate = _relative_gate(powers)
    # The mean passes its own gate, so the last set is never empty.
    return -inf if gate is None else power_to_lufs(float(powers[powers > gate].mean()))


def relative_gate_lufs(energies: Energies) -> float | None:
    """Return the level in LUFS that a 400 ms block must exceed to count; `None` if none does.

    References
    ----------
    ITU-R BS.1770-5 (11/2023), Annex 1, equation 6.
    """
    gate = _relative_gate(_sliding_mean(energies, _MOMENTARY_HOPS))
    return None if gate is None else power_to_lufs(gate)


def loudness_range_from(energies: Energies) -> float | None:
    """Return the loudness range in LU; `None` if under 3 s, or if nothing passes the gates.

    Notes
    -----
    Short-term values step by 100 ms and come from full windows only; no silence is appended.
    So do FFmpeg's meter and the EBU's examples; libebur128 steps by 1 s and can differ by more
    than 1 LU on short programmes.

    References
    ----------
    EBU Tech 3342 (11/2023).
    """
    low, high = (short_term_percentile(energies, percent) for percent in _RANGE_PERCENTS)
    return None if low is None or high is None else high - low


def short_term_percentile(energies: Energies, percent: int) -> float | None:
    """Return the short-term loudness in LUFS that `percent` of the programme stays below.

    The distribution is that of the loudness range: values every 100 ms, at least -70 LUFS,
    and at most 20 LU below the mean power of those. The 95th percentile is therefore the
    upper end of the range. `None` if the programme is under 3 s or silent.

    References
    ----------
    EBU Tech 3342 (11/2023), the reference code's rounding of the percentile's place.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"percent must be 0 to 100, got {percent}")
    powers = _sliding_mean(energies, SHORT_TERM_HOPS)
    powers = np.sort(powers[counts_for_range(powers)])
    if not len(powers):
        return None
    place = (2 * (len(powers) - 1) * percent + 100) // 200  # half away from zero
    return power_to_lufs(float(powers[place]))


def counts_for_range(powers: Energies) -> npt.NDArray[np.bool_]:
    """Return which short-term powers pass the gates of the loudness range (Tech 3342)."""
    heard: npt.NDArray[np.bool_] = powers >= _lufs_to_power(ABSOLUTE_GATE_LUFS)
    if heard.any():
        heard &= powers >= powers[heard].mean() * 10 ** (_RANGE_GATE_LU / 10)
    return heard


def short_term_powers(energies: Energies) -> Energies:
    """Return the K-weighted power of each 3 s, on the grid of `short_term_lufs`."""
    return _sliding_mean(energies, SHORT_TERM_HOPS)


def _weights(
    n_channels: int, dual_mono: bool, weights: Sequence[float] | None
) -> npt.NDArray[np.float64]:
    """Return the weights in pairs, one row per call of the kernel."""
    if weights is None:
        if n_channels not in (1, 2):
            raise ValueError(f"weights are needed for {n_channels} channels")
        weights = [1.0] * n_channels
    if len(weights) != n_channels:
        raise ValueError(f"{n_channels} channels need as many weights, got {len(weights)}")
    if dual_mono and n_channels != 1:
        raise ValueError(f"dual_mono is for one channel, got {n_channels}")
    padded = np.zeros(n_channels + n_channels % 2)
    padded[:n_channels] = weights
    return (2 * padded if dual_mono else padded).reshape(-1, 2)


@dataclass(slots=True)
class _Loudest:
    """The greatest power of any window of `width` bins; `None` before the first."""

    width: int
    power: float | None = None

    @property
    def loudest_lufs(self) -> float | None:
        return None if self.power is None else power_to_lufs(self.power)

    def look(self, bins: Energies) -> None:
        powers = _sliding_mean(bins, self.width)
        if len(powers):
            self.power = max(float(powers.max()), self.power or 0.0)


@dataclass(slots=True)
class _History:
    """What is kept of the power per 10 ms: that per 100 ms, and the loudest windows.

    Windows that are looked at twice, because bins are kept for those to come, do no harm.
    """

    bins: array[float] = field(default_factory=lambda: array("d"))
    n_spent: int = 0  # bins at the head that the energies hold already
    energies: array[float] = field(default_factory=lambda: array("d"))
    momentary: _Loudest = field(default_factory=lambda: _Loudest(_MOMENTARY_BINS))
    short_term: _Loudest = field(default_factory=lambda: _Loudest(_SHORT_TERM_BINS))

    def add(self, bins: Energies) -> None:
        self.bins.frombytes(bins.tobytes())
        if len(self.bins) >= _MANY_BINS:
            self._look()

    def up_to_now(self) -> _History:
        """Return a copy that has looked at every bin: more may follow here."""
        heard = deepcopy(self)
        heard._look()
        return heard

    def _look(self) -> None:
        bins = np.array(self.bins)
        self.momentary.look(bins)
        self.short_term.look(bins)
        fresh = bins[self.n_spent :]
        fresh = fresh[: len(fresh) - len(fresh) % _BINS_PER_HOP]  # a rest of a hop waits
        hops = fresh.reshape(-1, _BINS_PER_HOP).mean(axis=1)
        self.energies.frombytes(hops.tobytes())
        n_dropped = max(0, len(bins) - _KEPT_BINS - _BINS_PER_HOP)
        self.n_spent += len(fresh) - n_dropped
        del self.bins[:n_dropped]


def _relative_gate(powers: Energies) -> float | None:
    """Return the power that blocks must exceed, `None` if none passes the absolute gate."""
    heard = powers[powers > _lufs_to_power(ABSOLUTE_GATE_LUFS)]
    if not len(heard):
        return None
    gate = float(heard.mean()) * 10 ** (_RELATIVE_GATE_LU / 10)
    return max(gate, _lufs_to_power(ABSOLUTE_GATE_LUFS))


def _sliding_mean(values: Energies, width: int) -> Energies:
    """Return the mean of every `width` neighbours; empty if there are fewer.

    Sums are built from sums of 1, 2, 4 … neighbours: a running total would carry what it
    rounds away in loud passages into quiet ones.
    """
    n_windows = len(values) - width + 1
    if n_windows <= 0:
        return np.empty(0)
    total, taken = np.zeros(n_windows), 0
    doubled, length = values, 1
    while taken < width:
        if width & length:
            total += doubled[taken : taken + n_windows]
            taken += length
        doubled, length = doubled[:-length] + doubled[length:], 2 * length
    return total / width


def _to_lufs(powers: Energies) -> Energies:
    decibels = np.full(len(powers), -inf)
    np.log10(powers, out=decibels, where=powers > 0)
    return LOUDNESS_OFFSET_DB + 10 * decibels


def _lufs_to_power(lufs: float) -> float:
    return float(10 ** ((lufs - LOUDNESS_OFFSET_DB) / 10))
