"""Faults that need no detector of their own: lost sides, mono, direct current."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.intake.corpus import Fault, Stage
from pipeline.dsp import Audio


def offset(level_dbfs: float) -> Callable[[Audio, int, np.random.Generator], Audio]:
    """Return what lets one side stand so far beside zero."""

    def inject(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
        moved = np.zeros(audio.shape[1])
        moved[rng.integers(len(moved))] = rng.choice((-1.0, 1.0)) * 10.0 ** (level_dbfs / 20.0)
        return audio + moved

    return inject


def lost_side(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """Mute one side."""
    kept = np.ones(audio.shape[1])
    kept[rng.integers(len(kept))] = 0.0
    return audio * kept


def silence(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """Mute everything."""
    return np.zeros_like(audio)


def both_alike(audio: Audio, sample_rate_hz: int, rng: np.random.Generator) -> Audio:
    """Put the left onto both sides."""
    return np.repeat(audio[:, :1], audio.shape[1], axis=1)


_OFFSET = "intake/dc_offset:offset"
_NOTHING_ELSE = ("intake/",)

FAULTS: list[Fault] = [
    Fault("direct current at -50 dBFS", _OFFSET, offset(-50.0), Stage.RECORDING),
    Fault("direct current at -35 dBFS", _OFFSET, offset(-35.0), Stage.RECORDING),
    Fault(
        "one side lost", "intake/silent:one-side-silent", lost_side, Stage.EXPORT,
        clashes=_NOTHING_ELSE,
    ),
    Fault(
        "everything muted", "intake/silent:all-silent", silence, Stage.EXPORT,
        clashes=_NOTHING_ELSE,
    ),
    Fault(
        "mono as stereo", "intake/mono:dual-mono", both_alike, Stage.EXPORT,
        clashes=_NOTHING_ELSE,
    ),
]  # fmt: skip
