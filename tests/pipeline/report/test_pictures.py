from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report import pictures
from pipeline.report.data import AlbumReport, EditionReport, PictureReport, TrackReport
from pipeline.report.html import render_page
from pipeline.report.pictures import SOUND, UNITS_PER_PX, WIDTH, Scale

SCALE = Scale(top_lufs=-6.0, reduction_db=6.0)
MOST_BYTES = 25_000
MakeTrack = Callable[..., TrackReport]
Point = tuple[int, int]


def points(path: str) -> list[list[Point]]:
    """Return the places that path data visits, one list for each stroke."""
    strokes: list[list[Point]] = []
    for command, text in re.findall(r"([Mlhz])([^Mlhz]*)", path):
        numbers = [int(each) for each in re.findall(r"-?\d+", text)]
        if command == "M":
            strokes.append([(numbers[0], numbers[1])])
        elif command == "l":
            for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
                x, y = strokes[-1][-1]
                strokes[-1].append((x + dx, y + dy))
    return strokes


def drawn(
    *,
    waveform: tuple[float, ...] = (),
    short_term_lufs: tuple[float | None, ...] = (),
    reduction_db: tuple[float, ...] = (),
    length_s: float = 60.0,
    aim_lufs: float | None = None,
) -> pictures.TrackPicture:
    picture = PictureReport(waveform, short_term_lufs, 0.5, reduction_db, 0.1)
    return pictures.draw_track(picture, length_s=length_s, aim_lufs=aim_lufs, scale=SCALE)


def level_of(y: float) -> float:
    """Return the loudness at a height of the lane of sound."""
    px = y / UNITS_PER_PX - SOUND.top_px
    return SCALE.top_lufs - px / SOUND.height_px * pictures.SCALE_LU


def edition_of(report: AlbumReport, *tracks: TrackReport) -> EditionReport:
    end_s = max((each.start_s + each.length_s for each in tracks), default=0.0)
    return replace(report.editions[0], tracks=tracks, length_s=end_s)


levels = st.none() | st.floats(-90.0, 6.0) | st.just(-inf)


@settings(max_examples=50, deadline=None)
@given(
    waveform=st.lists(st.floats(0.0, 2.0), max_size=700),
    curve=st.lists(levels, max_size=700),
    reduction=st.lists(st.floats(0.0, 30.0), max_size=1300),
    length_s=st.floats(0.0, 600.0),
    aim_lufs=st.none() | st.floats(-60.0, 0.0),
)
def test_no_line_leaves_its_picture(
    waveform: list[float],
    curve: list[float | None],
    reduction: list[float],
    length_s: float,
    aim_lufs: float | None,
) -> None:
    picture = drawn(
        waveform=tuple(waveform),
        short_term_lufs=tuple(curve),
        reduction_db=tuple(reduction),
        length_s=length_s,
        aim_lufs=aim_lufs,
    )
    for path in (picture.waveform, picture.loudness, picture.reduction):
        for x, y in (place for stroke in points(path) for place in stroke):
            assert 0 <= x <= WIDTH
            assert 0 <= y <= pictures.TRACK_HEIGHT_PX * UNITS_PER_PX


def test_the_waveform_is_as_high_as_its_peaks_and_lies_where_they_are() -> None:
    peaks = [0.0] * 600
    peaks[150] = 1.0
    (outline,) = points(drawn(waveform=tuple(peaks)).waveform)
    x, top = min(outline, key=lambda place: place[1])
    bottom = max(y for _, y in outline)
    assert x == pytest.approx(WIDTH * 150.5 / 600, abs=1)
    assert (top, bottom) == (SOUND.y_units(0.0), SOUND.y_units(1.0))
    assert len(outline) == 1200


def test_loudness_is_drawn_at_its_level_in_the_middle_of_its_three_seconds() -> None:
    (curve,) = points(drawn(short_term_lufs=(-18.0, -12.0), length_s=15.0).loudness)
    assert [x for x, _ in curve] == [WIDTH * 1.5 / 15, WIDTH * 2.0 / 15]
    assert [level_of(y) for _, y in curve] == pytest.approx([-18.0, -12.0], abs=0.1)


def test_the_aim_lies_on_the_scale_of_the_loudness() -> None:
    picture = drawn(aim_lufs=-14.0)
    assert picture.aim_y is not None
    assert level_of(picture.aim_y) == pytest.approx(-14.0)
    assert drawn().aim_y is None


@pytest.mark.parametrize("silence", [None, -inf])
def test_silence_parts_the_curve(silence: float | None) -> None:
    curve = points(drawn(short_term_lufs=(-18.0, -18.0, silence, -20.0, -20.0)).loudness)
    assert [len(stroke) for stroke in curve] == [2, 2]


def test_gain_reduction_hangs_from_the_top() -> None:
    (hanging,) = points(drawn(reduction_db=(0.0,) * 300 + (3.0,) * 300).reduction)
    heights = [y / UNITS_PER_PX for _, y in hanging]
    lane = pictures.REDUCTION
    assert heights[0] == heights[-1] == lane.top_px
    assert max(heights) == pytest.approx(lane.top_px + lane.height_px / 2)
    deep = [x for x, y in hanging if y / UNITS_PER_PX > lane.top_px]
    assert min(deep) == pytest.approx(WIDTH / 2, abs=2 * WIDTH / 600)


