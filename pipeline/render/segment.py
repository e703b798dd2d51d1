"""A segment's audio: gains, fades and crossfades, one resampling, then the limiter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from pipeline.assemble.timeline import Placement, Stream
from pipeline.dsp import Audio, Processor
from pipeline.dsp.fades import Shape as Curve
from pipeline.dsp.fades import crossfade_gains, fade_gain
from pipeline.dsp.resample import Resampler
from pipeline.dsp.stream import Chain, stream
from pipeline.render.score import Score

BLOCK_SAMPLES = 1 << 16
N_CHANNELS = 2

Shape = tuple[int, int, Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float64]]]
"""Where a fade acts, in samples of its take, and its gain as a function of the place."""


class FloatTrack:
    """A stored float32 track that can be read anywhere.

    Parameters
    ----------
    path : Path
        Raw little-endian float32, stereo, interleaved.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, start_samples: int, n_samples: int) -> Audio:
        """Return ``(n_samples, 2)`` from `start_samples` on."""
        raw = np.fromfile(
            self._path,
            dtype="<f4",
            count=n_samples * N_CHANNELS,
            offset=start_samples * N_CHANNELS * 4,
        )
        return raw.reshape(-1, N_CHANNELS).astype(np.float64)


def render_blocks(
    score: Score,
    *,
    tracks: Mapping[str, Path],
    gains: Mapping[str, float],
    correlations: Mapping[str, float],
    limiter: Processor | None,
) -> Iterator[Audio]:
    """Yield the segment's audio at the delivered rate, `score.n_samples` in all.

    Parameters
    ----------
    score : Score
        What is played.
    tracks : mapping of str to Path
        Mastered float32 audio of each track, at the rate of its mix.
    gains : mapping of str to float
        Linear gain of each track.
    correlations : mapping of str to float
        For each crossfaded track, its correlation with the one before, -1 to 1.
    limiter : Processor or None
        A fresh limiter, or none.
    """
    taps = [
        _Tap(
            round(each.start_s * score.sample_rate_hz),
            _resampled(each, score.sample_rate_hz, tracks, gains, correlations),
        )
        for each in score.segment.streams
    ]
    return stream(_mixed(taps, score.n_samples), Chain([limiter] if limiter else []))


def stream_blocks(
    source: Stream,
    *,
    tracks: Mapping[str, Path],
    gains: Mapping[str, float],
    correlations: Mapping[str, float],
) -> Iterator[Audio]:
    """Yield a stream's audio at its own rate: its takes with gains and fades, summed."""
    players = [
        (
            placement,
            FloatTrack(tracks[placement.take.track]),
            _envelope(placement, gains, correlations),
        )
        for placement in source.placements
    ]
    for start in range(0, source.n_samples, BLOCK_SAMPLES):
        end = min(start + BLOCK_SAMPLES, source.n_samples)
        parts = [
            (max(start, place.start_samples), min(end, place.end_samples), place, track, gain)
            for place, track, gain in players
            if place.start_samples < end and place.end_samples > start
        ]
        heard = [
            (
                low,
                gain(
                    track.read(place.source_sample(low), high - low), low - place.start_samples
                ),
            )
            for low, high, place, track, gain in parts
        ]
        if len(heard) == 1 and len(heard[0][1]) == end - start:
            yield heard[0][1]  # nearly always: nothing to add up
            continue
        block = np.zeros((end - start, N_CHANNELS))
        for low, audio in heard:
            block[low - start : low - start + len(audio)] += audio
        yield block


def gain_shapes(placement: Placement, correlations: Mapping[str, float]) -> list[Shape]:
    """Return every fade and crossfade of a placement: where it acts, and its gain by place.

    Parameters
    ----------
    placement : Placement
        A take in its stream.
    correlations : mapping of str to float
        Of each crossfaded track with the one before.

    Returns
    -------
    list of (int, int, callable)
        Start and end in samples of the take, and a function from places to linear gains.
    """
    return [*_fades(placement), *_overlaps(placement, correlations)]


