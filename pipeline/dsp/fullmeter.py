"""Every figure there is of a programme, in one pass and in memory that hardly grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.dynamics import Dynamics, DynamicsMeter, psr_db
from pipeline.dsp.meter import Measurement, Meter
from pipeline.dsp.silence import GapMeter, Gaps
from pipeline.dsp.stereo import Stereo, StereoMeter
from pipeline.dsp.thirdoctave import ThirdOctaveMeter, ThirdOctaves
from pipeline.dsp.truepeak import TruePeakTrace
from pipeline.dsp.wordlength import WordLengthMeter


@dataclass(frozen=True, slots=True)
class FullMeasurement:
    """All that is known of a programme.

    Parameters
    ----------
    basic : Measurement
        Loudness, peaks, clipping and silent ends.
    dynamics : Dynamics
        Level, crest, offset and DR.
    psr_db : ndarray of float64
        Peak-to-short-term-loudness ratio every 100 ms, as `dynamics.psr_db` gives it.
    third_octaves : ThirdOctaves
        Long-term average spectrum, and how the channels belong together in each band.
    gaps : Gaps
        Digital silence inside.
    stereo : Stereo or None
        How the channels belong together; `None` unless there are two.
    bits_in_use : int or None
        Word length that would hold it; `None` if it is not known to be integers.
    """

    basic: Measurement
    dynamics: Dynamics
    psr_db: npt.NDArray[np.float64] = field(compare=False, repr=False)
    third_octaves: ThirdOctaves
    gaps: Gaps
    stereo: Stereo | None
    bits_in_use: int | None

    @property
    def psr_min_db(self) -> float | None:
        """The least PSR, that of the densest three seconds; `None` if there are none."""
        ratios = self.psr_db[~np.isnan(self.psr_db)]
        return float(ratios.min()) if len(ratios) else None


class FullMeter:
    """Measures everything while audio streams through it.

    Parameters
    ----------
    sample_rate_hz : int
        Sample rate of the blocks, in Hz, at least 8000.
    n_channels : int
        Channels per block.
    weights : sequence of float, optional
        Weight of each channel's power in the loudness (BS.1770-5 Annex 1: surrounds 1.41, LFE
        0). Needed for more than two channels; by default 1.0 each.
    bits : int, optional
        Word length of a programme of integers.
    """

    def __init__(
        self,
        sample_rate_hz: int,
        n_channels: int,
        *,
        weights: Sequence[float] | None = None,
        bits: int | None = None,
    ) -> None:
        self._basic = Meter(sample_rate_hz, n_channels, weights=weights)
        self._trace = TruePeakTrace(sample_rate_hz, n_channels)
        self._dynamics = DynamicsMeter(sample_rate_hz, n_channels)
        self._bands = ThirdOctaveMeter(sample_rate_hz, n_channels)
        self._gaps = GapMeter(sample_rate_hz)
        self._stereo = StereoMeter(sample_rate_hz) if n_channels == 2 else None
        self._word_length = WordLengthMeter(bits) if bits else None

    def update(self, block: Audio) -> None:
        """Take one block of shape ``(n_samples, n_channels)``."""
        self._basic.update(block)
        for meter in (self._trace, self._dynamics, self._bands, self._gaps):
            meter.update(block)
        if self._stereo:
            self._stereo.update(block)
        if self._word_length:
            self._word_length.update(block)

    def result(self) -> FullMeasurement:
        """Return the figures of everything heard so far."""
        basic = self._basic.result()
        return FullMeasurement(
            basic=basic,
            dynamics=self._dynamics.result(),
            psr_db=psr_db(basic.energies, self._trace.peaks()),
            third_octaves=self._bands.result(),
            gaps=self._gaps.result(),
            stereo=self._stereo.result() if self._stereo else None,
            bits_in_use=self._word_length.bits_in_use if self._word_length else None,
        )