def test_a_limiter_that_did_nothing_draws_nothing() -> None:
    assert not drawn(reduction_db=(0.0,) * 600).reduction
    assert not drawn().reduction


def test_long_curves_are_thinned_and_keep_their_loudest_and_deepest_places() -> None:
    curve = [-30.0] * 9000
    curve[4321] = -10.0
    reduction = [0.0] * 47_000
    reduction[12_345] = 6.0
    picture = drawn(
        short_term_lufs=tuple(curve), reduction_db=tuple(reduction), length_s=4740.0
    )
    (line,), (hanging,) = points(picture.loudness), points(picture.reduction)
    assert len(line) <= pictures.MAX_POINTS
    assert len(hanging) <= pictures.MAX_POINTS + 2
    x, y = min(line, key=lambda place: place[1])
    assert level_of(y) == pytest.approx(-10.0, abs=0.1)
    assert x / WIDTH * 4740.0 == pytest.approx(4321 * 0.5 + 1.5, abs=8.0)
    assert max(y for _, y in hanging) == pictures.REDUCTION.y_units(1.0)


def test_the_widest_picture_stays_small(report: AlbumReport, make_track: MakeTrack) -> None:
    wild = tuple(0.1 + 0.9 * (i * 7919 % 600 / 600) for i in range(600))
    n = 2 * 4740 - 5
    picture = PictureReport(
        wild,
        tuple(-40.0 + 34.0 * (i * 7919 % 601 / 600) for i in range(n)),
        0.5,
        tuple(6.0 * (i * 7919 % 599 / 600) for i in range(47_400)),
        0.1,
    )
    track = make_track(1, picture=picture, length_s=4740.0)
    page = render_page(replace(report, editions=(edition_of(report, track),)))
    found = re.findall(r'<figure class="picture.*?</figure>', page, re.DOTALL)
    assert len(found) == 2
    assert max(len(each.encode()) for each in found) < MOST_BYTES


def test_songs_share_one_scale_and_the_loudest_lies_below_its_top(
    report: AlbumReport, make_track: MakeTrack, picture: Callable[[float], PictureReport]
) -> None:
    loud = replace(picture(60.0), short_term_lufs=(-6.1, -30.0), reduction_db=(7.5,))
    scale = pictures.scale_of(edition_of(report, make_track(1), make_track(2, picture=loud)))
    assert scale == Scale(top_lufs=0.0, reduction_db=9.0)


def test_an_edition_without_measurements_has_a_scale_and_no_contour(
    report: AlbumReport, make_track: MakeTrack
) -> None:
    edition = edition_of(report, make_track(1, picture=None, level=None))
    scale = pictures.scale_of(edition)
    assert scale.top_lufs == -6.0
    assert pictures.draw_contour(edition, scale) is None


def test_the_contour_lays_each_song_at_its_place(
    report: AlbumReport, make_track: MakeTrack
) -> None:
    edition = edition_of(report, make_track(1), make_track(2))
    contour = pictures.draw_contour(edition, pictures.scale_of(edition))
    assert contour is not None
    assert contour.length_s == 122.0
    first, second = points(contour.loudness)
    assert second[0][0] / WIDTH * 122.0 == pytest.approx(62.0 + 1.5, abs=0.2)
    assert first[-1][0] / WIDTH * 122.0 <= 60.1
    assert [each.number for each in contour.stretches] == [1, 2]
    assert contour.stretches[1].start_percent == pytest.approx(100 * 62 / 122, abs=0.01)
    assert len(points(contour.aims)) == 2
    floor = pictures.CONTOUR.y_units(1.0)
    assert all(run[0][1] == run[-1][1] == floor for run in points(contour.area))


def test_a_picture_covers_the_file_up_to_the_next_song(
    report: AlbumReport, make_track: MakeTrack
) -> None:
    edition = edition_of(report, make_track(1), make_track(2))
    assert pictures.picture_lengths_s(edition) == (62.0, 60.0)
    assert pictures.picture_lengths_s(edition_of(report)) == ()


@given(length_s=st.floats(0.0, 20_000.0))
def test_times_below_a_picture_run_from_its_start_to_its_end(length_s: float) -> None:
    found = pictures.ticks(length_s)
    places = [each.x_percent for each in found]
    assert found[0].time_s == 0.0
    assert found[-1].time_s == length_s
    assert places == sorted(set(places))
    assert len(found) <= 8
    assert all(after - before > 5.0 for before, after in pairwise(places))


@pytest.mark.parametrize("top_lufs", [-12.0, -6.0, 0.0, 6.0])
def test_the_grid_lies_inside_on_round_levels(top_lufs: float) -> None:
    grid = Scale(top_lufs, 6.0).grid(SOUND)
    assert 2 <= len(grid) <= 3
    for line in grid:
        assert line.level_lufs % 12.0 == 0.0
        assert SOUND.top_px < line.y_px < SOUND.bottom_px


def test_curves_read_out_their_range() -> None:
    picture: Any = drawn(short_term_lufs=(-30.0, None, -9.0))
    assert (picture.lowest_lufs, picture.highest_lufs) == (-30.0, -9.0)
