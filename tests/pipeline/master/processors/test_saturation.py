import re
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.signal import butter, sosfilt

from pipeline.dsp import Audio
from pipeline.master.processors.saturation import (
    CHARACTERS,
    Saturation,
    Saturator,
    _shape,
    bend,
)

RATE_HZ = 48_000
NOISE = np.random.default_rng(7).normal(0.0, 0.25, (30_000, 2))
NAMES = sorted(CHARACTERS)
N = 1 << 15
Mono = npt.NDArray[np.float64]


def make(character: str, drive_db: float, rate_hz: int = RATE_HZ) -> Saturator:
    written = {"character": character, "drive": f"{drive_db} dB"}
    return Saturation.model_validate(written).make(rate_hz)


def run(saturator: Saturator, signal: Audio, edges: list[int] | None = None) -> Audio:
    cuts = edges or [0, len(signal)]
    parts = [saturator.process(signal[start:end]) for start, end in pairwise(cuts)]
    out = np.concatenate((*parts, saturator.flush()))
    assert len(out) == len(signal) + saturator.latency_samples
    return out[saturator.latency_samples :]


def spectrum(saturator: Saturator, near_hz: float, rate_hz: int = RATE_HZ) -> tuple[Mono, int]:
    """Return the magnitudes of a sine of 0 dBFS that went through, and the bin of the sine.

    The sine has a whole, odd number of periods, so nothing leaks and no alias hides.
    """
    periods = round(near_hz * N / rate_hz) | 1
    settled = -(-rate_hz // N) * N  # a second, for the offset of an uneven bend
    wave = np.sin(2 * np.pi * periods * np.arange(settled + 2 * N) / N)
    out = run(saturator, np.column_stack((wave, wave)))[settled : settled + N, 0]
    return np.abs(np.fft.rfft(out)) / (N / 2), periods


def curve(character: str, driven: Mono) -> Mono:
    """Return the static curve, from its definition by an integral."""
    shape = CHARACTERS[character]
    grid = np.linspace(0.0, 1.0, 20_001)
    steps = (1.0 - grid[1:] ** 2) ** shape.gentleness + (1.0 - grid[:-1] ** 2) ** (
        shape.gentleness
    )
    rise = np.concatenate(([0.0], np.cumsum(steps) * 0.5 / 20_000))
    room = 1.0 - shape.straight_to
    over = np.maximum(np.abs(driven) - shape.straight_to, 0.0) / room
    bent = np.interp(over * rise[-1], grid, rise) / rise[-1] * room
    return np.asarray(np.sign(driven) * (np.minimum(np.abs(driven), shape.straight_to) + bent))


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("character", NAMES)
def test_what_folds_back_is_90_db_below_the_tone_at_the_most_drive(
    character: str, rate_hz: int
) -> None:
    for near_hz in (500, 2_000, 5_000, 7_000, 10_000, 11_000, 12_000, 13_000, 15_000, 19_000):
        saturator = make(character, CHARACTERS[character].most_drive_db, rate_hz)
        heard, periods = spectrum(saturator, near_hz, rate_hz)
        folded = heard.copy()
        folded[::periods] = 0.0
        audible = np.arange(len(folded)) * rate_hz / N < 20_000
        assert (
            10 * np.log10(np.sum(folded[audible] ** 2)) <= 20 * np.log10(heard[periods]) - 90
        ), near_hz


@pytest.mark.parametrize("drive_db", [-6.0, 0.0, 6.0])
@pytest.mark.parametrize("character", NAMES)
def test_overtones_are_those_of_the_curve(character: str, drive_db: float) -> None:
    saturator = make(character, drive_db)
    heard, periods = spectrum(saturator, 1_000.0)
    drive, lean = 10 ** (drive_db / 20), CHARACTERS[character].lean
    turn = 2 * np.pi * np.arange(4_096) / 4_096
    slope = np.diff(curve(character, np.array([lean - 1e-3, lean + 1e-3])))[0] / 2e-3
    wanted = np.abs(np.fft.rfft(curve(character, drive * np.sin(turn) + lean)))[1:8] / 2_048
    got = heard[periods : 8 * periods : periods]
    ours = got / got[0] * wanted[0]
    np.testing.assert_allclose(ours, wanted, rtol=1e-3, atol=1e-6)
    # Also the tone itself: the gain of soft sounds, and how far a loud one is bent.
    gain = run(make(character, drive_db), 1e-4 * NOISE)[5_000] / (1e-4 * NOISE[5_000])
    assert got[0] == pytest.approx(gain[0] * wanted[0] / drive / slope, rel=1e-3)


def test_tape_has_odd_overtones_and_tube_even_ones_above_them() -> None:
    for character, even_first in (("tape", False), ("soft_clip", False), ("tube", True)):
        heard, periods = spectrum(make(character, 0.0), 1_000.0)
        second, third = 20 * np.log10(heard[[2 * periods, 3 * periods]] / heard[periods])
        assert third > -40.0
        assert (second > third) == even_first
        assert even_first or second < -200.0


@pytest.mark.parametrize("of_most_db", [0.0, -3.0, -6.0, -12.0])
@pytest.mark.parametrize("character", NAMES)
def test_a_mix_comes_out_as_loud_as_it_went_in(character: str, of_most_db: float) -> None:
    drive_db = CHARACTERS[character].most_drive_db + of_most_db
    noise = sosfilt(butter(4, 8_000, fs=RATE_HZ, output="sos"), NOISE, axis=0)
    noise *= 10 ** (-18 / 20) / noise.std()
    lost = 20 * np.log10(noise.std() / run(make(character, drive_db), noise).std())
    assert lost == pytest.approx(0.0, abs=0.05)


def test_soft_clip_leaves_what_is_soft_alone_but_for_its_gain() -> None:
    soft = 0.09 * NOISE / np.abs(NOISE).max()  # the filters let a sample pass its neighbours
    out = run(make("soft_clip", 6.0), soft)
    gain = out[:, 0] / soft[:, 0]
    np.testing.assert_allclose(gain, gain[0], rtol=1e-9)
    assert 20 * np.log10(gain[0]) == pytest.approx(0.03, abs=0.02)


def test_what_lies_above_20_khz_is_not_bent() -> None:
    wave = 0.9 * np.sin(2 * np.pi * 25_000 * np.arange(96_000) / 96_000)
    saturator = make("tape", 12.0, 96_000)
    out = run(saturator, np.column_stack((wave, wave)))[2_000:-2_000, 0]
    gain = np.sqrt(np.mean(out**2) / np.mean(wave[2_000:-2_000] ** 2))
    assert gain > 1.0
    np.testing.assert_allclose(out, gain * wave[2_000:-2_000], atol=1e-5)


@pytest.mark.parametrize("character", NAMES)
def test_it_sounds_alike_at_every_rate(character: str) -> None:
    levels = []
    for rate_hz in (44_100, 48_000, 176_400, 192_000):
        heard, periods = spectrum(make(character, 6.0, rate_hz), 2_000.0, rate_hz)
        levels.append(heard[periods : 9 * periods : periods])
    for other in levels[1:]:
        np.testing.assert_allclose(other, levels[0], rtol=0.002, atol=1e-5)


def test_an_uneven_bend_leaves_no_offset() -> None:
    wave = np.sin(2 * np.pi * 200 * np.arange(3 * RATE_HZ) / RATE_HZ)
    out = run(make("tube", 6.0), np.column_stack((wave, wave)))
    assert np.abs(out[RATE_HZ : 2 * RATE_HZ].mean(axis=0)).max() < 1e-4


def test_the_activity_tells_how_far_peaks_and_power_were_lowered() -> None:
    loud, soft = make("tape", 6.0), make("tape", 6.0)
    wave = np.sin(2 * np.pi * 200 * np.arange(RATE_HZ) / RATE_HZ)
    run(loud, np.column_stack((wave, wave)))
    run(soft, 0.01 * np.column_stack((wave, wave)))
    peak = curve("tape", np.array([10 ** (6 / 20)]))[0] / 10 ** (6 / 20)
    assert loud.activity.max_db == pytest.approx(-20 * np.log10(peak), abs=0.05)
    assert 0.5 * loud.activity.max_db < loud.activity.mean_db < loud.activity.max_db
    assert soft.activity.max_db < 0.01


@pytest.mark.parametrize("character", NAMES)
@given(cuts=st.lists(st.integers(0, len(NOISE)), max_size=8))
@settings(max_examples=10, deadline=None)
def test_any_block_cut_gives_the_same_samples(cuts: list[int], character: str) -> None:
    one, many = make(character, 6.0), make(character, 6.0)
    np.testing.assert_array_equal(
        run(many, NOISE, [0, *sorted(cuts), len(NOISE)]), run(one, NOISE)
    )
    assert many.activity == one.activity


@pytest.mark.parametrize("n_samples", [0, 1, 3_852, 3_853])
@pytest.mark.parametrize("character", NAMES)
def test_the_shortest_programmes_keep_their_length(character: str, n_samples: int) -> None:
    assert run(make(character, 3.0), NOISE[:n_samples]).shape == (n_samples, 2)


@pytest.mark.parametrize("character", NAMES)
def test_digital_silence_is_kept(character: str) -> None:
    assert not run(make(character, 6.0), 0.0 * NOISE).any()


def test_more_drive_than_the_character_takes_is_explained() -> None:
    message = "soft_clip is driven by 8 dB; it takes 6 dB, beyond which its overtones"
    with pytest.raises(ValidationError, match=re.escape(message)):
        make("soft_clip", 8.0)


def test_the_spec_names_every_character_and_no_other() -> None:
    schema: Any = Saturation.model_json_schema()
    assert sorted(schema["properties"]["character"]["enum"]) == NAMES


@pytest.mark.parametrize("character", NAMES)
def test_the_plain_kernel_does_what_the_compiled_one_does(character: str) -> None:
    shape, results = _shape(CHARACTERS[character], 2.0), []
    for run_kernel in (bend, bend.py_func):
        samples = np.ascontiguousarray(3.0 * NOISE[:200].T)
        run_kernel(shape, samples)
        results.append(samples)
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12)
