"""How alike two crossfaded tracks are, measured on their overlap."""

from __future__ import annotations

from pathlib import Path

from pipeline.assemble.timeline import Placement, Segment, Stream
from pipeline.dsp.fades import EQUAL_GAIN, EQUAL_POWER, CorrelationMeter
from pipeline.render.segment import BLOCK_SAMPLES, FloatTrack

FIXED = {"equal_power": EQUAL_POWER, "equal_gain": EQUAL_GAIN}


def overlaps(segment: Segment) -> dict[str, tuple[Stream, Placement, Placement | None]]:
    """Return the crossfades of a segment by the track that fades in.

    The third value is the placement that fades out; None if it has another rate, where the two
    cannot be compared sample by sample.
    """
    found = {}
    for stream in segment.streams:
        before: Placement | None = None
        for placement in stream.placements:
            if placement.overlap_before_samples:
                found[placement.take.track] = (stream, placement, before)
            before = placement
    return found


def correlation_of(
    outgoing: Placement, incoming: Placement, *, tracks: tuple[Path, Path], sample_rate_hz: int
) -> float:
    """Return the correlation of two mastered tracks where they overlap, rounded to 0.01.

    Parameters
    ----------
    outgoing, incoming : Placement
        The two, in one stream.
    tracks : tuple of Path
        Their mastered float audio, in that order.
    sample_rate_hz : int
        Rate of both.
    """
    length = incoming.overlap_before_samples
    meter = CorrelationMeter(sample_rate_hz)
    one, other = (FloatTrack(path) for path in tracks)
    start = outgoing.take.end_samples - length
    for done in range(0, length, BLOCK_SAMPLES):
        n_samples = min(BLOCK_SAMPLES, length - done)
        meter.update(
            one.read(start + done, n_samples),
            other.read(incoming.take.start_samples + done, n_samples),
        )
    return round(meter.correlation, 2)
