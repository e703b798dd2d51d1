"""Two files of one recording, laid upon each other sample by sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.resample import Resampler
from pipeline.intake.decode import BLOCK_SAMPLES, SourceReader

Floats = npt.NDArray[np.float64]
Spectrum = npt.NDArray[np.complex128]

_EXCERPT_SAMPLES = 1 << 18
_SLACK_S = 0.5  # two cells of a fingerprint
_PLACES = (0.5, 0.25, 0.75)  # of what both files have
_SWAPPED_BY = 1.15  # the other way round must fit better by this: in a wide mix it does by more
_SIDE_TELLS = 0.3
_LEAST_SHARE = 1e-13  # of the strongest frequency: what is weaker is noise
_BLOCK_S = 0.1
_AUDIBLE_DB = 40.0  # blocks so far below the loudest say nothing of levels
_LEAST_POWER = 1e-20


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one file is to another of the same recording.

    Parameters
    ----------
    offset_samples : int
        How much later the second has what the first has, at the first's sample rate.
    fit : float
        How clearly they fit there, 0 to 1: over 0.1 it is no chance.
    is_swapped, is_inverted : bool
        Whether the second has left and right the other way round, or is turned over.
    gain_db : float
        Level of the second over the first where neither is limited.
    residual_db : float
        What is left when the first, with one gain for all, is taken from the second; relative
        to the second, -200 if nothing is.
    following_residual_db : float
        The same with a gain of its own every 100 ms, which takes limiters and fades along.
    crest_drop_db : float
        How much less the peaks of the second stand over its mean than those of the first;
        negative if it is the other way round.
    reduction_db, loud_reduction_db : float
        How far the peaks of the denser one are held down: at most, and in the loudest tenth.
    """

    offset_samples: int
    fit: float = 1.0
    is_swapped: bool = False
    is_inverted: bool = False
    gain_db: float = 0.0
    residual_db: float = -200.0
    following_residual_db: float = -200.0
    crest_drop_db: float = 0.0
    reduction_db: float = 0.0
    loud_reduction_db: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return values that JSON holds."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        return cls(**data)


IDENTICAL = Comparison(0)


def compare(
    first: Path,
    *seconds: Path,
    offset_s: float,
    advanced: Callable[[float], None] | None = None,
) -> Comparison:
    """Lay two files upon each other and return how they differ.

    Parameters
    ----------
    first, *seconds : Path
        The files; the second is brought to the sample rate of the first. Several are added up:
        stems of equal length and rate.
    offset_s : float
        How much later the second is, to half a second.
    advanced : callable, optional
        Told the fraction that has been compared, 0 to 1.

    Raises
    ------
    SourceError
        If a file cannot be read.
    """
    with ExitStack() as stack:
        one = _Added([stack.enter_context(SourceReader(first))])
        two = _Added([stack.enter_context(SourceReader(each)) for each in seconds])
        fit = _fit(one, two, offset_s)
        rate_hz = one.sample_rate_hz
        left = _Stream(one, rate_hz, max(0, -fit.offset_samples))
        right = _Stream(two, rate_hz, max(0, fit.offset_samples))
        sums = _Sums(fit, block_samples=max(1, round(_BLOCK_S * rate_hz)))
        while sums.add(left.read(BLOCK_SAMPLES), right.read(BLOCK_SAMPLES)):
            if advanced:
                advanced(min(1.0, sums.n_samples / one.n_samples))
    return sums.comparison()


class _Added:
    """Files of equal length and rate, read as their sum."""

    def __init__(self, readers: Sequence[SourceReader]) -> None:
        self._readers = readers
        self.n_samples = min(each.n_samples for each in readers)
        self.sample_rate_hz = readers[0].sample_rate_hz

    def seek(self, start_samples: int) -> None:
        for each in self._readers:
            each.seek(start_samples)

    def read(self, n_samples: int) -> Audio:
        first, *others = (each.read(n_samples) for each in self._readers)
        for each in others:
            first += each
        return first


@dataclass(frozen=True, slots=True)
class _Fit:
    """Where and which way round the second file lies upon the first."""

    strength: float
    offset_samples: int
    is_swapped: bool
    is_inverted: bool

    def compared(self, **levels: float) -> Comparison:
        return Comparison(
            self.offset_samples,
            round(self.strength, 3),
            self.is_swapped,
            self.is_inverted,
            **levels,
        )


