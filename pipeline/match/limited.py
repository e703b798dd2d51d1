"""Songs as they leave the limiter, worked out on cells of 32 samples; no audio is rendered.

The limiter's law is run on the cells (`pipeline.dsp.cells`), and the K-weighted power of each
cell is turned down as the limiter would turn it down. The law is the limiter's own code, so
what is predicted is what comes out, to some hundredths of a LU.

Songs that touch share a limiter, which still holds down the start of one after the end of the
other; where they overlap, their peaks add.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from pipeline.dsp.cells import Cells
from pipeline.dsp.limiter import GainLaw, LimiterSettings
from pipeline.dsp.loudness import integrated_from, power_to_lufs, short_term_percentile
from pipeline.dsp.truepeak import CELL_SAMPLES

Row = npt.NDArray[np.float64]

LOUD_PASSAGES_PERCENT = 95
# What a limiter still knows of the music before a song: its slow release, five times over.
_BEFORE_S = 4.0
_BLOCK_S = 0.4  # a gating block reaches so far past the music


class Match(StrEnum):
    """What of a song is brought to its aim.

    `INTEGRATED` is the gated loudness of BS.1770 of the whole song. `LOUD_PASSAGES` is the
    short-term loudness (3 s, every 100 ms, gated as for the loudness range of Tech 3342) that
    the song stays below for 95 % of its time; songs under 3 s count with their whole.
    """

    INTEGRATED = "integrated"
    LOUD_PASSAGES = "loud_passages"


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """One song in its segment.

    Parameters
    ----------
    id : str
        The track's id.
    cells : Cells
        The song before its gain, at the album's rate (`Cells.at_rate`).
    start_cell : int
        Where its first cell lies in the segment, 0 or more.
    fade : ndarray or None
        Linear gain of each cell from fades and crossfades; None is 1 throughout.
    aim_lufs : float or None
        How loud the limited song shall be; None leaves it at `gain_db`.
    gain_db : float
        Gain of a song without aim, which is frozen; of the others, ignored by `solve`.
    """

    id: str
    cells: Cells
    start_cell: int = 0
    fade: npt.NDArray[np.floating] | None = None
    aim_lufs: float | None = None
    gain_db: float = 0.0

    @property
    def stop_cell(self) -> int:
        """The cell in the segment after its last one."""
        return self.start_cell + len(self.cells)


def peak_dbtp(song: Song) -> float:
    """Return the highest reading of the song with its fades and before its gain, in dBTP."""
    highest = max((float(peak.max()) for peak, _ in _faded(song)), default=0.0)
    return 20.0 * math.log10(highest) if highest > 0.0 else -math.inf


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One song as it leaves the limiter.

    Parameters
    ----------
    energies : ndarray
        K-weighted power per complete 100 ms, as `pipeline.dsp.loudness` has it.
    max_reduction_db : float
        Largest reduction within the song.
    """

    energies: Row
    max_reduction_db: float

    def reading_lufs(self, match: Match) -> float | None:
        """Return what `match` reads, in LUFS; None of silence."""
        read = None
        if match is Match.LOUD_PASSAGES:
            read = short_term_percentile(self.energies, LOUD_PASSAGES_PERCENT)
        if read is None:
            read = integrated_from(self.energies)
        if read is None and len(self.energies):
            read = power_to_lufs(float(self.energies.mean()))
        return read if read is not None and math.isfinite(read) else None


def outcome(songs: Sequence[Song], place: int, *, limiter: LimiterSettings | None) -> Outcome:
    """Return what comes of the song at `place`, all songs at their `gain_db`."""
    song = songs[place]
    energies, max_db = [], 0.0
    start, stop = song.start_cell, song.stop_cell
    reductions = _reductions(songs, start, stop, limiter) if limiter else None
    for _, power in _faded(song):
        limited = power * 10.0 ** (song.gain_db / 10.0)
        if reductions:
            gain, reduced_db = next(reductions)
            limited *= gain * gain
            max_db = max(max_db, reduced_db)
        energies.append(_per_100_ms(limited, song.cells.sample_rate_hz))
    return Outcome(np.concatenate(energies) if energies else np.empty(0), max_db)


