"""The graph of a build: every step by name, with what it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.assemble.timeline import Segment, Span
from pipeline.dsp.limiter import LIMITER_VERSION, LimiterSettings
from pipeline.engine import Output, Source, Step
from pipeline.intake.probe import MixFacts
from pipeline.intake.survey import MASTER_EARS, versions
from pipeline.master.chain import describe
from pipeline.render.score import Score, to_params
from pipeline.spec.model import ChainItem

STEREO_BYTES_PER_SAMPLE = {16: 4, 24: 6}


def probe_step(track: str, source: Source, *, lossy_waived: bool, cost_s: float) -> Step:
    """Return the step that reads a mix from end to end and finds its facts."""
    return Step(
        name=f"{track}/probe",
        kind="intake.probe",
        run="pipeline.intake.steps:probe_mix",
        params={"lossy_waived": lossy_waived},
        inputs={"mix": source},
        outputs=("facts",),
        tools=("libsndfile",),
        cost_s=cost_s,
    )


def survey_step(track: str, source: Source, facts: MixFacts) -> Step:
    """Return the step in which every listener hears a mix."""
    return Step(
        name=f"{track}/survey",
        kind="intake.survey",
        run="pipeline.intake.steps:survey_mix",
        params={"listeners": versions()},
        inputs={"mix": source},
        outputs=("survey",),
        tools=("numpy", "numba", "scipy", "soxr", "libsndfile"),
        cost_s=facts.duration_s / 60,
    )


def compare_step(name: str, first: Source, *seconds: Source, offset_s: float = 0.0) -> Step:
    """Return the step that lays files of one recording upon the first, several as their sum."""
    return Step(
        name=f"{name}/compare",
        kind="intake.compare",
        run="pipeline.intake.steps:compare_mixes",
        version=2,  # 2: excerpts are faded before they are laid upon each other
        params={"offset_s": offset_s},
        inputs={"first": first}
        | {f"second{number:03d}": each for number, each in enumerate(seconds)},
        outputs=("comparison",),
        tools=("numpy", "scipy", "soxr", "libsndfile"),
        cost_s=first.path.stat().st_size / 100e6,
    )


def master_step(
    track: str, source: Source, facts: MixFacts, chain: tuple[ChainItem, ...], *, edition: str
) -> Step:
    """Return the step that runs a mix through its chain and measures it."""
    return Step(
        name=f"{track}/master" + (f"@{edition}" if edition else ""),
        kind="master.track",
        run="pipeline.master.steps:master",
        # 2: the log tells the levels behind each processor, and every band of a multiband. It
        # has nothing new to tell of a mix that passes no processor: that is not made again.
        version=2 if chain else 1,
        params={"chain": describe(chain)},
        inputs={"mix": source},
        outputs=("audio", "cells", "log"),
        tools=("numpy", "numba", "libsndfile"),
        cost_s=facts.duration_s / 120,
    )


def segment_step(
    segment: Segment,
    *,
    masters: Mapping[str, Step],
    gains_db: Mapping[str, float | None],
    correlations: Mapping[str, float],
    limiter: LimiterSettings | None,
    sample_rate_hz: int,
    edition: str,
) -> Step:
    """Return the step that renders a segment at one rate and cuts it."""
    score = Score(segment, sample_rate_hz)
    settings = None if segment.is_finished or limiter is None else asdict(limiter)
    params: dict[str, Any] = {
        **to_params(score),
        "gains_db": {track: gains_db[track] for track in segment.tracks},
        "correlations": {
            track: correlations[track] for track in segment.tracks if track in correlations
        },
        "limiter": settings and {"version": LIMITER_VERSION, **settings},
    }
    cuts = [f"audio/{track}" for track in segment.tracks]
    return Step(
        name=f"{'+'.join(segment.tracks)}/render@{edition or 'album'}-{sample_rate_hz}",
        kind="render.segment",
        run="pipeline.render.steps:render_segment",
        params=params,
        inputs={f"audio/{track}": masters[track].output("audio") for track in segment.tracks},
        outputs=(*cuts, "log"),
        passing=frozenset(cuts),
        tools=("numpy", "numba", "soxr"),
        cost_s=float(segment.end_s) / 60,
    )


def survey_rendered_step(
    track: str, rendered: Step, *, sample_rate_hz: int, seconds: float
) -> Step:
    """Return the step in which a rendered track is listened to, as its mix was."""
    return Step(
        name=f"{track}/survey of {rendered.name.rpartition('/')[2]}",
        kind="render.survey",
        run="pipeline.render.steps:survey_rendered",
        params={"sample_rate_hz": sample_rate_hz, "listeners": versions(MASTER_EARS)},
        inputs={"audio": rendered.output(f"audio/{track}")},
        outputs=("survey",),
        tools=("numpy", "scipy"),
        cost_s=seconds / 150,
    )


@dataclass(frozen=True, slots=True)
class FloatPiece:
    """A rendered track as an encoder takes it.

    Parameters
    ----------
    audio : Output
        Its float audio.
    start_samples : int
        Place in its segment, which dither goes by.
    tail_samples : int
        Silence behind it.
    """

    audio: Output
    start_samples: int
    tail_samples: int


def float_piece(
    track: str, rendered: Step, segment: Segment, *, tail_sectors: int, sample_rate_hz: int
) -> FloatPiece:
    """Return a rendered track with the silence behind it."""
    cut = next(each for each in segment.cuts if each.track == track)
    samples_per_sector = sample_rate_hz // 75
    return FloatPiece(
        rendered.output(f"audio/{track}"),
        cut.start_sectors * samples_per_sector,
        tail_sectors * samples_per_sector,
    )


def quantise_step(
    track: str,
    piece: FloatPiece,
    *,
    bits: int,
    seconds: float,
    dither: Mapping[str, Any] | None = None,
) -> Step:
    """Return the step that brings a rendered track to its word length."""
    return Step(
        name=f"{track}/{bits}-bit{_noise(dither)} of {_origin(piece)}",
        kind="render.quantise",
        run="pipeline.render.steps:quantise",
        params={
            "bits": bits,
            "start_samples": piece.start_samples,
            "tail_samples": piece.tail_samples,
            **({"dither": dither} if dither else {}),
        },
        inputs={"audio": piece.audio},
        outputs=("pcm", "log"),
        tools=("numpy", "numba", *_designers(dither)),
        cost_s=seconds / 300,
    )


def flac_step(
    span: Span,
    pieces: list[FloatPiece],
    *,
    sample_rate_hz: int,
    bits: int,
    dither: Mapping[str, Any] | None = None,
) -> Step:
    """Return the step that encodes a track as FLAC from its float master, untagged."""
    return Step(
        name=f"{span.track}/flac-{bits}{_noise(dither)} of {_origin(pieces[0])}",
        kind="deliver.flac",
        run="pipeline.deliver.steps:encode_flac",
        version=2,  # 2: brings the float master to its word length itself
        params={
            "sample_rate_hz": sample_rate_hz,
            "bits": bits,
            "pieces": [[piece.start_samples, piece.tail_samples] for piece in pieces],
            **({"dither": dither} if dither else {}),
        },
        inputs=_floats(pieces),
        outputs=("flac", "words"),
        tools=("numpy", "numba", *_designers(dither), "libsndfile"),
        cost_s=span.n_sectors / 75 / 400,
    )


def mp3_step(span: Span, pieces: list[FloatPiece], *, sample_rate_hz: int, kbps: int) -> Step:
    """Return the step that encodes a track as MP3 from its float master, untagged."""
    return Step(
        name=f"{span.track}/mp3-{kbps} of {_origin(pieces[0])}",
        kind="deliver.mp3",
        run="pipeline.deliver.steps:encode_mp3",
        params={
            "sample_rate_hz": sample_rate_hz,
            "kbps": kbps,
            "tail_samples": [piece.tail_samples for piece in pieces],
        },
        inputs=_floats(pieces),
        outputs=("mp3",),
        tools=("ffmpeg",),
        cost_s=span.n_sectors / 75 / 60,
    )


def _floats(pieces: list[FloatPiece]) -> dict[str, Output]:
    return {f"audio/{number:02d}": piece.audio for number, piece in enumerate(pieces)}


def _noise(dither: Mapping[str, Any] | None) -> str:
    """Return what tells apart steps that differ in their dither."""
    if not dither:
        return ""
    blank = dither["blank_after_samples"]
    return f" {dither['kind']}" + (f" blank {blank}" if blank else "")


def _designers(dither: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what computes the curve of shaped noise, and so has a part in the words."""
    return ("scipy",) if dither and "shaped" in dither["kind"] else ()


def _origin(piece: FloatPiece) -> str:
    """Return what a piece is made of, so that no two steps have one name."""
    return f"{piece.audio.step.name.rpartition('/')[2]}+{piece.tail_samples}"
