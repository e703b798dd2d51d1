"""How loud a mix is, as a whole and in its loud passages, and how high its peaks are."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from pipeline.dsp.loudness import short_term_percentile
from pipeline.dsp.meter import Meter
from pipeline.intake.listening import SILENCE_DB, Figures, Format, Heard

LOUD_PASSAGES_PERCENT = 95  # the upper end of the loudness range (EBU Tech 3342)


@dataclass(frozen=True, slots=True)
class LoudnessFigures(Figures):
    """Levels as meters show them; None of silence, and of what is too short to have one.

    Parameters
    ----------
    integrated_lufs, max_short_term_lufs : float or None
        Of the whole mix, and of its loudest three seconds.
    loud_passages_lufs : float or None
        Short-term loudness that 95 % of the mix stay below.
    loudness_range_lu : float or None
        EBU Tech 3342.
    plr_db : float or None
        True peak less integrated loudness.
    sample_peak_dbfs, true_peak_dbtp : float
        Largest sample, and what the waveform reaches between the samples.
    """

    name: ClassVar[str] = "loudness"

    integrated_lufs: float | None
    loud_passages_lufs: float | None
    max_short_term_lufs: float | None = None
    loudness_range_lu: float | None = None
    plr_db: float | None = None
    sample_peak_dbfs: float = SILENCE_DB
    true_peak_dbtp: float = SILENCE_DB


class LoudnessListener:
    """Measures as the levels will be measured: a mono mix is heard on both sides."""

    def __init__(self, wanted: Format) -> None:
        is_mono = wanted.n_channels == 1
        self._meter = Meter(wanted.sample_rate_hz, wanted.n_channels, dual_mono=is_mono)

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        self._meter.update(heard.audio)

    def figures(self) -> LoudnessFigures:
        """Return what the meters show."""
        found = self._meter.result()
        percentile = short_term_percentile(found.energies, LOUD_PASSAGES_PERCENT)
        return LoudnessFigures(
            integrated_lufs=_finite(found.integrated_lufs),
            loud_passages_lufs=_finite(percentile),
            max_short_term_lufs=_finite(found.max_short_term_lufs),
            loudness_range_lu=found.loudness_range_lu,
            plr_db=found.plr_db,
            sample_peak_dbfs=max(found.sample_peak_dbfs, SILENCE_DB),
            true_peak_dbtp=max(found.true_peak_dbtp, SILENCE_DB),
        )


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