def heard_lufs(
    songs: Sequence[Song],
    first: int,
    stop: int,
    *,
    limiter: LimiterSettings | None,
    is_before_silence: bool,
) -> float | None:
    """Return the integrated loudness between two marks of a segment, whoever plays there.

    Parameters
    ----------
    songs : sequence of Song
        All songs of the segment at their `gain_db`.
    first, stop : int
        The marks, in cells of the segment.
    limiter : LimiterSettings or None
        The limiter that follows.
    is_before_silence : bool
        Whether a gap follows in the same file, which the last gating blocks reach into.

    Returns
    -------
    float or None
        In LUFS; None of silence.
    """
    rate_hz = songs[0].cells.sample_rate_hz
    reductions = _reductions(songs, first, stop, limiter) if limiter else None
    silent = round(_BLOCK_S * rate_hz / CELL_SAMPLES) if is_before_silence else 0
    energies = []
    for begin in range(first, stop + silent, rate_hz):
        power = np.zeros(min(rate_hz, stop + silent - begin))
        _add_power(songs, begin, min(begin + rate_hz, stop), power)
        if reductions and begin < stop:
            gain, _ = next(reductions)
            power[: len(gain)] *= gain**2
        energies.append(_per_100_ms(power, rate_hz))
    found = integrated_from(np.concatenate(energies)) if energies else None
    return found if found is not None and math.isfinite(found) else None


def _add_power(songs: Sequence[Song], first: int, stop: int, power: Row) -> None:
    """Add the power of all songs in cells of the segment, before the limiter."""
    for song in songs:
        begin, end = max(first, song.start_cell), min(stop, song.stop_cell)
        if begin < end:
            own = slice(begin - song.start_cell, end - song.start_cell)
            fade = 1.0 if song.fade is None else song.fade[own] ** 2
            gain = 10.0 ** (song.gain_db / 10.0)
            power[begin - first : end - first] += song.cells.power[own] * fade * gain


def _reductions(
    songs: Sequence[Song], first: int, stop: int, limiter: LimiterSettings
) -> Iterator[tuple[Row, float]]:
    """Yield the mean gain in each cell and the largest reduction, chunk by chunk."""
    rate_hz = songs[0].cells.sample_rate_hz
    law = GainLaw(limiter, rate_hz)
    delay, ahead = law.delay_cells, law.lookahead_cells
    weights = law.weights.mean(axis=1)
    start = max(0, first - round(_BEFORE_S * rate_hz / CELL_SAMPLES))
    past_db = law.next(_peaks(songs, start, first + delay))[-ahead:]
    for begin in range(first, stop, rate_hz):
        end = min(begin + rate_hz, stop)
        now_db = law.next(_peaks(songs, begin + delay, end + delay))
        gains = np.ones(ahead + len(now_db))
        moved = np.flatnonzero(known_db := np.concatenate((past_db, now_db)))
        gains[moved] = 10.0 ** (known_db[moved] / -20.0)
        past_db = known_db[-ahead:]
        yield np.convolve(gains, weights, "valid"), float(now_db.max())


def _peaks(songs: Sequence[Song], first: int, stop: int) -> Row:
    """Return the highest reading in cells of the segment; of overlapping songs, roughly.

    Two songs seldom peak together, so their peaks are added as powers.
    """
    peaks = np.zeros(stop - first)
    for song in songs:
        begin, end = max(first, song.start_cell), min(stop, song.stop_cell)
        if begin >= end:
            continue
        own = slice(begin - song.start_cell, end - song.start_cell)
        peak = song.cells.peak[own] * 10.0 ** (song.gain_db / 20.0)
        if song.fade is not None:
            peak = peak * song.fade[own]
        here = peaks[begin - first : end - first]
        here[:] = np.hypot(here, peak) if here.any() else peak
    return peaks


def _faded(song: Song) -> Iterator[tuple[Row, Row]]:
    """Yield peak and power in chunks of 32 s: whole numbers of cells and of 100 ms."""
    for first in range(0, len(song.cells), song.cells.sample_rate_hz):
        chunk = slice(first, first + song.cells.sample_rate_hz)
        peak = song.cells.peak[chunk].astype(np.float64)
        power = song.cells.power[chunk].astype(np.float64)
        if song.fade is not None:
            peak, power = peak * song.fade[chunk], power * song.fade[chunk] ** 2
        yield peak, power


def _per_100_ms(power: Row, rate_hz: int) -> Row:
    """Return the mean power per complete 100 ms of one chunk."""
    bin_cells = rate_hz / 10 / CELL_SAMPLES
    n_bins = len(power) * CELL_SAMPLES * 10 // rate_hz
    total = np.concatenate(([0.0], np.cumsum(power)))
    at_edges = np.interp(np.arange(n_bins + 1) * bin_cells, np.arange(len(total)), total)
    energies: Row = np.maximum(np.diff(at_edges), 0.0) / bin_cells
    return energies
