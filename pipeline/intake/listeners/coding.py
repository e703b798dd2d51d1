"""Traces of a lossy coder: whether sound falls into the blocks of one, and into which.

Cut as the coder cut it, and transformed as the coder did, decoded sound shows numbers that were
rounded, many of them to zero; cut one sample beside, it shows none. So the level of a coder's
lines, averaged by their logarithm over all blocks, is the same wherever the blocks begin, but
for one sharp dip at the place where they began for the coder. Resampled, sound lies on other
samples and shows nothing; brought back to the coder's rate it does again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import ceil, gcd
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.lapped import TRANSFORMS, LappedTransform
from pipeline.dsp.resample import Resampler
from pipeline.intake.listening import Figures, Format, Heard

N_PLACES = 8
PLACE_SAMPLES = 8_192  # six blocks of AAC and the length of a response
_LONGEST_RESPONSE_SAMPLES = 2_048
_N_LINES, _N_TOP_LINES = 36, 8
_LOWEST_HZ, _HIGHEST_HZ = 3_000.0, 15_000.0  # below, coders round finely; above, sounds end
_FLOOR = 1e-3  # of a line's mean level: zeros are only as deep as what was added later
_STEADY = 0.01  # no sound varies less
_QUIET = 1e-4  # -80 dBFS: nothing to be learned
_REACH = 16
_MOST_OF_A_LINE, _MOST_OF_A_PLACE = 4.0, 8.0
_SAME_DIP = 6  # a dip is this wide, in samples to each side
_PLOT_REACH = 64

_CODED_HZ = (44_100, 48_000)
"""Rates that nearly everything lossy has, and that mixes are resampled from."""
_CLEAR_LEAD = 3.0  # nobody who leads by so much was resampled
# Where a resampled mix was cut, the coder's samples lie between its own. An eighth of a sample
# beside them, MP3, AAC and Vorbis at 192 kb/s lead by 4 to 7 yet; a quarter beside, by 4.
_BETWEEN = (0.0, 0.5, 0.25, 0.75)

Curve = npt.NDArray[np.float64]
Levels = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class CodingFigures(Figures):
    """How well the blocks of each coder fit the sound.

    Parameters
    ----------
    n_places : int
        How many short places were loud enough to be looked at; with none, all else is empty.
    coder : str
        The coder that fits best.
    coded_hz : int
        The sample rate at which it does: that of the mix, or what it was resampled from.
    lead : float
        How much deeper its dip is than the next deepest elsewhere, in standard deviations of
        the whole curve. Steady tones make dips too, but never only one.
    start_samples : int
        Where its blocks begin, counted from the start of the mix at that rate: the first place
        possible.
    levels : tuple of float
        Level of its lines from 64 samples before that to 64 after, in standard deviations of
        one line.
    """

    name: ClassVar[str] = "coding"

    n_places: int
    coder: str
    coded_hz: int
    lead: float
    start_samples: int
    levels: tuple[float, ...]


class CodingListener:
    """Keeps a few short places of the mix and, at the end, tries every coder on them.

    Notes
    -----
    The places lie evenly over the mix. What was stretched or limited after decoding is not
    recognised, nor what is shorter than a place.
    """

    def __init__(self, wanted: Format) -> None:
        self._rate_hz = wanted.sample_rate_hz
        n_places = min(N_PLACES, wanted.n_samples // (4 * PLACE_SAMPLES))
        self._others_hz = _resampled_from(self._rate_hz)
        # After so many samples all rates have a sample at the same time.
        beat = self._rate_hz // gcd(self._rate_hz, *self._others_hz)
        self._margin = 2 * beat if self._others_hz else 0
        lowest_hz = min((self._rate_hz, *self._others_hz))
        length = ceil(PLACE_SAMPLES * self._rate_hz / lowest_hz) + 2 * self._margin
        spare = wanted.n_samples - n_places * PLACE_SAMPLES
        step = PLACE_SAMPLES + spare // (n_places + 1)
        first = spare // (n_places + 1)
        starts = (first + number * step for number in range(n_places))
        self._starts = [max(self._margin, each // beat * beat) for each in starts]
        self._places = np.zeros((n_places, length, wanted.n_channels))

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        begin, end = heard.start_samples, heard.start_samples + len(heard.audio)
        for place, its_start in zip(self._places, self._starts, strict=True):
            start = its_start - self._margin
            low, high = max(begin, start), min(end, start + len(place))
            if low < high:
                place[low - start : high - start] = heard.audio[low - begin : high - begin]

    def figures(self) -> CodingFigures:
        """Return how well each coder fits."""
        loud = [
            (start, place)
            for start, place in zip(self._starts, self._places, strict=True)
            if np.sqrt(np.mean(place**2)) > _QUIET
        ]
        best = max(self._fits(loud), key=lambda fit: fit.lead * fit.depth, default=None)
        if best is None:
            return CodingFigures(len(loud), "", self._rate_hz, 0.0, 0, ())
        return CodingFigures(
            n_places=len(loud),
            coder=best.coder,
            coded_hz=best.coded_hz,
            lead=round(best.lead, 2),
            start_samples=best.start_samples,
            levels=tuple(np.round(best.curve, 3).tolist()),
        )

    def _fits(self, loud: list[tuple[int, Audio]]) -> Iterator[_Fit]:
        """Yield how each coder fits at the rate of the mix; if none does, at other rates."""
        for rate_hz, places in self._cuts(loud) if loud else ():
            fits = [_fit(each, places, rate_hz) for each in _all_lines(rate_hz)]
            yield from fits
            if any(fit.lead >= _CLEAR_LEAD for fit in fits):
                return

    def _cuts(
        self, loud: list[tuple[int, Audio]]
    ) -> Iterator[tuple[int, list[tuple[int, Audio]]]]:
        """Yield rates, and where places start at each, with what is there."""
        yield self._rate_hz, [(start, _cut(place, self._margin)) for start, place in loud]
        for rate_hz in self._others_hz:
            ratio = rate_hz / self._rate_hz
            # Of what was resampled, half the places tell enough: every mix pays for this.
            there = [
                (round(start * ratio), _resampled(place, self._rate_hz, rate_hz))
                for start, place in loud[::2]
            ]
            for between in _BETWEEN:
                yield (
                    rate_hz,
                    [
                        (start, _cut(_advanced(place, between), round(self._margin * ratio)))
                        for start, place in there
                    ],
                )


def _cut(place: Audio, margin: int) -> Audio:
    return place[margin : margin + PLACE_SAMPLES]


def _resampled_from(sample_rate_hz: int) -> tuple[int, ...]:
    """Return the rates that a mix of one of the usual rates may come from."""
    is_usual = any(sample_rate_hz % each == 0 for each in _CODED_HZ)
    return tuple(each for each in _CODED_HZ if each != sample_rate_hz) if is_usual else ()


def _resampled(audio: Audio, in_hz: int, out_hz: int) -> Audio:
    resampler = Resampler(in_hz, out_hz, audio.shape[1])
    return np.concatenate((resampler.process(audio), resampler.flush()))


def _advanced(audio: Audio, by_samples: float) -> Audio:
    """Return the values that lie so far behind the samples."""
    from scipy.fft import irfft, rfft

    if not by_samples:
        return audio
    turn = np.exp(2j * np.pi * np.fft.rfftfreq(len(audio)) * by_samples)
    moved: Audio = irfft(rfft(audio, axis=0) * turn[:, None], len(audio), axis=0)
    return moved


@dataclass(frozen=True, slots=True)
class _Lines:
    """Some lines of a transform, as filters for a whole place at once."""

    transform: LappedTransform
    filters: Spectrum


@dataclass(frozen=True, slots=True)
class _Fit:
    """How one coder fits: `lead` tells whether at all, `depth` which of two related ones."""

    coder: str
    coded_hz: int
    lead: float
    start_samples: int
    curve: Curve

    @property
    def depth(self) -> float:
        return -float(self.curve[_PLOT_REACH])


@cache
def _all_lines(sample_rate_hz: int) -> tuple[_Lines, ...]:
    return tuple(
        _lines(each, sample_rate_hz)
        for each in TRANSFORMS
        if each.rates_hz[0] <= sample_rate_hz <= each.rates_hz[1]
    )


def _lines(transform: LappedTransform, sample_rate_hz: int) -> _Lines:
    from scipy.fft import rfft

    per_hz = 2 * transform.hop_samples / sample_rate_hz
    numbers = np.linspace(_LOWEST_HZ * per_hz, _HIGHEST_HZ * per_hz, _N_LINES)
    if transform.top_line is not None:
        top = np.linspace(transform.top_line + 2, 0.92 * transform.hop_samples, _N_TOP_LINES)
        numbers = np.concatenate((numbers, top))
    responses = [transform.response(int(number)) for number in numbers]
    spectra = np.array([rfft(each, PLACE_SAMPLES) for each in responses])
    return _Lines(transform, np.conj(spectra).astype(np.complex64))


def _fit(lines: _Lines, places: list[tuple[int, Audio]], rate_hz: int) -> _Fit:
    """Return how far the dip stands out, by the place where blocks begin.

    No place counts for more than `_MOST_OF_A_PLACE`: one accident makes no coder.
    """
    hop = lines.transform.hop_samples
    grid = lines.transform.grid_samples or hop
    curves = [np.roll(_curve(lines, place), start % hop) for start, place in places]
    depths = np.array([_depths(curve[None].astype(np.float32))[0] for curve in curves])
    capped = np.minimum(depths, _MOST_OF_A_PLACE)
    dips = capped.reshape(len(places), -1, grid).max(axis=1).mean(axis=0)
    start = int(np.argmax(dips))
    elsewhere = np.roll(dips, -start)[_SAME_DIP + 1 : -_SAME_DIP]
    spread = float(np.std(capped.mean(axis=0)))
    lead = float(dips[start] - elsewhere.max()) / spread if spread else 0.0
    curve = _middled(curves, depths, start, grid)
    return _Fit(lines.transform.coder, rate_hz, lead, start, curve)


def _middled(curves: list[Curve], depths: Levels, start: int, grid: int) -> Curve:
    """Return the mean of the curves around the dip that each has on the grid."""
    reach = np.arange(-_PLOT_REACH, _PLOT_REACH + 1)
    total = np.zeros(len(reach))
    for curve, depth in zip(curves, depths, strict=True):
        place = start + grid * int(depth[start::grid].argmax())
        total += curve[(place + reach) % len(curve)]
    return total / len(curves)


def _curve(lines: _Lines, place: Audio) -> Curve:
    """Return the level of the lines against that nearby, by the place where blocks begin.

    Each line is measured in its own standard deviations, and none counts for more than
    `_MOST_OF_A_LINE`: a steady tone crosses zero too.
    """
    hop = lines.transform.hop_samples
    views = [_log_levels(levels, hop) for levels in _views(_through(lines, place))]
    depths = np.minimum(_depths(np.concatenate(views)), _MOST_OF_A_LINE)
    curve: Curve = -depths.sum(axis=0, dtype=np.float64) / max(1, len(depths))
    return curve


def _through(lines: _Lines, place: Audio) -> Levels:
    """Return the number that each line would have, wherever a block began, per channel."""
    from scipy.fft import irfft, rfft

    hop = lines.transform.hop_samples
    n_starts = (PLACE_SAMPLES - _LONGEST_RESPONSE_SAMPLES) // hop * hop
    heard = place.T.astype(np.float32)
    heard[:, 1:] -= np.float32(lines.transform.emphasis) * heard[:, :-1]
    numbers: Levels = irfft(rfft(heard)[:, None] * lines.filters, PLACE_SAMPLES)
    return numbers[:, :, :n_starts]


def _views(channels: Levels) -> tuple[Levels, ...]:
    """Return the channels and, of stereo, their sum and difference: coders choose by block."""
    if len(channels) == 1:
        return (channels[0],)
    left, right = channels
    return (left, right, left + right, left - right)


def _log_levels(levels: Levels, hop: int) -> Levels:
    """Return the mean logarithm over all blocks, a row for each line that sounds."""
    means = np.sqrt(np.mean(levels * levels, axis=1))
    sounding = means > _QUIET * _FLOOR
    scaled = np.abs(levels[sounding]) / means[sounding, None]
    np.maximum(scaled, np.float32(_FLOOR), out=scaled)
    blocks = np.log(scaled, out=scaled).reshape(len(scaled), levels.shape[1] // hop, hop)
    rows: Levels = blocks.mean(axis=1)
    return rows


def _depths(rows: Levels) -> Levels:
    """Return how far each value lies below those on both sides, in standard deviations."""
    n = rows.shape[1]
    around = np.concatenate((rows[:, -_REACH - 1 :], rows, rows[:, : _REACH + 1]), axis=1)
    sums = np.cumsum(around, axis=1)  # sums[i + m] - sums[i] has the m values behind the i-th
    means = (sums[:, _REACH - 1 :] - sums[:, : 1 - _REACH]) / (_REACH - 1)
    depths: Levels = np.minimum(means[:, :n], means[:, -n - 1 : -1]) - rows
    depths -= depths.mean(axis=1, keepdims=True)
    spreads = np.sqrt(np.mean(depths * depths, axis=1, keepdims=True))
    return np.divide(depths, spreads, out=np.zeros_like(depths), where=spreads > _STEADY)
