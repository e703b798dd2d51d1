"""Everything that is measured on a finished programme, in one pass."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import inf, isfinite

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.kernel import kernel
from pipeline.dsp.loudness import Energies, LoudnessMeter
from pipeline.dsp.truepeak import TruePeakMeter

CLIP_LEVEL = 32_767 / 32_768
"""Full scale, linear: the largest positive value of 16 bits, where their clipping ends."""

CLIP_RUN_SAMPLES = 3
"""Fewer samples at full scale in a row are a peak that just fits."""

Figure = float | int | str | None
"""What a figure may be in JSON."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures of a programme; `None` is undefined (too short), ``-inf`` is silence.

    Parameters
    ----------
    sample_rate_hz, n_channels, n_samples : int
        What was measured.
    integrated_lufs, max_momentary_lufs, max_short_term_lufs : float or None
        Loudness (BS.1770-5, Tech 3341).
    loudness_range_lu : float or None
        Loudness range (Tech 3342); `None` for silence too.
    sample_peak_dbfs : float
        Largest sample.
    true_peak_dbtp : float
        Largest value at and between the samples, measured accurately.
    itu_true_peak_dbtp : float
        The same by the filter printed in BS.1770-5 Annex 2, as most meters show it.
    plr_db : float or None
        Peak-to-loudness ratio: true peak less integrated loudness; `None` without either.
    n_clipped_runs : int
        Runs of at least three samples at full scale, over all channels.
    longest_clipped_run_samples : int
        Length of the longest of them; 0 if there is none.
    first_clipped_sample : int or None
        Where the first of them starts.
    silent_head_samples, silent_tail_samples : int
        Samples before the first and after the last that is not zero in every channel; both
        are the whole length if there is none.
    energies : ndarray of float64
        K-weighted power per 100 ms, for pooling and for plots; no part in comparisons.
    """

    sample_rate_hz: int
    n_channels: int
    n_samples: int
    integrated_lufs: float | None
    max_momentary_lufs: float | None
    max_short_term_lufs: float | None
    loudness_range_lu: float | None
    sample_peak_dbfs: float
    true_peak_dbtp: float
    itu_true_peak_dbtp: float
    plr_db: float | None
    n_clipped_runs: int
    longest_clipped_run_samples: int
    first_clipped_sample: int | None
    silent_head_samples: int
    silent_tail_samples: int
    energies: Energies = field(compare=False, repr=False)

    def to_json(self) -> dict[str, Figure]:
        """Return what JSON can hold: silence as the string ``-inf``, undefined as null.

        The energies become base64 of little-endian float64, so that nothing is lost.
        """
        figures = {name: _to_figure(getattr(self, name)) for name in _FIGURES}
        packed = b64encode(self.energies.astype("<f8").tobytes()).decode("ascii")
        return figures | {"energies": packed}

    @classmethod
    def from_json(cls, figures: Mapping[str, Figure]) -> Measurement:
        """Return the measurement that `to_json` wrote."""
        packed = b64decode(str(figures["energies"]), validate=True)
        values = {name: _from_figure(figures[name]) for name in _FIGURES}
        energies = np.frombuffer(packed, dtype="<f8").astype(np.float64)
        return cls(**values, energies=energies)  # type: ignore[arg-type] # types are in the names


_FIGURES = tuple(each.name for each in fields(Measurement) if each.name != "energies")


class Meter:
    """Measures loudness, peaks, clipping and silent ends while audio streams through it.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz, at least 8000.
    n_channels : int
        Channels per block.
    dual_mono : bool
        Whether a mono programme counts as two equal channels, as it will be heard (+3.01 LU).
    weights : sequence of float, optional
        Weight of each channel's power in the loudness; needed for more than two channels.

    Notes
    -----
    Memory grows by 80 bytes per second, for the loudness over time.
    """

    def __init__(
        self,
        sample_rate_hz: int,
        n_channels: int,
        *,
        dual_mono: bool = False,
        weights: Sequence[float] | None = None,
    ) -> None:
        self._sample_rate_hz, self._n_channels = sample_rate_hz, n_channels
        self._loudness = LoudnessMeter(
            sample_rate_hz, n_channels, dual_mono=dual_mono, weights=weights
        )
        self._peak = TruePeakMeter(sample_rate_hz, n_channels)
        self._runs = np.zeros((n_channels, 3), dtype=np.int64)
        self._first_clipped = np.full(1, -1, dtype=np.int64)
        self._first_sound: int | None = None
        self._end_of_sound = 0
        self._n_samples = 0

    def update(self, block: Audio) -> None:
        """Take one block of shape ``(n_samples, n_channels)``."""
        self._loudness.update(block)
        if not len(block):
            return
        block = np.ascontiguousarray(block, dtype=np.float64)
        self._peak.update(block)
        note_clipping(
            block,
            self._n_samples,
            CLIP_LEVEL,
            CLIP_RUN_SAMPLES,
            self._runs,
            self._first_clipped,
        )
        self._note_silence(block)
        self._n_samples += len(block)

    def result(self) -> Measurement:
        """Return the figures of everything heard so far."""
        loudness = self._loudness.result()
        true_peak_dbtp = self._peak.true_peak_dbtp
        first_sound, first_clipped = self._first_sound, int(self._first_clipped[0])
        return Measurement(
            sample_rate_hz=self._sample_rate_hz,
            n_channels=self._n_channels,
            n_samples=self._n_samples,
            integrated_lufs=loudness.integrated_lufs,
            max_momentary_lufs=loudness.max_momentary_lufs,
            max_short_term_lufs=loudness.max_short_term_lufs,
            loudness_range_lu=loudness.loudness_range_lu,
            sample_peak_dbfs=self._peak.sample_peak_dbfs,
            true_peak_dbtp=true_peak_dbtp,
            itu_true_peak_dbtp=self._peak.itu_true_peak_dbtp,
            plr_db=_ratio_db(true_peak_dbtp, loudness.integrated_lufs),
            n_clipped_runs=int(self._runs[:, 1].sum()),
            longest_clipped_run_samples=int(self._runs[:, 2].max()),
            first_clipped_sample=None if first_clipped < 0 else first_clipped,
            silent_head_samples=self._n_samples if first_sound is None else first_sound,
            silent_tail_samples=self._n_samples - self._end_of_sound,
            energies=loudness.energies,
        )

    def _note_silence(self, block: Audio) -> None:
        sounding = _sounding(block)
        if sounding is None:
            return
        first, last = sounding
        if self._first_sound is None:
            self._first_sound = self._n_samples + first
        self._end_of_sound = self._n_samples + last + 1


@kernel
def note_clipping(  # noqa: PLR0917 - a compiled function has no keyword-only arguments
    block: Audio,
    position: int,
    clip_level: float,
    run_samples: int,
    runs: npt.NDArray[np.int64],
    first_clipped: npt.NDArray[np.int64],
) -> None:
    """Count runs of at least `run_samples` at full scale.

    A row of `runs` is one channel: length of the run that is under way, number of runs, length
    of the longest. `first_clipped` is where the first of them starts, or -1.
    """
    for channel in range(block.shape[1]):
        length, n_runs, longest = runs[channel, 0], runs[channel, 1], runs[channel, 2]
        for i in range(block.shape[0]):
            if abs(block[i, channel]) < clip_level:
                length = 0
                continue
            length += 1
            if length < run_samples:
                continue
            longest = max(longest, length)
            if length == run_samples:
                n_runs += 1
                start = position + i + 1 - run_samples
                if first_clipped[0] < 0 or start < first_clipped[0]:
                    first_clipped[0] = start
        runs[channel, 0], runs[channel, 1], runs[channel, 2] = length, n_runs, longest


def _sounding(block: Audio) -> tuple[int, int] | None:
    """Return the first and the last sample that is not zero in every channel."""
    if block[0].any() and block[-1].any():  # as in all blocks but a few
        return 0, len(block) - 1
    sounding = (block != 0.0).ravel()
    first, last = int(sounding.argmax()), sounding.size - 1 - int(sounding[::-1].argmax())
    n_channels = block.shape[1]
    return (first // n_channels, last // n_channels) if sounding[first] else None


def _ratio_db(peak_db: float, loudness: float | None) -> float | None:
    if loudness is None or not isfinite(loudness) or not isfinite(peak_db):
        return None
    return peak_db - loudness


def _to_figure(value: float | None) -> Figure:
    return "-inf" if value == -inf else value


def _from_figure(figure: Figure) -> float | None:
    if isinstance(figure, str):
        return float(figure)
    return figure