def _fit(one: _Added, two: _Added, offset_s: float) -> _Fit:
    """Return the fit of the place where both agree best."""
    rate_hz = one.sample_rate_hz
    start_s = max(0.0, -offset_s)
    shared_s = min(
        one.n_samples / rate_hz - start_s,
        two.n_samples / two.sample_rate_hz - max(0.0, offset_s),
    )
    length_s = min(_EXCERPT_SAMPLES / rate_hz, shared_s)
    starts_s = {start_s + place * max(0.0, shared_s - length_s) for place in _PLACES}
    return max(
        (_fit_at(one, two, each, offset_s, length_s=length_s) for each in sorted(starts_s)),
        key=lambda fit: fit.strength,
    )


def _fit_at(
    one: _Added, two: _Added, start_s: float, offset_s: float, *, length_s: float
) -> _Fit:
    rate_hz = one.sample_rate_hz
    n_samples, start = round(length_s * rate_hz), round(start_s * rate_hz)
    there = max(0, round((start_s + offset_s - _SLACK_S) * rate_hz))
    slack = round(_SLACK_S * rate_hz)
    # Where an excerpt is cut, it jumps: both would fit best with cut upon cut.
    a = _faded(_excerpt(one, rate_hz, start, n_samples), n_samples // 2)
    b = _faded(_excerpt(two, rate_hz, there, n_samples + 2 * slack), slack)
    strength, lag, is_swapped = _laid(a, b)
    return _Fit(abs(strength), there + lag - start, is_swapped, strength < 0.0)


def _excerpt(reader: _Added, rate_hz: int, start: int, n_samples: int) -> Audio:
    return _Stream(reader, rate_hz, start).read(n_samples)


def _faded(audio: Audio, n_edge: int) -> Audio:
    """Return it with both ends faded over so many samples, or over as many as there are."""
    rise = np.sin(0.5 * np.pi * np.linspace(0.0, 1.0, min(n_edge, len(audio) // 2)))[:, None]
    faded = audio.copy()
    faded[: len(rise)] *= rise**2
    faded[len(faded) - len(rise) :] *= rise[::-1] ** 2
    return faded


def _laid(a: Audio, b: Audio) -> tuple[float, int, bool]:
    """Return how well `a` fits into `b`, -1 to 1, how far behind its start, and if crossed.

    The phase transform again (see `pipeline.dsp.alignment`), but of one long window.
    """
    from scipy.fft import next_fast_len, rfft

    if not len(a) or not len(b):
        return 0.0, 0, False
    size = next_fast_len(max(len(a), len(b)), real=True)
    one, two = rfft(a.T, size), rfft(b.T, size)
    straight, crossed = (_correlated(one, there, size) for there in (two, two[::-1]))
    n_lags = max(1, len(b) - len(a) + 1)
    lag = int(np.maximum(np.abs(straight), np.abs(crossed))[:n_lags].argmax())
    # In a narrow mix both ways fit: there the difference of the sides tells, if there is any.
    side = float(_correlated(one[:1] - one[1:], two[:1] - two[1:], size)[lag])
    if abs(side) > _SIDE_TELLS:
        is_swapped = side * float(straight[lag] + crossed[lag]) < 0.0
    else:
        is_swapped = float(abs(crossed[lag])) > _SWAPPED_BY * float(abs(straight[lag]))
    return float((crossed if is_swapped else straight)[lag]), lag, is_swapped


def _correlated(one: Spectrum, two: Spectrum, size: int) -> Floats:
    """Return how well channels fit by lag, all frequencies with one weight."""
    from scipy.fft import irfft

    powers = np.sqrt((np.abs(one) ** 2).sum(axis=0) * (np.abs(two) ** 2).sum(axis=0))
    powers = np.maximum(powers, _LEAST_SHARE * max(float(powers.max()), _LEAST_POWER))
    lags: Floats = irfft((one.conj() * two).sum(axis=0) / powers, size)
    return lags


class _Stream:
    """A file from a place on, in stereo and at the rate that is wanted."""

    def __init__(self, reader: _Added, rate_hz: int, start_samples: int) -> None:
        self._reader = reader
        self._resampler = Resampler(reader.sample_rate_hz, rate_hz, 2)
        at = round(start_samples * reader.sample_rate_hz / rate_hz)
        reader.seek(min(at, reader.n_samples))
        self._kept = np.empty((0, 2))
        self._has_ended = False

    def read(self, n_samples: int) -> Audio:
        """Return the next samples, fewer at the end."""
        parts, n_there = [self._kept], len(self._kept)
        while n_there < n_samples and not self._has_ended:
            block = self._reader.read(BLOCK_SAMPLES)
            self._has_ended = not len(block)
            parts.append(
                self._resampler.flush() if self._has_ended else self._resampler.process(block)
            )
            n_there += len(parts[-1])
        known = np.concatenate(parts)
        self._kept = known[n_samples:].copy()
        return known[:n_samples]


class _Sums:
    """Powers, products and peaks of both files, per 100 ms."""

    def __init__(self, fit: _Fit, *, block_samples: int) -> None:
        self._fit, self._block = fit, block_samples
        self._kept = np.empty((0, 4))
        self._rows: list[Floats] = []
        self.n_samples = 0

    def add(self, first: Audio, second: Audio) -> int:
        """Take as much as both files have, and return how much that is."""
        n_both = min(len(first), len(second))
        second = second[:n_both, ::-1] if self._fit.is_swapped else second[:n_both]
        known = np.concatenate((self._kept, np.hstack((first[:n_both], second))))
        whole = len(known) - len(known) % self._block
        if whole:
            blocks = known[:whole].reshape(-1, self._block, 4)
            self._rows.append(_measured(blocks[..., :2], blocks[..., 2:]))
        self._kept = known[whole:].copy()
        self.n_samples += n_both
        return n_both

    def comparison(self) -> Comparison:
        """Return what the sums say."""
        fit = self._fit
        if not self._rows:
            return fit.compared()
        blocks = np.concatenate(self._rows)
        powers = blocks[:, 0]
        loud = blocks[
            powers > max(float(powers.max()), _LEAST_POWER) * 10 ** (-_AUDIBLE_DB / 10)
        ]
        return fit.compared(**_levels(blocks, loud))


def _measured(first: Audio, second: Audio) -> Floats:
    """Return a row per block: both powers, their product, both peaks."""
    return np.column_stack(
        (
            np.square(first).sum(axis=(1, 2)),
            np.square(second).sum(axis=(1, 2)),
            (first * second).sum(axis=(1, 2)),
            np.abs(first).max(axis=(1, 2)),
            np.abs(second).max(axis=(1, 2)),
        )
    )


def _levels(blocks: Floats, loud: Floats) -> dict[str, float]:
    if not len(loud):
        return {}
    first, second, product, *_ = blocks.T
    followed = second - product**2 / np.maximum(first, _LEAST_POWER)
    left = second.sum() - product.sum() ** 2 / max(first.sum(), _LEAST_POWER)
    crest_drop_db = _db(_crest(blocks, 0)) - _db(_crest(blocks, 1))
    ratios_db = 10.0 * np.log10(_ratio(loud[:, 1], loud[:, 0]))
    peaks_db = 20.0 * np.log10(_ratio(loud[:, 4], loud[:, 3]))
    # A limiter leaves the quiet blocks alone: there is the gain between both files.
    gain_db = float(np.percentile(ratios_db, 90.0 if crest_drop_db > 0.0 else 10.0))
    held_db = gain_db - peaks_db if crest_drop_db > 0.0 else peaks_db - gain_db
    loudest = loud[:, 0] >= np.percentile(loud[:, 0], 90.0)
    return {
        "gain_db": round(gain_db, 2),
        "residual_db": round(_db(left / max(second.sum(), _LEAST_POWER)), 1),
        "following_residual_db": round(
            _db(followed.clip(0.0).sum() / max(second.sum(), _LEAST_POWER)), 1
        ),
        "crest_drop_db": round(crest_drop_db, 2),
        "reduction_db": round(max(0.0, float(held_db.max())), 1),
        "loud_reduction_db": round(max(0.0, float(held_db[loudest].mean())), 1),
    }


def _crest(blocks: Floats, which: int) -> float:
    """Return the squared peak over the summed power of one file."""
    return float(blocks[:, 3 + which].max() ** 2 / max(blocks[:, which].sum(), _LEAST_POWER))


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.maximum(above, 1e-10) / np.maximum(below, 1e-10)


def _db(ratio: float) -> float:
    return float(10.0 * np.log10(max(ratio, _LEAST_POWER)))
