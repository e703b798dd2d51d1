"""Faults that need no detector of their own: lost sides, mono, direct current."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.intake.corpus import Fault, Stage
from pipeline.dsp import Audio


def offset(
    audio: Audio, sample_rate_hz: int, rng: np.random.Generator, *, level_dbfs: float
) -> Audio:
    """Let one side stand so far beside zero."""
    moved = np.zeros(audio.shape[1])
    moved[rng.integers(len(moved))] = rng.choice((-1.0, 1.0)) * 10.0 ** (level_dbfs / 20.0)
    return audio + moved


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
_SLIGHT, _GREAT = partial(offset, level_dbfs=-50.0), partial(offset, level_dbfs=-35.0)
_NOTHING_ELSE = ("intake/",)

FAULTS: list[Fault] = [
    Fault("direct current at -50 dBFS", _OFFSET, _SLIGHT, Stage.RECORDING),
    Fault("direct current at -35 dBFS", _OFFSET, _GREAT, Stage.RECORDING),
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
