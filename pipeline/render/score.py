"""A segment as plain values, and back: what a render step depends on, and nothing else.

Where the segment lies on the programme is left out on purpose: a track that grows moves those
behind it, and must not change their bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pipeline.assemble.timeline import Cut, Fade, Join, Placement, Segment, Stream, Take


@dataclass(frozen=True, slots=True)
class Score:
    """What is played: the segment, and the rate it is delivered at."""

    segment: Segment
    sample_rate_hz: int

    @property
    def samples_per_sector(self) -> int:
        """Samples in 1/75 s at the delivered rate."""
        return self.sample_rate_hz // 75

    @property
    def n_samples(self) -> int:
        """Length of the rendered segment."""
        return self.segment.n_sectors * self.samples_per_sector


def to_params(score: Score) -> dict[str, Any]:
    """Return the score as JSON values."""
    return {
        "sample_rate_hz": score.sample_rate_hz,
        "streams": [_stream_params(stream) for stream in score.segment.streams],
        "cuts": [[cut.track, cut.start_sectors] for cut in score.segment.cuts],
    }


def from_params(params: Mapping[str, Any]) -> Score:
    """Return the score that `to_params` wrote down."""
    streams = tuple(_stream(each) for each in params["streams"])
    cuts = tuple(Cut(track, start) for track, start in params["cuts"])
    return Score(Segment(0, streams, cuts), params["sample_rate_hz"])


def _stream_params(stream: Stream) -> dict[str, Any]:
    return {
        "sample_rate_hz": stream.sample_rate_hz,
        "start_s": str(stream.start_s),
        "placements": [_placement_params(each) for each in stream.placements],
    }


def _placement_params(placement: Placement) -> dict[str, Any]:
    take = placement.take
    return {
        "track": take.track,
        "start": placement.start_samples,
        "from": take.start_samples,
        "to": take.end_samples,
        "overlap": [placement.overlap_before_samples, placement.overlap_after_samples],
        "joined_by": placement.joined_by,
        "curve": take.join.curve if placement.overlap_before_samples else None,
        "fade_in": _fade_params(take.fade_in),
        "fade_out": _fade_params(take.fade_out),
        "finished": take.is_finished,
    }


def _fade_params(fade: Fade | None) -> list[Any] | None:
    return None if fade is None else [fade.start_samples, fade.end_samples, fade.shape]


def _stream(params: Mapping[str, Any]) -> Stream:
    rate = params["sample_rate_hz"]
    placements = tuple(_placement(each, rate) for each in params["placements"])
    return Stream(rate, Fraction(params["start_s"]), placements)


def _placement(params: Mapping[str, Any], sample_rate_hz: int) -> Placement:
    before, after = params["overlap"]
    join = Join(
        Fraction(0), Fraction(before, sample_rate_hz), params["curve"] or "auto", "start"
    )
    take = Take(
        params["track"],
        sample_rate_hz,
        params["from"],
        params["to"],
        join,
        _fade(params["fade_in"]),
        _fade(params["fade_out"]),
        is_finished=params["finished"],
    )
    return Placement(take, params["start"], before, after, params["joined_by"])


def _fade(params: list[Any] | None) -> Fade | None:
    return None if params is None else Fade(*params)
