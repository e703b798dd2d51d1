"""Where peaks pass full scale between the samples, and how they stand to the loudness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.dsp import Audio
from pipeline.dsp.loudness import LoudnessMeter, short_term_lufs
from pipeline.dsp.truepeak import PeakEnvelope
from pipeline.intake.listening import Figures, Format, Heard

HOPS_PER_S = 10
SHORT_TERM_HOPS = 30
QUIET_LUFS = -60.0
N_PLACES = 20


@dataclass(frozen=True, slots=True)
class PeaksFigures(Figures):
    """Peaks by the tenth of a second.

    Parameters
    ----------
    n_overs : int
        Tenths of a second in which some meter may show more than full scale.
    over_places_s : tuple of float
        The first twenty of them.
    psr_low_db : float or None
        What 95 % of the music exceeds in its ratio of the peak of three seconds to their
        loudness; `None` under 3 s, or if it is quieter than -60 LUFS throughout.
    """

    name: ClassVar[str] = "peaks"

    n_overs: int
    over_places_s: tuple[float, ...]
    psr_low_db: float | None


class PeaksListener:
    """Looks at true peaks and at short-term loudness.

    Notes
    -----
    Memory grows by 0.9 kB per second.
    """

    def __init__(self, wanted: Format) -> None:
        rate_hz, n_channels = wanted.sample_rate_hz, wanted.n_channels
        self._loudness = LoudnessMeter(rate_hz, n_channels, dual_mono=n_channels == 1)
        self._overs = PeakEnvelope(rate_hz, n_channels, floor=1.0)
        self._rate_hz = rate_hz
        n_hops = max(0, wanted.n_samples - 1) * HOPS_PER_S // rate_hz + 1
        self._hop_peaks = np.zeros(n_hops)
        self._hop_overs = np.zeros(n_hops, dtype=np.bool_)
        self._n_read = 0

    def hear(self, heard: Heard) -> None:
        """Take the next piece."""
        self._loudness.update(heard.audio)
        self._note_overs(self._overs.process(heard.audio))
        self._note_peaks(heard.audio, heard.start_samples)

    def figures(self) -> PeaksFigures:
        """Return what was seen."""
        self._note_overs(self._overs.flush())
        places = np.flatnonzero(self._hop_overs)
        short_term = short_term_lufs(self._loudness.result().energies)
        return PeaksFigures(
            n_overs=len(places),
            over_places_s=tuple((places[:N_PLACES] / HOPS_PER_S).tolist()),
            psr_low_db=_low_psr(self._hop_peaks, short_term),
        )

    def _note_overs(self, envelope: npt.NDArray[np.float32]) -> None:
        places = np.flatnonzero(envelope > 1.0) + self._n_read - PeakEnvelope.latency_samples
        hops = np.clip(places, 0, None) * HOPS_PER_S // self._rate_hz
        self._hop_overs[np.minimum(hops, len(self._hop_overs) - 1)] = True
        self._n_read += len(envelope)

    def _note_peaks(self, audio: Audio, start_samples: int) -> None:
        if not len(audio):
            return
        first = start_samples * HOPS_PER_S // self._rate_hz
        last = (start_samples + len(audio) - 1) * HOPS_PER_S // self._rate_hz
        edges = -(-np.arange(first, last + 1) * self._rate_hz // HOPS_PER_S) - start_samples
        hops = self._hop_peaks[first : last + 1]
        for channel in audio.T:  # reducing along the short axis takes ten times as long
            peaks = np.maximum.reduceat(np.abs(channel), np.clip(edges, 0, None))
            np.maximum(hops, peaks, out=hops)


def _low_psr(
    hop_peaks: npt.NDArray[np.float64], short_term: npt.NDArray[np.float64]
) -> float | None:
    """Return the ratio of peak to short-term loudness that 95 % of the music exceeds."""
    heard = np.flatnonzero(short_term > QUIET_LUFS)
    if not len(heard):
        return None
    windows = np.lib.stride_tricks.sliding_window_view(hop_peaks, SHORT_TERM_HOPS)
    peaks_db = 20.0 * np.log10(windows[heard].max(axis=1))
    return float(np.percentile(peaks_db - short_term[heard], 5))
