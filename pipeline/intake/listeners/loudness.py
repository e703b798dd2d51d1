"""How loud a mix is, as a whole and in its loud passages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from pipeline.dsp.loudness import LoudnessMeter, short_term_percentile
from pipeline.intake.listening import Figures, Format, Heard

LOUD_PASSAGES_PERCENT = 95  # the upper end of the loudness range (EBU Tech 3342)


@dataclass(frozen=True, slots=True)
class LoudnessFigures(Figures):
    """Loudness in LUFS; None of silence, and of what is too short to have one.

    Parameters
    ----------
    integrated_lufs : float or None
        Of the whole mix.
    loud_passages_lufs : float or None
        Short-term loudness that 95 % of the mix stay below.
    """

    name: ClassVar[str] = "loudness"

    integrated_lufs: float | None
    loud_passages_lufs: float | None


class LoudnessListener:
    """Measures as the levels will be measured: a mono mix is heard on both sides."""

    def __init__(self, wanted: Format) -> None:
        self._meter = LoudnessMeter(
            wanted.sample_rate_hz, wanted.n_channels, dual_mono=wanted.n_channels == 1
        )

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        self._meter.update(heard.audio)

    def figures(self) -> LoudnessFigures:
        """Return the loudness of all that was heard."""
        found = self._meter.result()
        percentile = short_term_percentile(found.energies, LOUD_PASSAGES_PERCENT)
        return LoudnessFigures(_finite(found.integrated_lufs), _finite(percentile))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
