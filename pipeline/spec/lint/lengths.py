"""Gaps, fades and crossfades against the songs they belong to."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding, Severity, check
from pipeline.spec.editions import Edition
from pipeline.spec.lint.written import SongFacts, Written
from pipeline.spec.located import KeyPath
from pipeline.spec.model import TrackSpec, TrimSpan

LONGEST_SILENCE_S = 10.0  # AudioMaze, MusicMyBand: at a file's end; a gap is the end of a file
SHORTEST_PAID_S = 30.0  # a play counts from 30 s on (Spotify, and others after it)
MOST_FADED = 0.5


@check(
    "spec/lengths",
    rationale="""A gap or a fade longer than the song it belongs to is mostly a slip of minutes
    for seconds. A gap is delivered as the end of the file before it, and distributors
    (AudioMaze, MusicMyBand) take 10 s of silence there at most.""",
)
def lengths(written: Written) -> Iterator[Finding]:
    """Gaps and fades are shorter than the songs they belong to."""
    sold = {each.edition or "" for _, each, *_ in written.on_sale() if each.kind == "files"}
    for edition in written.editions():
        yield from _fades(written, edition)
        yield from _gaps(written, edition, is_sold=edition.id in sold)
        if edition.id in sold:
            yield from _short_songs(written, edition)


def _fades(written: Written, edition: Edition) -> Iterator[Finding]:
    for track in edition.tracks:
        song = written.songs.get(track.id)
        if song is None:
            continue
        rate_hz, used_s = song.sample_rate_hz, used_length_s(track, song)
        for key, fade in (("fade_in", track.fade_in), ("fade_out", track.fade_out)):
            start = fade.start.to_seconds(rate_hz) if fade and fade.start else 0
            length_s = float(fade.end.to_seconds(rate_hz) - start) if fade else 0.0
            if length_s > MOST_FADED * used_s:
                yield written.finding(
                    Severity.WARN,
                    "long-fade",
                    f"its {key} takes {length_s:.0f} s of the {used_s:.0f} s that are heard",
                    at=(*written.track_path(edition.id, track.id), key),
                    track=track.id,
                    action="times are times of the mix file: from and to",
                )


def _gaps(written: Written, edition: Edition, *, is_sold: bool) -> Iterator[Finding]:
    for before, track in zip(edition.tracks, edition.tracks[1:], strict=False):
        song, previous = written.songs.get(track.id), written.songs.get(before.id)
        if song is None or previous is None or track.hidden or before.hidden:
            continue
        path = written.track_path(edition.id, track.id)
        shorter_s = min(used_length_s(before, previous), used_length_s(track, song))
        if track.crossfade:
            overlap_s = float(track.crossfade.to_seconds(song.sample_rate_hz))
            yield from _overlap(written, track, path, overlap_s, shorter_s)
        elif not track.joined_from:
            gap_s = float(track.gap.to_seconds(song.sample_rate_hz))
            if gap_s > shorter_s:
                yield _long_gap(written, track, path, gap_s, shorter_s)
            elif is_sold and gap_s > LONGEST_SILENCE_S:
                yield _silent_end(written, track, path, gap_s, before.id)


def _overlap(
    written: Written, track: TrackSpec, path: KeyPath, overlap_s: float, shorter_s: float
) -> Iterator[Finding]:
    if overlap_s > MOST_FADED * shorter_s:
        yield written.finding(
            Severity.WARN,
            "long-crossfade",
            f"the crossfade takes {overlap_s:g} s, more than half of a song beside it",
            at=(*path, "crossfade"),
            track=track.id,
            action="make it shorter, if the songs are not meant to melt into one",
        )


def _long_gap(
    written: Written, track: TrackSpec, path: KeyPath, gap_s: float, shorter_s: float
) -> Finding:
    return written.finding(
        Severity.WARN,
        "long-gap",
        f"the gap of {gap_s:g} s before it is longer than a song beside it, {shorter_s:.0f} s",
        at=(*path, "gap"),
        track=track.id,
        action="minutes for seconds? A hidden song is written with hidden",
    )


def _silent_end(
    written: Written, track: TrackSpec, path: KeyPath, gap_s: float, before: str
) -> Finding:
    return written.finding(
        Severity.WARN,
        "silent-end",
        f"the gap of {gap_s:g} s ends the file of {before}; distributors take "
        f"{LONGEST_SILENCE_S:g} s of silence at most",
        at=(*path, "gap"),
        track=track.id,
        action="give the edition for services a shorter gap",
    )


def _short_songs(written: Written, edition: Edition) -> Iterator[Finding]:
    for track in edition.tracks:
        song = written.songs.get(track.id)
        if song and (used_s := used_length_s(track, song)) < SHORTEST_PAID_S:
            yield written.finding(
                Severity.INFO,
                "short",
                f"lasts {used_s:.0f} s; services count a play from {SHORTEST_PAID_S:g} s on",
                at=written.track_path(edition.id, track.id),
                track=track.id,
                action="if it belongs to a neighbour: hidden, or one mix of both",
            )


def used_length_s(track: TrackSpec, song: SongFacts) -> float:
    """Return how much of a song is heard after its trim and fade, in seconds."""
    start_s, end_s = 0.0, song.duration_s
    if track.trim == "silence":
        start_s, end_s = song.sound_s
    elif isinstance(track.trim, TrimSpan):
        rate_hz = song.sample_rate_hz
        start_s = float(track.trim.start.to_seconds(rate_hz)) if track.trim.start else 0.0
        end_s = float(track.trim.end.to_seconds(rate_hz)) if track.trim.end else end_s
    if track.fade_out:
        end_s = min(end_s, float(track.fade_out.end.to_seconds(song.sample_rate_hz)))
    return end_s - start_s
