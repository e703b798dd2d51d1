"""Steps of rendering: a segment at one rate, and a track at one word length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from formats import pcm
from pipeline.dsp import Audio
from pipeline.dsp.dither import Quantiser, on_grid
from pipeline.dsp.limiter import BINS_PER_SECOND, Limiter, LimiterSettings
from pipeline.render.score import Score, from_params
from pipeline.render.segment import BLOCK_SAMPLES, N_CHANNELS, FloatTrack, render_blocks

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.engine import Job
    from pipeline.engine.objects import Sink

SEGMENT_VERSION = 1
QUANTISE_VERSION = 1


def render_segment(job: Job) -> None:
    """Render a segment and cut it: ``audio/<track>`` raw float32 each, and ``log``."""
    params: Mapping[str, Any] = job.params
    score = from_params(params)
    limiter = _limiter(params["limiter"], score)
    blocks = render_blocks(
        score,
        tracks={track: job.input(f"audio/{track}") for track in score.segment.tracks},
        gains={track: db_to_gain(gain_db) for track, gain_db in params["gains_db"].items()},
        correlations=params["correlations"],
        limiter=limiter,
    )
    _write_cuts(job, score, blocks)
    job.write_json("log", _log(limiter, score))


def quantise(job: Job) -> None:
    """Bring a float track to its word length, with the silence behind it: ``pcm`` and ``log``.

    What already lies on the grid of the word length keeps every bit; all else is dithered.
    """
    params: Mapping[str, Any] = job.params
    bits: int = params["bits"]
    source, word = job.input("audio"), pcm.SampleFormat.of_bits(bits)
    n_samples = source.stat().st_size // (4 * N_CHANNELS)
    dither = not all(on_grid(block, bits) for block in _read(source, n_samples))
    quantiser = Quantiser(bits, N_CHANNELS, start_sample=params["start_samples"], dither=dither)
    with job.create("pcm") as out:
        for block in _read(source, n_samples):
            out.write(pcm.pack(quantiser.process(block), word))
        _write_silence(out, params["tail_samples"] * N_CHANNELS * bits // 8)
    job.write_json("log", {"dithered": dither, "clipped_samples": quantiser.n_clipped})


def db_to_gain(level_db: float) -> float:
    """Return the linear gain of a level; 0 dB is exactly 1."""
    return float(10.0 ** (level_db / 20.0))


def _limiter(settings: Mapping[str, Any] | None, score: Score) -> Limiter | None:
    if settings is None or score.segment.is_finished:
        return None
    values = {name: value for name, value in settings.items() if name != "version"}
    return Limiter(
        LimiterSettings(**values),
        sample_rate_hz=score.sample_rate_hz,
        n_channels=N_CHANNELS,
    )


def _write_cuts(job: Job, score: Score, blocks: Iterator[Audio]) -> None:
    """Write each cut of the segment to an output of its own."""
    feed = _Feed(blocks)
    done = 0
    for cut, n_sectors in score.segment.cut_lengths():
        left = n_sectors * score.samples_per_sector
        with job.create(f"audio/{cut.track}") as out:
            while left:
                block = feed.read(left)
                out.write(np.ascontiguousarray(block, dtype="<f4").data)
                left -= len(block)
                done += len(block)
                job.progress(done / score.n_samples)
    feed.drain()


class _Feed:
    """Blocks handed out in pieces of at most the length asked for."""

    def __init__(self, blocks: Iterator[Audio]) -> None:
        self._blocks = blocks
        self._held = np.empty((0, N_CHANNELS))

    def read(self, at_most: int) -> Audio:
        while not len(self._held):
            self._held = next(self._blocks)
        block, self._held = self._held[:at_most], self._held[at_most:]
        return block

    def drain(self) -> None:
        """Run the stream to its end, so that the limiter's log is whole."""
        left = len(self._held) + sum(len(block) for block in self._blocks)
        assert left == 0, f"{left} samples behind the last cut"


def _log(limiter: Limiter | None, score: Score) -> dict[str, Any]:
    """Return the limiter's activity: per track of the segment, and over time."""
    if limiter is None:
        return {"limiter": None}
    activity = limiter.activity
    bins = np.asarray(activity.reduction_db, dtype=np.float64)
    samples_per_bin = score.sample_rate_hz // BINS_PER_SECOND
    tracks = {}
    for cut, n_sectors in score.segment.cut_lengths():
        first = cut.start_sectors * score.samples_per_sector // samples_per_bin
        behind = -(
            -(cut.start_sectors + n_sectors) * score.samples_per_sector // samples_per_bin
        )
        own = bins[first:behind]
        tracks[cut.track] = {
            "max_reduction_db": round(float(own.max(initial=0.0)), 2),
            "mean_reduction_db": round(float(own.mean()) if len(own) else 0.0, 2),
            "reduction_db": [round(float(value), 1) for value in own],
        }
    return {"limiter": {"bin_s": samples_per_bin / score.sample_rate_hz, "tracks": tracks}}


def _read(source: Path, n_samples: int) -> Iterator[Audio]:
    track = FloatTrack(source)
    for start in range(0, n_samples, BLOCK_SAMPLES):
        yield track.read(start, min(BLOCK_SAMPLES, n_samples - start))


def _write_silence(out: Sink, n_bytes: int) -> None:
    zeros = bytes(1 << 16)
    while n_bytes:
        n_bytes -= out.write(zeros[:n_bytes])
