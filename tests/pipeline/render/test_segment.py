"""A segment's audio: gains, fades, crossfades, rates, cuts of blocks."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.assemble.timeline import Fade, Join, Take, Timeline, lay_out
from pipeline.dsp import Audio
from pipeline.dsp.limiter import Limiter, LimiterSettings
from pipeline.dsp.resample import Resampler
from pipeline.render import segment
from pipeline.render.score import Score
from pipeline.render.segment import FloatTrack, render_blocks

WriteTrack = Callable[[str, Audio], Path]
Noise = Callable[[int, int], Audio]
SEGUE = Join(Fraction(0))
RATE = 48_000


def crossfade(seconds: Fraction) -> Join:
    return Join(Fraction(0), seconds)


def take(
    name: str,
    n_samples: int,
    join: Join = SEGUE,
    *,
    rate: int = RATE,
    fade_in: Fade | None = None,
    fade_out: Fade | None = None,
) -> Take:
    return Take(name, rate, 0, n_samples, join, fade_in, fade_out)


def rendered(
    timeline: Timeline,
    tracks: Mapping[str, Path],
    *,
    gains: Mapping[str, float] | None = None,
    correlation: float = 0.0,
    limiter: Limiter | None = None,
    rate: int = RATE,
    number: int = 0,
) -> Audio:
    score = Score(timeline.segments[number], rate)
    blocks = render_blocks(
        score,
        tracks=tracks,
        gains=gains or dict.fromkeys(tracks, 1.0),
        correlations=dict.fromkeys(tracks, correlation),
        limiter=limiter,
    )
    audio = np.concatenate(list(blocks))
    assert len(audio) == score.n_samples
    return audio


def test_a_segue_joins_sample_after_sample(write_track: WriteTrack, noise: Noise) -> None:
    one, two = noise(1, 48_123), noise(2, 48_077)
    tracks = {"a": write_track("a", one), "b": write_track("b", two)}
    timeline = lay_out([take("a", len(one)), take("b", len(two))])
    found = rendered(timeline, tracks)
    joined = np.concatenate((one, two))
    np.testing.assert_array_equal(found[: len(joined)], joined)
    assert not found[len(joined) :].any()


def test_gains_are_linear_and_of_each_track(write_track: WriteTrack, noise: Noise) -> None:
    one, two = noise(1, 6400), noise(2, 6400)
    tracks = {"a": write_track("a", one), "b": write_track("b", two)}
    timeline = lay_out([take("a", 6400), take("b", 6400)])
    found = rendered(timeline, tracks, gains={"a": 0.5, "b": 2.0})
    np.testing.assert_array_equal(found, np.concatenate((one * 0.5, two * 2.0)))


def test_a_trim_reads_the_stretch_that_is_used(write_track: WriteTrack, noise: Noise) -> None:
    audio = noise(1, 20_000)
    cut = Take("a", RATE, 1000, 1000 + 6400, SEGUE)
    found = rendered(lay_out([cut]), {"a": write_track("a", audio)})
    np.testing.assert_array_equal(found, audio[1000:7400])


@pytest.mark.parametrize(
    ("correlation", "seeds", "tolerance"),
    [(0.0, (1, 2), 0.03), (1.0, (1, 1), 1e-9), (0.5, (1, 3), 0.03)],
)
def test_a_crossfade_keeps_its_power_if_the_correlation_is_right(
    write_track: WriteTrack,
    noise: Noise,
    correlation: float,
    seeds: tuple[int, int],
    tolerance: float,
) -> None:
    length = 96_000
    one = noise(seeds[0], length)
    two = noise(seeds[1], length)
    if correlation == 0.5:
        two = (one + np.sqrt(3) * two) / 2
    tracks = {"a": write_track("a", one), "b": write_track("b", two)}
    timeline = lay_out([take("a", length), take("b", length, crossfade(Fraction(2)))])
    found = rendered(timeline, tracks, correlation=correlation)
    power = (found**2).reshape(20, -1).mean(axis=1)
    alone = (one**2).mean()
    if seeds[0] == seeds[1]:
        np.testing.assert_allclose(found, one, atol=1e-6)  # the same music does not change
    assert np.sqrt(power / alone) == pytest.approx(np.ones(20), abs=tolerance + 0.02)


def test_outside_a_crossfade_every_sample_is_untouched(
    write_track: WriteTrack, noise: Noise
) -> None:
    one, two = noise(1, 48_000), noise(2, 48_000)
    tracks = {"a": write_track("a", one), "b": write_track("b", two)}
    timeline = lay_out([take("a", 48_000), take("b", 48_000, crossfade(Fraction(1, 4)))])
    found = rendered(timeline, tracks)
    np.testing.assert_array_equal(found[:36_001], one[:36_001])
    np.testing.assert_array_equal(found[48_000:84_000], two[12_000:])


def test_fades_act_where_they_are_written_and_leave_silence_outside(
    write_track: WriteTrack,
) -> None:
    ones = np.ones((48_000, 2))
    song = take(
        "a",
        48_000,
        fade_in=Fade(1000, 5000, "linear"),
        fade_out=Fade(40_000, 45_000, "linear"),
    )
    found = rendered(lay_out([song]), {"a": write_track("a", ones)})
    assert not found[:1001].any()
    assert found[3000, 0] == pytest.approx(0.5)
    np.testing.assert_array_equal(found[5000:40_000], ones[5000:40_000])
    assert found[42_500, 1] == pytest.approx(0.5, abs=1e-3)
    assert not found[44_999:].any()


def test_another_rate_is_resampled_once_as_one_piece(
    write_track: WriteTrack, noise: Noise
) -> None:
    one, two = noise(1, 44_100), noise(2, 44_100)
    tracks = {"a": write_track("a", one), "b": write_track("b", two)}
    timeline = lay_out([take("a", 44_100, rate=44_100), take("b", 44_100, rate=44_100)])
    whole = Resampler(44_100, RATE, 2)
    expected = np.concatenate((whole.process(np.concatenate((one, two))), whole.flush()))
    found = rendered(timeline, tracks)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_mix_of_another_rate_is_resampled_alone_and_then_summed(
    write_track: WriteTrack, noise: Noise
) -> None:
    one, two = noise(1, 48_000), noise(2, 44_100)
    tracks = {"a": write_track("a", one), "b": write_track("b", two)}
    timeline = lay_out([take("a", 48_000), take("b", 44_100, rate=44_100)])
    alone = Resampler(44_100, RATE, 2)
    expected = np.concatenate((alone.process(two), alone.flush()))
    found = rendered(timeline, tracks)
    np.testing.assert_array_equal(found[:48_000], one)
    np.testing.assert_allclose(found[48_000:], expected, atol=1e-12)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(block=st.integers(1, 70_000), is_limited=st.booleans())
def test_any_length_of_blocks_gives_the_same_bits(
    write_track: WriteTrack, noise: Noise, block: int, is_limited: bool
) -> None:
    one, two = noise(1, 30_000) * 2, noise(2, 27_562) * 2
    tracks = {"a": write_track("a", one), "b": write_track("b", two)}
    timeline = lay_out(
        [
            take("a", len(one), fade_in=Fade(0, 2000, "cosine")),
            take("b", len(two), crossfade(Fraction(1, 8)), rate=44_100),
        ]
    )

    def limiter() -> Limiter | None:
        settings = LimiterSettings(ceiling_dbtp=-1.0)
        return Limiter(settings, sample_rate_hz=RATE, n_channels=2) if is_limited else None

    expected = rendered(timeline, tracks, limiter=limiter())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment, "BLOCK_SAMPLES", max(block, 500))
        found = rendered(timeline, tracks, limiter=limiter())
    np.testing.assert_array_equal(found, expected)


def test_an_earlier_segment_cannot_change_a_later_one(
    write_track: WriteTrack, noise: Noise
) -> None:
    after = take("b", 20_000, Join(Fraction(2)))
    tracks = {"a": write_track("a", noise(1, 40_000)), "b": write_track("b", noise(2, 20_000))}
    found = [
        rendered(
            lay_out([take("a", n_samples), after]),
            tracks,
            limiter=Limiter(
                LimiterSettings(ceiling_dbtp=-9.0), sample_rate_hz=RATE, n_channels=2
            ),
            number=1,
        )
        for n_samples in (20_000, 39_999)
    ]
    np.testing.assert_array_equal(found[0], found[1])


def test_a_stored_track_is_read_anywhere(write_track: WriteTrack, noise: Noise) -> None:
    audio = noise(1, 1000)
    track = FloatTrack(write_track("a", audio))
    np.testing.assert_array_equal(track.read(10, 20), audio[10:30])
    assert track.read(1000, 0).shape == (0, 2)
