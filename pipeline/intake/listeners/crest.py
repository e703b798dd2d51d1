"""The crests of the waveform: how high they are, how often, and whether they were cut flat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel
from pipeline.intake.listening import Figures, Format, Heard

FRAMES_PER_S = 10
CREST = 0.9
"""Above this part of the channel's peak, flat runs are its crests, cut off."""
MIDDLE = 0.2
"""From here to `CREST`, flat runs are the waveform's own: squares, held samples."""
N_PLACES = 20
HIGH_DB, MIDDLE_DB = (0.0, 1.0), (6.0, 12.0)

PER_OCTAVE = 64
SHOWN_LEVELS = 2 * PER_OCTAVE
_MANTISSA_SHIFT = 46  # what this leaves of a float64 counts levels, 64 to the octave
_LOWEST_OCTAVE, _HIGHEST_OCTAVE = -12, 16
_FIRST_LEVEL = (1023 + _LOWEST_OCTAVE) * PER_OCTAVE
_N_LEVELS = (_HIGHEST_OCTAVE - _LOWEST_OCTAVE) * PER_OCTAVE
_N_STATES = 12
_MAGNITUDE = 0x7FFF_FFFF_FFFF_FFFF

# Equal within half a step of 16 bits: a gain after clipping rounds each sample alike.
_FLAT = 1e-5
# The crest of a low tone is flat too, but the waveform turns into it slowly: at 80 Hz and
# 48 kHz neighbours of equal samples differ by 1e-4 of the level.
_ABRUPT = 1e-3

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CrestFigures(Figures):
    """The crests of the waveform; one value for each channel, unless said otherwise.

    Parameters
    ----------
    highest, lowest : tuple of float
        The extremes, full scale 1.0; zero counts as heard.
    n_flat : tuple of int
        Runs of three samples or more that are equal, above 0.9 of the channel's peak, and that
        the waveform enters or leaves abruptly.
    n_flat_below : tuple of int
        The same between a fifth and 0.9 of the peak.
    flat_share : tuple of float
        Share of all samples that lie in the flat crests.
    crest_share, middle_share : tuple of float
        Share of all samples that lie above 0.9 of the peak, and from a fifth to 0.9 of it.
    flat_places_samples : tuple of int
        Where the first twenty of them end, over all channels.
    histogram : tuple of float
        Share of samples at each level of the channel with the higher peak, up to its peak:
        two octaves, in 64 steps each.
    n_waves_high, n_waves_middle : int
        Half-waves whose crest is within 1 dB of their channel's peak, and 6 to 12 dB below it;
        of all channels together.
    fill_high, fill_middle : float
        How full they are, on average: mean square against the square of the crest. A sine has
        0.5, a square 1; in music tall waves are leaner than others.
    frames_near : tuple of (float, float)
        Share of the 100 ms whose peak, over all channels, is within 0.1 and 1 dB of the file's.
    reaching_spread_db : float
        Standard deviation of the level of those 100 ms that come within 0.1 dB of the peak: of
        a steady tone and of a repeated sample none, behind a limiter some.
    """

    name: ClassVar[str] = "crest"

    highest: tuple[float, ...]
    lowest: tuple[float, ...]
    n_flat: tuple[int, ...]
    n_flat_below: tuple[int, ...]
    flat_share: tuple[float, ...]
    crest_share: tuple[float, ...]
    middle_share: tuple[float, ...]
    flat_places_samples: tuple[int, ...]
    histogram: tuple[float, ...]
    n_waves_high: int
    n_waves_middle: int
    fill_high: float
    fill_middle: float
    frames_near: tuple[float, float]
    reaching_spread_db: float

    @property
    def peaks(self) -> tuple[float, ...]:
        """Highest magnitude of each channel."""
        return tuple(
            max(pair[0], -pair[1]) for pair in zip(self.highest, self.lowest, strict=True)
        )


