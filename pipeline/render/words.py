"""A rendered track in words of 16 or 24 bits, with the silence behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.dsp import Audio
from pipeline.dsp.dither import NONE, PLAIN, Dither, Pcm, Quantiser, on_grid
from pipeline.render.segment import BLOCK_SAMPLES, N_CHANNELS, FloatTrack


class Words:
    """The words of a float track, block by block.

    What already lies on the grid of the word length keeps every bit; all else is dithered.

    Parameters
    ----------
    source : Path
        Raw float32 stereo.
    bits : int
        Word length, 16 or 24.
    start_samples : int
        Place of the track in its segment, which the dither goes by.
    tail_samples : int
        Silence behind it.
    dither : mapping, optional
        What `Dither` takes, where it is not plain.
    """

    def __init__(
        self,
        source: Path,
        *,
        bits: int,
        start_samples: int,
        tail_samples: int,
        dither: Mapping[str, Any] | None = None,
    ) -> None:
        self._source = source
        self._n_samples = source.stat().st_size // (4 * N_CHANNELS)
        self._tail_samples = tail_samples
        wanted = Dither(**dither) if dither else PLAIN
        if all(on_grid(block, bits) for block in self._floats()):
            wanted = NONE
        self._quantiser = Quantiser(bits, N_CHANNELS, start_sample=start_samples, dither=wanted)
        self._dithered = wanted.kind != "none"

    def __iter__(self) -> Iterator[Pcm]:
        """Yield them, shape ``(n_samples, 2)``; once."""
        for block in self._floats():
            yield self._quantiser.process(block)
        for start in range(0, self._tail_samples, BLOCK_SAMPLES):
            n_samples = min(BLOCK_SAMPLES, self._tail_samples - start)
            yield np.zeros((n_samples, N_CHANNELS), np.int32)

    @property
    def log(self) -> dict[str, Any]:
        """What was done to them, as JSON; complete when all have been yielded."""
        return {"dithered": self._dithered, "clipped_samples": self._quantiser.n_clipped}

    def _floats(self) -> Iterator[Audio]:
        track = FloatTrack(self._source)
        for start in range(0, self._n_samples, BLOCK_SAMPLES):
            yield track.read(start, min(BLOCK_SAMPLES, self._n_samples - start))
