"""Loudness and peaks of a mix: what the meters of a desk would show."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from pipeline.dsp.meter import Meter
from pipeline.intake.listening import SILENCE_DB, Figures, Format, Heard


@dataclass(frozen=True, slots=True)
class LoudnessFigures(Figures):
    """As `Measurement` has them; a mono mix counts as two equal channels."""

    name: ClassVar[str] = "loudness"

    integrated_lufs: float | None
    max_short_term_lufs: float | None
    loudness_range_lu: float | None
    sample_peak_dbfs: float
    true_peak_dbtp: float
    plr_db: float | None


class LoudnessListener:
    """Runs the meter that finished programmes are measured with."""

    def __init__(self, wanted: Format) -> None:
        is_mono = wanted.n_channels == 1
        self._meter = Meter(wanted.sample_rate_hz, wanted.n_channels, dual_mono=is_mono)

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        self._meter.update(heard.audio)

    def figures(self) -> LoudnessFigures:
        """Return what the meters show."""
        found = self._meter.result()
        return LoudnessFigures(
            _level(found.integrated_lufs),
            _level(found.max_short_term_lufs),
            found.loudness_range_lu,
            max(found.sample_peak_dbfs, SILENCE_DB),
            max(found.true_peak_dbtp, SILENCE_DB),
            found.plr_db,
        )


def _level(value: float | None) -> float | None:
    return SILENCE_DB if value is not None and not isfinite(value) else value
