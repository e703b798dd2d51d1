"""The takes of an edition as a medium has them: trims, fades, gaps and hidden material."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Literal

from pipeline.assemble.timeline import Fade, Join, Take
from pipeline.errors import SourceError
from pipeline.intake.probe import MixFacts
from pipeline.spec.model import TrackSpec, TrimSpan
from pipeline.units import Duration

Medium = Literal["cd", "files"]


def takes(
    tracks: Iterable[TrackSpec], facts: Mapping[str, MixFacts], *, medium: Medium
) -> tuple[Take, ...]:
    """Return what of each track is heard on a medium, in its running order there.

    Parameters
    ----------
    tracks : iterable of TrackSpec
        Tracks of an edition in running order.
    facts : mapping of str to MixFacts
        What is known of each track's audio, by track id.
    medium : str
        ``cd`` or ``files``: hidden material differs between them.

    Raises
    ------
    SourceError
        If a trim or a fade lies outside the audio.
    """
    shown = [each for each in tracks if not _is_omitted(each, medium)]
    return tuple(
        _take(each, facts[each.id], medium=medium, before=before)
        for before, each in zip([None, *shown], shown, strict=False)
    )


def has_hidden_first(tracks: Iterable[TrackSpec]) -> bool:
    """Tell whether the CD has something in the pre-gap of track 1."""
    first = next((each for each in tracks if not _is_omitted(each, "cd")), None)
    return first is not None and first.hidden is not None


def _is_omitted(track: TrackSpec, medium: Medium) -> bool:
    return track.hidden is not None and getattr(track.hidden, medium) == "omit"


def _take(
    track: TrackSpec, facts: MixFacts, *, medium: Medium, before: TrackSpec | None
) -> Take:
    start, end = _stretch(track, facts)
    return Take(
        track.id,
        facts.sample_rate_hz,
        start,
        end,
        _join(track, facts.sample_rate_hz, medium=medium, before=before),
        _fade_in(track, facts, start, end),
        _fade_out(track, facts, start, end),
        is_marked=track.hidden is None or _has_own_file(track, medium),
        is_finished=track.master is not None,
    )


def _stretch(track: TrackSpec, facts: MixFacts) -> tuple[int, int]:
    """Return the part of the mix that is used, in source samples."""
    rate, start, end = facts.sample_rate_hz, 0, facts.n_samples
    if track.trim == "silence":
        start, end = facts.sound_start_samples, facts.sound_end_samples
    elif isinstance(track.trim, TrimSpan):
        start = track.trim.start.to_samples(rate) if track.trim.start else start
        end = track.trim.end.to_samples(rate) if track.trim.end else end
    if track.fade_out:
        end = min(end, track.fade_out.end.to_samples(rate))
    if not 0 <= start < end <= facts.n_samples:
        raise SourceError(
            track.source.text,
            f"{track.id}: trim and fades ask for {_clock(start, rate)} to {_clock(end, rate)}, "
            f"the mix is {_clock(facts.n_samples, rate)} long",
            "times are times of the mix file; did a new mix become shorter?",
        )
    for index in (time.to_samples(rate) for time in track.indexes):
        if not start < index < end:
            raise SourceError(
                track.source.text,
                f"{track.id}: an index at {_clock(index, rate)} does not lie in the part that "
                f"is used, {_clock(start, rate)} to {_clock(end, rate)}",
                "times under indexes are times of the mix file",
            )
    return start, end


def _fade_in(track: TrackSpec, facts: MixFacts, start: int, end: int) -> Fade | None:
    fade, rate = track.fade_in, facts.sample_rate_hz
    if fade is None:
        return None
    begin = fade.start.to_samples(rate) if fade.start else start
    return _inside(track, facts, (begin, fade.end.to_samples(rate)), (start, end), fade.shape)


def _fade_out(track: TrackSpec, facts: MixFacts, start: int, end: int) -> Fade | None:
    fade, rate = track.fade_out, facts.sample_rate_hz
    if fade is None:
        return None
    span = (fade.start.to_samples(rate), fade.end.to_samples(rate))
    return _inside(track, facts, span, (start, end), fade.shape)


def _inside(
    track: TrackSpec,
    facts: MixFacts,
    span: tuple[int, int],
    used: tuple[int, int],
    shape: str,
) -> Fade:
    rate = facts.sample_rate_hz
    if not used[0] <= span[0] < span[1] <= used[1]:
        raise SourceError(
            track.source.text,
            f"{track.id}: a fade from {_clock(span[0], rate)} to {_clock(span[1], rate)} does "
            f"not lie in the part that is used, {_clock(used[0], rate)} to "
            f"{_clock(used[1], rate)}",
            "fade times are times of the mix file",
        )
    return Fade(span[0] - used[0], span[1] - used[0], shape)


def _join(
    track: TrackSpec, sample_rate_hz: int, *, medium: Medium, before: TrackSpec | None
) -> Join:
    if track.joined_from:
        crossfade = (
            track.crossfade.to_seconds(sample_rate_hz) if track.crossfade else Fraction(0)
        )
        return Join(Fraction(0), crossfade, track.curve, track.cut)
    return Join(_gap(track, before, medium).to_seconds(sample_rate_hz))


def _gap(track: TrackSpec, before: TrackSpec | None, medium: Medium) -> Duration:
    """Return the silence before a track: what its hiding asks for, or its own gap."""
    if track.hidden and track.hidden.after and not _has_own_file(track, medium):
        return track.hidden.silence
    if before and before.hidden and before.hidden.before and not _has_own_file(before, medium):
        return before.hidden.silence
    return track.gap


def _has_own_file(track: TrackSpec, medium: Medium) -> bool:
    return medium == "files" and track.hidden is not None and track.hidden.files == "own_track"


def _clock(samples: int, sample_rate_hz: int) -> str:
    minutes, seconds = divmod(samples / sample_rate_hz, 60)
    return f"{int(minutes)}:{seconds:06.3f}"
