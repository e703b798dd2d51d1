"""Steps of rendering: a segment at one rate, and a track at one word length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from formats.pcm import SampleFormat, pack
from pipeline.dsp import Audio
from pipeline.dsp.limiter import BINS_PER_SECOND, Limiter, LimiterSettings
from pipeline.render.score import Score, from_params
from pipeline.render.segment import BLOCK_SAMPLES, N_CHANNELS, FloatTrack, render_blocks
from pipeline.render.words import Words

if TYPE_CHECKING:
    from pipeline.engine import Job

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
    """Bring a track, with the silence behind it, to its word length: ``pcm`` and ``log``."""
    params: Mapping[str, Any] = job.params
    words, word = Words(job.input("audio"), **params), SampleFormat.of_bits(params["bits"])
    with job.create("pcm") as out:
        for block in words:
            out.write(pack(block, word))
    job.write_json("log", words.log)


def survey_rendered(job: Job) -> None:
    """Listen to a rendered track as to a mix: ``survey``, as `Survey.to_json` writes it."""
    from pipeline.intake.listening import Format
    from pipeline.intake.survey import MASTER_EARS, hear

    rate_hz: int = job.params["sample_rate_hz"]
    source = job.input("audio")
    n_samples = source.stat().st_size // (4 * N_CHANNELS)
    track = FloatTrack(source)
    blocks = (
        track.read(start, min(BLOCK_SAMPLES, n_samples - start))
        for start in range(0, n_samples, BLOCK_SAMPLES)
    )
    wanted = Format(rate_hz, N_CHANNELS, n_samples, 0, is_float=True)
    job.write_json("survey", hear(blocks, wanted, ears=MASTER_EARS).to_json())


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
