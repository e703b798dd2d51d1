"""What each deliverable asks of the renderer: which outputs of which steps, track by track."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.assemble.takes import Medium, has_hidden_first
from pipeline.assemble.timeline import Span, Timeline
from pipeline.build import steps
from pipeline.build.work import EditionWork, Programme
from pipeline.deliver.cd import CD_BITS
from pipeline.engine import Output, Step
from pipeline.lock import EditionLock
from pipeline.spec.model import AnyCd, AnyDeliverable, CdImage, Ddp, LosslessFiles, Mp3Files

CD_RATE_HZ = 44_100
_MP3_RATES_HZ = {88_200: 44_100, 176_400: 44_100, 96_000: 48_000, 192_000: 48_000}


@dataclass(frozen=True, slots=True)
class Format:
    """What the audio of a deliverable is: `bits` is 0 for MP3, `kbps` for all else.

    `dither` and `blank_ms`, how long silence lasts before it rests, go with the bits.
    """

    name: str
    sample_rate_hz: int
    bits: int = 0
    kbps: int = 0
    dither: str = "tpdf"
    blank_ms: float | None = None

    @property
    def dither_params(self) -> dict[str, Any] | None:
        """What a step is told of the dither; None if it is plain."""
        if (self.dither, self.blank_ms) == ("tpdf", None):
            return None
        blank = self.blank_ms and round(self.blank_ms * self.sample_rate_hz / 1000)
        return {
            "kind": self.dither,
            "sample_rate_hz": self.sample_rate_hz,
            "blank_after_samples": blank,
        }


@dataclass(frozen=True, slots=True)
class OrderedTrack:
    """One marked track of a deliverable and the outputs it is made from.

    Parameters
    ----------
    span : Span
        Where it lies on the programme.
    disc : int
        The disc it is on, from 1.
    number : int
        Its number there.
    payload : tuple of Output
        What goes into its file: encoded, or raw samples.
    floats : tuple of Output
        The rendered tracks behind it.
    words : Output or None
        For FLAC, the facts of the samples in it.
    """

    span: Span
    disc: int
    number: int
    payload: tuple[Output, ...]
    floats: tuple[Output, ...]
    words: Output | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Everything a deliverable is made from."""

    name: str
    spec: AnyDeliverable
    work: EditionWork
    timeline: Timeline
    format: Format
    tracks: tuple[OrderedTrack, ...]
    rendered: tuple[Step, ...]
    album_rate_hz: int

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps whose outputs it needs, at its end of the graph."""
        ends = [output.step for track in self.tracks for output in track.payload]
        return tuple(dict.fromkeys([*ends, *self.rendered]))


def medium_of(spec: AnyDeliverable) -> Medium:
    """Return the medium whose timeline a deliverable follows."""
    return "cd" if isinstance(spec, CdImage | Ddp) else "files"


def programme_of(spec: AnyDeliverable) -> Programme:
    """Return the programme that a deliverable holds: all of an edition, or one disc of it."""
    disc = (spec.disc or 0) if isinstance(spec, CdImage | Ddp) else 0
    return medium_of(spec), disc


def format_of(spec: AnyDeliverable, *, album_rate_hz: int) -> Format:
    """Return what the audio of a deliverable is."""
    if isinstance(spec, CdImage | Ddp):
        return Format("bin", CD_RATE_HZ, bits=CD_BITS, **_noise(spec))
    if isinstance(spec, Mp3Files):
        rate = spec.sample_rate_hz or _MP3_RATES_HZ.get(album_rate_hz, album_rate_hz)
        return Format("mp3", rate, kbps=spec.kbps)
    rate = spec.sample_rate_hz or album_rate_hz
    return Format(spec.format, rate, bits=spec.bits, **_noise(spec))


def _noise(spec: AnyCd | LosslessFiles) -> dict[str, Any]:
    blank_ms = None if spec.auto_blank == "off" else spec.auto_blank
    return {"dither": spec.dither, "blank_ms": blank_ms}


def place_order(
    name: str,
    spec: AnyDeliverable,
    work: EditionWork,
    decisions: EditionLock,
    *,
    album_rate_hz: int,
) -> Order:
    """Return the steps that make a deliverable's audio, given what was decided.

    A gain that is not decided yet is None in its step: such a step waits for its master anyway.
    """
    wanted = format_of(spec, album_rate_hz=album_rate_hz)
    programme = programme_of(spec)
    medium, disc = programme
    timeline = work.timelines[programme]
    segments = {
        segment.tracks: steps.segment_step(
            segment,
            masters=work.masters,
            gains_db={
                track: decisions.levels[track].gain_db if track in decisions.levels else None
                for track in segment.tracks
            },
            correlations={track: each.correlation for track, each in decisions.joins.items()},
            limiter=work.limiter,
            sample_rate_hz=wanted.sample_rate_hz,
            edition=work.edition.id,
        )
        for segment in timeline.segments
    }
    first = 1
    if medium == "cd" and has_hidden_first(work.edition.tracks_on(disc)):
        first = 0
    if medium == "files" and _opens_with_hidden(work):
        first = 0
    tracks = tuple(
        _ordered(span, place, timeline, segments, wanted)
        for span, place in zip(
            timeline.spans, _numbered(work, timeline, first=first), strict=True
        )
    )
    return Order(
        name,
        spec,
        work,
        timeline,
        wanted,
        tracks,
        rendered=tuple(segments.values()),
        album_rate_hz=album_rate_hz,
    )


def _numbered(
    work: EditionWork, timeline: Timeline, *, first: int
) -> Iterator[tuple[int, int]]:
    """Yield disc and number of each span: every disc after the first begins with 1."""
    disc, number = 1, first - 1
    for span in timeline.spans:
        now = work.edition.disc_of(span.track)
        number = number + 1 if now == disc or span is timeline.spans[0] else 1
        disc = now
        yield disc, number


def _opens_with_hidden(work: EditionWork) -> bool:
    first = work.timelines["files", 0].spans[0].track
    hidden = work.edition.track(first).hidden
    return hidden is not None and hidden.before is not None


def _ordered(
    span: Span,
    place: tuple[int, int],
    timeline: Timeline,
    segments: Mapping[tuple[str, ...], Step],
    wanted: Format,
) -> OrderedTrack:
    pieces = [
        steps.float_piece(
            track,
            segments[(segment := timeline.segment_of(track)).tracks],
            segment,
            tail_sectors=tail_sectors,
            sample_rate_hz=wanted.sample_rate_hz,
        )
        for track, tail_sectors in span.pieces
    ]
    floats = tuple(piece.audio for piece in pieces)
    rate_hz = wanted.sample_rate_hz
    match wanted.name:
        case "mp3":
            mp3 = steps.mp3_step(span, pieces, sample_rate_hz=rate_hz, kbps=wanted.kbps)
            return OrderedTrack(span, *place, (mp3.output("mp3"),), floats)
        case "flac":
            flac = steps.flac_step(
                span,
                pieces,
                sample_rate_hz=rate_hz,
                bits=wanted.bits,
                dither=wanted.dither_params,
            )
            return OrderedTrack(
                span, *place, (flac.output("flac"),), floats, flac.output("words")
            )
        case _:
            words = [
                steps.quantise_step(
                    track,
                    piece,
                    bits=wanted.bits,
                    dither=wanted.dither_params,
                    seconds=span.n_sectors / 75,
                )
                for (track, _), piece in zip(span.pieces, pieces, strict=True)
            ]
            return OrderedTrack(
                span, *place, tuple(step.output("pcm") for step in words), floats
            )
