"""A segment in outline: its takes as songs in cells, for the level solver."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from pipeline.assemble.timeline import Placement, Stream
from pipeline.dsp.cells import Cells
from pipeline.dsp.truepeak import CELL_SAMPLES
from pipeline.match.limited import Song
from pipeline.render.segment import gain_shapes


def song_of(
    stream: Stream,
    placement: Placement,
    cells: Cells,
    *,
    sample_rate_hz: int,
    correlations: Mapping[str, float],
) -> Song:
    """Return one take of a segment as the solver sees it, without aim and gain.

    Parameters
    ----------
    stream, placement : Stream and Placement
        Where the take lies.
    cells : Cells
        Its whole mix behind the chain, at the mix's own rate.
    sample_rate_hz : int
        The album's rate.
    correlations : mapping of str to float
        Of crossfaded tracks; one that is not decided yet counts as 0.
    """
    take = placement.take
    used = Cells(
        cells.sample_rate_hz,
        cells.peak[take.start_samples // CELL_SAMPLES : -(-take.end_samples // CELL_SAMPLES)],
        cells.power[take.start_samples // CELL_SAMPLES : -(-take.end_samples // CELL_SAMPLES)],
    ).at_rate(sample_rate_hz)
    start_s = stream.time_of(placement.start_samples)
    return Song(
        take.track,
        used,
        start_cell=round(start_s * sample_rate_hz / CELL_SAMPLES),
        fade=_fade(placement, len(used), sample_rate_hz, correlations),
    )


def _fade(
    placement: Placement, n_cells: int, sample_rate_hz: int, correlations: Mapping[str, float]
) -> npt.NDArray[np.float64] | None:
    """Return the gain of each cell from all fades, at the cell's middle; None without any."""
    joined = {placement.take.track, placement.joined_by}
    shapes = gain_shapes(placement, {name: correlations.get(name, 0.0) for name in joined})
    if not shapes:
        return None
    per_cell = Fraction(CELL_SAMPLES * placement.take.sample_rate_hz, sample_rate_hz)
    places = ((np.arange(n_cells) + 0.5) * float(per_cell)).astype(np.int64)
    gains = np.ones(n_cells)
    for start, end, shape in shapes:
        inside = (places >= start) & (places < end)
        gains[inside] *= shape(places[inside])
    return gains