def _envelope(
    placement: Placement, gains: Mapping[str, float], correlations: Mapping[str, float]
) -> Callable[[Audio, int], Audio]:
    """Return what applies a placement's gain, fades and crossfades to audio from a place."""
    gain = gains[placement.take.track]
    shapes = gain_shapes(placement, correlations)

    def apply(audio: Audio, start: int) -> Audio:
        end = start + len(audio)
        audio *= gain
        for low, high, shape in shapes:
            if low < end and high > start:
                inside = np.arange(max(low, start), min(high, end))
                audio[inside[0] - start : inside[-1] + 1 - start] *= shape(inside)[:, None]
        return audio

    return apply


def _fades(placement: Placement) -> Iterator[Shape]:
    """Yield the stretches of a take where a fade acts: itself and the silence outside."""
    n_samples, fade = placement.take.n_samples, placement.take.fade_in
    if fade:
        start, length, shape_in = fade.start_samples, fade.length, cast("Curve", fade.shape)
        yield (
            0,
            fade.end_samples,
            lambda at: fade_gain(at - start, length, shape=shape_in, direction="in"),
        )
    fade = placement.take.fade_out
    if fade:
        begin, span, shape_out = fade.start_samples, fade.length, cast("Curve", fade.shape)
        yield (
            begin,
            n_samples,
            lambda at: fade_gain(at - begin, span, shape=shape_out, direction="out"),
        )


def _overlaps(placement: Placement, correlations: Mapping[str, float]) -> Iterator[Shape]:
    n_samples = placement.take.n_samples
    before, after = placement.overlap_before_samples, placement.overlap_after_samples
    if before:
        rho = correlations[placement.take.track]
        yield 0, before, lambda at: crossfade_gains(at, before, correlation=rho)[1]
    if after:
        into = placement.joined_by
        rho_after = correlations[into]
        start = n_samples - after
        yield (
            start,
            n_samples,
            lambda at: crossfade_gains(at - start, after, correlation=rho_after)[0],
        )


def _resampled(
    source: Stream,
    sample_rate_hz: int,
    tracks: Mapping[str, Path],
    gains: Mapping[str, float],
    correlations: Mapping[str, float],
) -> Iterator[Audio]:
    blocks = stream_blocks(source, tracks=tracks, gains=gains, correlations=correlations)
    return stream(blocks, Resampler(source.sample_rate_hz, sample_rate_hz, N_CHANNELS))


class _Tap:
    """A stream on the segment's clock: `read` hands out any stretch, zeros outside it."""

    def __init__(self, start_samples: int, blocks: Iterator[Audio]) -> None:
        self._start = start_samples
        self._blocks = blocks
        self._held = np.empty((0, N_CHANNELS))

    def alone(self, n_samples: int) -> Iterator[Audio]:
        """Yield the whole stream, which starts with its segment, padded to `n_samples`."""
        assert self._start == 0
        left = n_samples
        for block in self._blocks:
            left -= len(block)
            yield block
        yield np.zeros((left, N_CHANNELS))

    def read_into(self, out: Audio, start_samples: int) -> None:
        """Add the stretch that begins at `start_samples` of the segment to `out`."""
        skip = max(0, self._start - start_samples)
        filled = skip
        while filled < len(out):
            if not len(self._held):
                self._held = next(self._blocks, self._held)
                if not len(self._held):
                    return
            taken = min(len(out) - filled, len(self._held))
            out[filled : filled + taken] += self._held[:taken]
            self._held = self._held[taken:]
            filled += taken


def _mixed(taps: list[_Tap], n_samples: int) -> Iterator[Audio]:
    """Yield the sum of all streams; one alone passes as it is, with silence to its end."""
    if len(taps) == 1:
        yield from taps[0].alone(n_samples)
        return
    for start in range(0, n_samples, BLOCK_SAMPLES):
        block = np.zeros((min(BLOCK_SAMPLES, n_samples - start), N_CHANNELS))
        for tap in taps:
            tap.read_into(block, start)
        yield block
