"""A small record as the build would report it, and a page taken apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf, sin
from typing import Any

import pytest

from pipeline.findings import Finding, Severity
from pipeline.report.data import (
    AlbumReport,
    DeliverableReport,
    EditionReport,
    LevelReport,
    MeasuredReport,
    PictureReport,
    SourceReport,
    TrackReport,
)

MakeTrack = Callable[..., TrackReport]


def _picture(length_s: float) -> PictureReport:
    n_values = max(0, int((length_s - 3.0) / 0.5) + 1)
    return PictureReport(
        waveform=tuple(round(0.5 + 0.4 * sin(0.7 * i), 4) for i in range(600)),
        short_term_lufs=tuple(round(-12.0 + 2.0 * sin(0.1 * i), 1) for i in range(n_values)),
        short_term_hop_s=0.5,
        reduction_db=tuple(
            round(max(0.0, 2.5 * sin(0.05 * i)), 1) for i in range(int(length_s * 10))
        ),
        reduction_bin_s=0.1,
    )


@pytest.fixture
def picture() -> Callable[[float], PictureReport]:
    return _picture


@pytest.fixture
def make_track() -> MakeTrack:
    def make(number: int = 1, **changes: Any) -> TrackReport:
        track = TrackReport(
            id=f"song-{number}",
            number=number,
            title=f"Song {number}",
            artist="The Ferrymen",
            isrc="GBAAA2600001",
            start_s=62.0 * (number - 1),
            length_s=60.0,
            gap_before_s=0.0 if number == 1 else 2.0,
            join="",
            source=SourceReport(
                f"mixes/{number:02}.wav", "ab" * 32, "24-bit WAV", 48_000, 60.0, False, False
            ),
            level=LevelReport(-1.25, -10.0, -10.04, -11.2, "brought to its aim", False),
            processors=(),
            levels=(),
            max_reduction_db=2.5,
            mean_reduction_db=0.31,
            measured=MeasuredReport(-11.21, -9.84, -8.9, 5.6, -1.02, -1.3, 10.2),
            picture=_picture(62.0),
        )
        return replace(track, **changes)

    return make


@pytest.fixture
def deliverable() -> DeliverableReport:
    return DeliverableReport(
        name="stores",
        kind="files",
        edition="",
        folder="out/stores",
        format="FLAC, 24-bit 48 kHz",
        revision=3,
        content="cd" * 32,
        status="changed",
        is_released=True,
        n_files=3,
        size_bytes=123_456_789,
        checks=("files/complete", "audio/loudness"),
        findings=(),
        not_checked=("the music: listen to all of it once, in another player",),
    )


@pytest.fixture
def report(make_track: MakeTrack, deliverable: DeliverableReport) -> AlbumReport:
    edition = EditionReport(
        id="",
        title="Low Water",
        sample_rate_hz=48_000,
        length_s=184.0,
        ceiling_dbtp=-1.0,
        album_integrated_lufs=-11.34,
        loudest_track_lufs=-11.21,
        aim="loud_passages at -10 LUFS",
        tracks=(
            make_track(1),
            make_track(2, measured=MeasuredReport(-inf, None, None, None, -inf, -inf, None)),
            make_track(3, level=None, measured=None, picture=None),
        ),
    )
    return AlbumReport(
        title="Low Water",
        artist="The Ferrymen",
        label="Slack Tide",
        release_date="2026-03-06",
        revision=3,
        is_released=True,
        summary="new: stores; 2 of 3 tracks are sample-identical to the last build",
        editions=(edition,),
        deliverables=(deliverable,),
        findings=(
            Finding(Severity.INFO, "over-in-float", "peaks reach +1.2 dBFS", "intake/clipped"),
        ),
        remarks=(),
        ran=("track/song-1/master",),
        reused=("track/song-2/master", "track/song-3/master"),
    )
