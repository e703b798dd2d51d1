import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.cells import CellMeter, Cells
from pipeline.dsp.limiter import Limiter, LimiterSettings
from pipeline.dsp.loudness import (
    Loudness,
    LoudnessMeter,
    pooled_loudness,
    short_term_percentile,
)
from pipeline.match.level import OneGain, Solution, common_reduction_db, one_gain, solve
from pipeline.match.limited import Match, Song, peak_dbtp

RATE_HZ = 48_000
LIMITER = LimiterSettings(-1.0)


def programme(seed: int, *, seconds: int = 12, rate_hz: int = RATE_HZ) -> Audio:
    """Drums over a chord, a quiet start, a loud second half."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(seconds * rate_hz) / rate_hz
    chord = sum(np.sin(2 * np.pi * hz * time_s) for hz in rng.uniform(80, 900, 5))
    hits = np.exp(-(time_s * rng.uniform(1.8, 3) % 1) * 30)
    drums = hits * rng.standard_normal(len(time_s))
    level = np.where(time_s < seconds / 3, 0.3, 1.0)
    left = level * (0.05 * chord + 0.25 * drums)
    right = level * (0.06 * chord + 0.2 * np.roll(drums, 7))
    return np.column_stack((left, right))


def cells_of(signal: Audio, rate_hz: int = RATE_HZ) -> Cells:
    meter = CellMeter(rate_hz, 2)
    meter.update(signal)
    return meter.result()


def limited(signal: Audio, rate_hz: int = RATE_HZ) -> Audio:
    limiter = Limiter(LIMITER, sample_rate_hz=rate_hz, n_channels=2)
    whole = np.concatenate((limiter.process(signal), limiter.flush()))
    return whole[limiter.latency_samples :]


def gain(gain_db: float) -> float:
    return float(10 ** (gain_db / 20))


def loudness(signal: Audio, rate_hz: int = RATE_HZ) -> Loudness:
    meter = LoudnessMeter(rate_hz, 2)
    meter.update(signal)
    return meter.result()


def read(signal: Audio, match: Match, rate_hz: int = RATE_HZ) -> float:
    measured = loudness(signal, rate_hz)
    value = (
        measured.integrated_lufs
        if match is Match.INTEGRATED
        else short_term_percentile(measured.energies, 95)
    )
    assert value is not None
    return value


PROGRAMMES = [programme(seed) for seed in range(3)]
CELLS = [cells_of(signal) for signal in PROGRAMMES]


def solve_one(
    aim_lufs: float,
    match: Match = Match.INTEGRATED,
    limiter: LimiterSettings | None = LIMITER,
    max_reduction_db: float | None = None,
) -> Solution:
    songs = [Song("one", CELLS[0], aim_lufs=aim_lufs)]
    return solve(songs, match=match, limiter=limiter, max_reduction_db=max_reduction_db)[0]


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("match", list(Match))
@pytest.mark.parametrize("aim_lufs", [-20.0, -14.0, -12.0])
def test_the_limited_song_is_as_loud_as_its_aim(
    rate_hz: int, match: Match, aim_lufs: float
) -> None:
    signal = programme(9, rate_hz=rate_hz)
    songs = [Song("one", cells_of(signal, rate_hz), aim_lufs=aim_lufs)]
    solution = solve(songs, match=match, limiter=LIMITER)[0]
    rendered = limited(signal * gain(solution.gain_db), rate_hz)
    assert solution.shortfall_lu == 0.0
    assert solution.reason == ""
    assert read(rendered, match, rate_hz) == pytest.approx(aim_lufs, abs=0.1)
    assert read(rendered, match, rate_hz) == pytest.approx(solution.predicted_lufs, abs=0.02)


def test_hard_limiting_is_foreseen_with_its_reduction() -> None:
    solution = solve_one(-11.0)
    limiter = Limiter(LIMITER, sample_rate_hz=RATE_HZ, n_channels=2)
    limiter.process(PROGRAMMES[0] * gain(solution.gain_db))
    limiter.flush()
    assert solution.max_reduction_db > 3.0
    assert limiter.activity.max_reduction_db == pytest.approx(
        solution.max_reduction_db, abs=0.15
    )


@pytest.mark.parametrize("match", list(Match))
def test_without_limiter_the_gain_is_the_plain_difference(match: Match) -> None:
    solution = solve_one(-9.0, match, None)
    plain_db = -9.0 - read(PROGRAMMES[0], match)
    assert solution.gain_db == pytest.approx(plain_db, abs=0.0051)
    assert solution.max_reduction_db == 0.0


def test_gains_are_rounded_to_hundredths() -> None:
    for solution in (
        solve_one(-17.123),
        solve_one(-12.0),
        solve_one(-5.0, max_reduction_db=3.0),
    ):
        assert solution.gain_db == round(solution.gain_db, 2)


def test_max_reduction_is_a_cap_and_what_is_missing_is_said() -> None:
    solution = solve_one(-6.0, max_reduction_db=3.0)
    assert 2.9 < solution.max_reduction_db <= 3.0
    assert solution.predicted_lufs is not None
    assert solution.shortfall_lu == pytest.approx(-6.0 - solution.predicted_lufs)
    assert "not -6.0 LUFS" in solution.reason
    assert "limiter.max_reduction" in solution.reason


def test_a_saturated_limiter_is_said_instead_of_driven() -> None:
    solution = solve_one(0.0)
    assert solution.shortfall_lu > 1.0
    assert "takes nearly all" in solution.reason
    rendered = limited(PROGRAMMES[0] * gain(solution.gain_db))
    assert read(rendered, Match.INTEGRATED) == pytest.approx(solution.predicted_lufs, abs=0.1)


def test_silence_stays_at_its_gain_and_says_so() -> None:
    silent = Song("none", cells_of(np.zeros((RATE_HZ, 2))), aim_lufs=-10.0)
    solution = solve([silent], match=Match.LOUD_PASSAGES, limiter=LIMITER)[0]
    assert (solution.gain_db, solution.predicted_lufs) == (0.0, None)
    assert "silent" in solution.reason


@pytest.mark.parametrize("n_samples", [0, 100, 9_600, 2 * RATE_HZ])
def test_the_shortest_songs_have_a_solution(n_samples: int) -> None:
    short = Song(
        "short", cells_of(PROGRAMMES[0][-n_samples or len(PROGRAMMES[0]) :]), aim_lufs=-14
    )
    solution = solve([short], match=Match.LOUD_PASSAGES, limiter=LIMITER)[0]
    assert math.isfinite(solution.gain_db)


def test_songs_that_touch_meet_their_aims_together() -> None:
    aims_lufs = [-14.0, -11.5, -13.0]
    starts = [0, len(CELLS[0]), len(CELLS[0]) + len(CELLS[1])]
    songs = [
        Song(f"song {n}", CELLS[n], start_cell=starts[n], aim_lufs=aims_lufs[n])
        for n in range(3)
    ]
    solutions = solve(songs, match=Match.INTEGRATED, limiter=LIMITER)
    parts = [PROGRAMMES[n] * gain(solutions[n].gain_db) for n in range(3)]
    rendered = np.split(limited(np.concatenate(parts)), 3)
    for part, aim_lufs in zip(rendered, aims_lufs, strict=True):
        assert read(part, Match.INTEGRATED) == pytest.approx(aim_lufs, abs=0.1)


def test_a_crossfade_is_counted_in() -> None:
    overlap_cells = 3 * RATE_HZ // 32
    start_cell = len(CELLS[0]) - overlap_cells
    ramp = np.linspace(0, np.pi / 2, overlap_cells)
    fade_out, fade_in = np.ones(len(CELLS[0])), np.ones(len(CELLS[1]))
    fade_out[-overlap_cells:], fade_in[:overlap_cells] = np.cos(ramp), np.sin(ramp)
    songs = [
        Song("out", CELLS[0], fade=fade_out, aim_lufs=-12.0),
        Song("in", CELLS[1], start_cell=start_cell, fade=fade_in, aim_lufs=-12.0),
    ]
    solutions = solve(songs, match=Match.INTEGRATED, limiter=LIMITER)
    segment = np.zeros(((start_cell + len(CELLS[1])) * 32, 2))
    for song, solution, signal, fade in zip(
        songs, solutions, PROGRAMMES[:2], (fade_out, fade_in), strict=True
    ):
        first = song.start_cell * 32
        faded = signal * np.repeat(fade, 32)[:, None] * gain(solution.gain_db)
        segment[first : first + len(signal)] += faded
    rendered = limited(segment)
    # What the two songs share adds up in either, so it is left out here.
    alone = rendered[len(PROGRAMMES[0]) :]
    expected = limited(PROGRAMMES[1] * gain(solutions[1].gain_db))[overlap_cells * 32 :]
    assert read(alone, Match.INTEGRATED) == pytest.approx(
        read(expected, Match.INTEGRATED), abs=0.1
    )
    for solution in solutions:
        assert solution.predicted_lufs == pytest.approx(-12.0, abs=0.05)


def test_a_frozen_song_keeps_its_gain() -> None:
    songs = [
        Song("locked", CELLS[0], gain_db=2.34),
        Song("free", CELLS[1], start_cell=len(CELLS[0]), aim_lufs=-13.0),
    ]
    locked, free = solve(songs, match=Match.INTEGRATED, limiter=LIMITER)
    assert locked.gain_db == 2.34
    assert locked.reason == ""
    assert free.predicted_lufs == pytest.approx(-13.0, abs=0.05)


def test_what_lies_apart_in_a_segment_does_not_move_a_song() -> None:
    alone = solve_one(-12.0)
    far = Song("far", CELLS[1], start_cell=len(CELLS[0]) + 20 * RATE_HZ, gain_db=9.0)
    with_far = solve(
        [Song("one", CELLS[0], aim_lufs=-12.0), far], match=Match.INTEGRATED, limiter=LIMITER
    )
    assert with_far[0].gain_db == alone.gain_db


@settings(max_examples=10, deadline=None)
@given(st.floats(-30, -11), st.sampled_from(list(Match)))
def test_every_aim_within_reach_is_met(aim_lufs: float, match: Match) -> None:
    solution = solve_one(aim_lufs, match)
    assert solution.predicted_lufs is not None
    met = abs(solution.predicted_lufs - aim_lufs) <= 0.05
    assert met is (solution.reason == "")
    assert met or solution.shortfall_lu > 0.05


@pytest.mark.parametrize("limiter", [LIMITER, None])
def test_one_gain_brings_the_pooled_album_to_its_aim(limiter: LimiterSettings | None) -> None:
    segments = [
        [Song("a", CELLS[0], gain_db=-3.0)],
        [Song("b", CELLS[1])],
        [Song("c", CELLS[2])],
    ]
    found = one_gain(segments, aim_lufs=-12.5, limiter=limiter)
    signals = [
        signal * gain(found.gain_db + songs[0].gain_db)
        for signal, songs in zip(PROGRAMMES, segments, strict=True)
    ]
    rendered = [limited(signal) if limiter else signal for signal in signals]
    pooled = pooled_loudness(loudness(signal).energies for signal in rendered)
    assert pooled == pytest.approx(-12.5, abs=0.1)
    assert found.reason == ""


def test_one_gain_says_what_it_cannot_reach() -> None:
    found = one_gain(
        [[Song("a", CELLS[0])]], aim_lufs=-5.0, limiter=LIMITER, max_reduction_db=2.0
    )
    assert isinstance(found, OneGain)
    assert found.max_reduction_db <= 2.0
    assert found.shortfall_lu > 1.0
    assert "limiter.max_reduction" in found.reason
    silent = Song("none", cells_of(np.zeros((RATE_HZ, 2))))
    assert one_gain([[silent]], aim_lufs=-5.0, limiter=LIMITER).predicted_lufs is None


def test_without_limiter_one_reduction_brings_the_highest_peak_to_the_ceiling() -> None:
    songs = [Song("a", CELLS[0], gain_db=12.0), Song("b", CELLS[1], gain_db=3.0)]
    reduction_db = common_reduction_db(songs, ceiling_dbtp=-1.0)
    highest_dbtp = max(peak_dbtp(song) + song.gain_db for song in songs)
    assert -1.01 <= highest_dbtp + reduction_db <= -1.0
    quiet = [replace(song, gain_db=-20.0) for song in songs]
    assert common_reduction_db(quiet, ceiling_dbtp=-1.0) == 0.0


def test_a_song_of_another_rate_is_levelled_on_the_grid_of_the_album() -> None:
    signal = programme(5, rate_hz=44_100)
    own = solve(
        [Song("own", cells_of(signal, 44_100), aim_lufs=-12.0)],
        match=Match.INTEGRATED,
        limiter=LIMITER,
    )[0]
    moved = solve(
        [Song("moved", cells_of(signal, 44_100).at_rate(48_000), aim_lufs=-12.0)],
        match=Match.INTEGRATED,
        limiter=LIMITER,
    )[0]
    assert moved.gain_db == pytest.approx(own.gain_db, abs=0.05)