class CrestListener:
    """Counts samples by level, and flat runs by level, for the peak is known at the end only.

    Notes
    -----
    Memory grows by 80 bytes per second, for the peaks of all 100 ms.
    """

    def __init__(self, wanted: Format) -> None:
        n_channels = wanted.n_channels
        self._n_samples = wanted.n_samples
        self._frame_samples = max(1, round(wanted.sample_rate_hz / FRAMES_PER_S))
        self._frames = np.zeros((2, -(-wanted.n_samples // self._frame_samples)))
        self._levels = np.zeros((n_channels, _N_LEVELS), dtype=np.int64)
        self._flat = np.zeros((2, n_channels, _N_LEVELS), dtype=np.int64)
        self._places = np.zeros((n_channels, N_PLACES), dtype=np.int64)
        self._waves = np.zeros((2, n_channels, _N_LEVELS))
        self._state = np.zeros((n_channels, _N_STATES))

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        block = np.ascontiguousarray(heard.audio)
        note_crests(
            block,
            block.view(np.int64),
            heard.start_samples,
            self._frame_samples,
            self._frames,
            self._levels,
            self._flat,
            self._places,
            self._waves,
            self._state,
        )

    def figures(self) -> CrestFigures:
        """Return what was counted."""
        highest, lowest = self._state[:, 3], self._state[:, 4]
        peaks = np.maximum(highest, -lowest)
        tops = _level_of(peaks)
        crests, middles = _level_of(CREST * peaks), _level_of(MIDDLE * peaks)
        runs, samples = self._flat
        loudest = int(peaks.argmax())
        n_samples = max(1, self._n_samples)
        shown = self._levels[
            loudest, max(0, tops[loudest] + 1 - SHOWN_LEVELS) : tops[loudest] + 1
        ]
        n_high, fill_high = self._fill(peaks, HIGH_DB)
        n_middle, fill_middle = self._fill(peaks, MIDDLE_DB)
        ends = np.full_like(tops, _N_LEVELS)
        return CrestFigures(
            highest=tuple(highest.tolist()),
            lowest=tuple(lowest.tolist()),
            n_flat=_between(runs, crests, ends),
            n_flat_below=_between(runs, middles, crests),
            flat_share=_shares(_between(samples, crests, ends), n_samples),
            crest_share=_shares(_between(self._levels, crests, ends), n_samples),
            middle_share=_shares(_between(self._levels, middles, crests), n_samples),
            flat_places_samples=self._first_places(),
            histogram=tuple((shown / n_samples).tolist()),
            n_waves_high=n_high,
            n_waves_middle=n_middle,
            fill_high=fill_high,
            fill_middle=fill_middle,
            frames_near=_frames_near(self._frames[0]),
            reaching_spread_db=_spread_db(self._frames),
        )

    def _first_places(self) -> tuple[int, ...]:
        kept = [
            int(place)
            for places, state in zip(self._places, self._state, strict=True)
            for place in places[: int(state[7])]
        ]
        return tuple(sorted(kept)[:N_PLACES])

    def _fill(self, peaks: Floats, below_db: tuple[float, float]) -> tuple[int, float]:
        """Return how many half-waves have their crest so far below the peak, and their fill."""
        top_db, bottom_db = below_db
        ends = _level_of(peaks * 10.0 ** (-top_db / 20.0)) + (top_db == 0.0)
        starts = _level_of(peaks * 10.0 ** (-bottom_db / 20.0))
        n_waves, fill = sum(
            self._waves[:, channel, start:end].sum(axis=1)
            for channel, (start, end) in enumerate(zip(starts, ends, strict=True))
        )
        return int(n_waves), float(fill / max(1.0, n_waves))


@kernel
def note_crests(  # noqa: PLR0917 - a compiled function has no keyword-only arguments
    block: Audio,
    bits: Counts,
    position: int,
    frame_samples: int,
    frames: Floats,
    levels: Counts,
    flat: Counts,
    places: Counts,
    waves: Floats,
    state: Floats,
) -> None:
    """Count samples and flat runs by level, and keep extremes, frame peaks and first places.

    `bits` are those of `block`: their upper part is the level. A row of `state` is one channel:
    last sample, step into the run, its length, highest, lowest, level of the last sample, peak
    when the places were begun, number of places; and of the half-wave its crest, energy, length
    and the level of its crest.
    """
    for channel in range(block.shape[1]):
        last, entry, length = state[channel, 0], state[channel, 1], int(state[channel, 2])
        highest, lowest = state[channel, 3], state[channel, 4]
        last_level, begun, n_places = (
            int(state[channel, 5]), state[channel, 6], int(state[channel, 7])
        )  # fmt: skip
        crest, energy, n_wave = state[channel, 8], state[channel, 9], state[channel, 10]
        crest_level = int(state[channel, 11])
        for i in range(block.shape[0]):
            value = block[i, channel]
            level = ((bits[i, channel] & _MAGNITUDE) >> _MANTISSA_SHIFT) - _FIRST_LEVEL
            level = min(max(level, 0), _N_LEVELS - 1)
            levels[channel, level] += 1
            frame = (position + i) // frame_samples
            frames[0, frame] = max(frames[0, frame], abs(value))
            frames[1, frame] += value * value
            step = abs(value - last)
            if step <= _FLAT * abs(last):
                length += 1
            else:
                if length >= 3 and max(entry, step) > _ABRUPT * abs(last):
                    flat[0, channel, last_level] += 1
                    flat[1, channel, last_level] += length
                    peak = max(highest, -lowest)
                    if abs(last) >= CREST * peak:
                        if begun < CREST * peak:
                            begun, n_places = peak, 0
                        if n_places < places.shape[1]:
                            places[channel, n_places] = position + i
                            n_places += 1
                length = 1
                entry = step
            if (value > 0.0) != (last > 0.0):
                if n_wave >= 4.0 and crest_level > 0:
                    waves[0, channel, crest_level] += 1.0
                    waves[1, channel, crest_level] += energy / (crest * crest * n_wave)
                crest, energy, n_wave, crest_level = 0.0, 0.0, 0.0, 0
            if abs(value) > crest:
                crest, crest_level = abs(value), level
            energy += value * value
            n_wave += 1.0
            highest, lowest = max(highest, value), min(lowest, value)
            last, last_level = value, level
        state[channel, 0], state[channel, 1], state[channel, 2] = last, entry, length
        state[channel, 3], state[channel, 4] = highest, lowest
        state[channel, 8], state[channel, 9], state[channel, 10] = crest, energy, n_wave
        state[channel, 11] = crest_level
        state[channel, 5], state[channel, 6], state[channel, 7] = last_level, begun, n_places


def _level_of(magnitudes: Floats) -> Counts:
    found = (np.ascontiguousarray(magnitudes).view(np.int64) >> _MANTISSA_SHIFT) - _FIRST_LEVEL
    levels: Counts = np.clip(found, 0, _N_LEVELS - 1)
    return levels


def _between(counts: Counts, starts: Counts, ends: Counts) -> tuple[int, ...]:
    rows = zip(counts, starts, ends, strict=True)
    return tuple(int(row[start:end].sum()) for row, start, end in rows)


def _shares(counts: tuple[int, ...], n_samples: int) -> tuple[float, ...]:
    return tuple(count / n_samples for count in counts)


def _frames_near(peaks: Floats) -> tuple[float, float]:
    peak = float(peaks.max(initial=0.0))
    if not peak:
        return 0.0, 0.0
    near, nearer = (float(np.mean(peaks >= peak * 10.0 ** (-db / 20.0))) for db in (1.0, 0.1))
    return nearer, near


def _spread_db(frames: Floats) -> float:
    """Return the standard deviation of the level of those frames that reach the peak."""
    peaks, energies = frames
    reaching = energies[
        (peaks >= peaks.max(initial=0.0) * 10.0 ** (-0.1 / 20.0)) & (peaks > 0.0)
    ]
    return float(np.std(10.0 * np.log10(reaching))) if len(reaching) else 0.0
