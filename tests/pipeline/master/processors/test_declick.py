from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.signal import butter, lfilter, sosfilt

from pipeline.dsp import Audio
from pipeline.master.processors.declick import ClickMender, Declick

RATE_HZ = 44_100
RNG = np.random.default_rng(21)


def make(**written: Any) -> ClickMender:
    return Declick.model_validate(written).make(RATE_HZ)


def run(mender: ClickMender, signal: Audio, edges: list[int] | None = None) -> Audio:
    cuts = edges or [0, len(signal)]
    parts = [mender.process(signal[start:end]) for start, end in pairwise(cuts)]
    return np.concatenate((*parts, mender.flush()))


def song(seconds: int) -> Audio:
    """Return a chord with a breath of noise in each channel, on a 16-bit grid."""
    place = np.arange(seconds * RATE_HZ) / RATE_HZ
    chord = [np.sin(2 * np.pi * at_hz * n * place) / n**2 for at_hz in (110.0, 165.0, 277.2)
             for n in range(1, 12)]  # fmt: skip
    air = lfilter([1.0], [1.0, -0.9], RNG.normal(0.0, 1e-3, (2, len(place))))
    both = 0.1 * np.sum(chord, axis=0) + air
    return np.asarray(np.round(both.T * 32768) / 32768)


def drums(seconds: int) -> Audio:
    """Return kicks, snares and hats, hard and sudden."""
    out = np.zeros((seconds * RATE_HZ, 2))
    place = np.arange(RATE_HZ // 4) / RATE_HZ
    kick = np.sin(2 * np.pi * np.cumsum(45 + 300 * np.exp(-place / 0.01)) / RATE_HZ)
    for step, start in enumerate(range(1000, len(out) - len(place), RATE_HZ // 8)):
        noise = RNG.normal(0.0, 0.2, len(place))
        if step % 4 == 0:
            hit = 0.8 * kick * np.exp(-place / 0.08)
        elif step % 4 == 2:
            hit = noise * np.exp(-place / 0.05) + 0.5 * np.sin(1200 * place)
        else:
            high = butter(2, 7_000.0, "highpass", fs=RATE_HZ, output="sos")
            hit = sosfilt(high, noise) * np.exp(-place / 0.01)
        out[start : start + len(place)] += hit[:, None] * RNG.uniform(0.4, 1.0, 2)
    return np.asarray(out + RNG.normal(0.0, 1e-4, out.shape))


SONG = song(4)
CLICKS = [(30_000, 0, 3), (71_234, 1, 1), (100_001, 0, 14), (100_001, 1, 14), (150_000, 1, 6)]


def damaged() -> Audio:
    out = SONG.copy()
    for place, channel, n_samples in CLICKS:
        size = np.linspace(0.3, -0.2, n_samples) if n_samples > 1 else 0.15
        out[place : place + n_samples, channel] += size
    return out


DAMAGED = damaged()


def mask(mender: ClickMender) -> np.ndarray:
    touched = np.zeros(SONG.shape, dtype=bool)
    for place, n_samples, channel in mender._mended:
        touched[place : place + n_samples, channel] = True
    return touched


def test_clicks_are_mended_and_nothing_else_is_touched() -> None:
    mender = make()
    out = run(mender, DAMAGED)
    touched = mask(mender)
    np.testing.assert_array_equal(out[~touched], DAMAGED[~touched])
    assert len(mender._mended) == len(CLICKS)
    for place, channel, n_samples in CLICKS:
        span = slice(place, place + n_samples)
        assert touched[span, channel].all()
        error = out[span, channel] - SONG[span, channel]
        snr_db = 10 * np.log10((SONG[span, channel] ** 2).sum() / (error**2).sum())
        assert snr_db > 15.0


def test_music_without_clicks_keeps_every_bit() -> None:
    mender = make()
    np.testing.assert_array_equal(run(mender, SONG), SONG)
    assert mender.told["did"] == "mended nothing"


def test_drums_keep_every_bit() -> None:
    hits = drums(20)
    mender = make()
    np.testing.assert_array_equal(run(mender, hits), hits)


def test_the_repairs_are_listed() -> None:
    mender = make()
    run(mender, DAMAGED)
    told = mender.told
    assert told["n_mended"] == len(CLICKS)
    assert [each["channel"] for each in told["mended"]] == [
        "left", "right", "left", "right", "right",
    ]  # fmt: skip
    assert told["mended"][1]["at_s"] == pytest.approx(71_234 / RATE_HZ, abs=2e-4)
    n_samples = sum(each["n_samples"] for each in told["mended"])
    assert told["did"] == f"mended 5 clicks, {n_samples} samples in all"


def test_with_times_it_looks_there_only_and_says_where_there_was_nothing() -> None:
    at = f"{71_234 / RATE_HZ:.3f} s"
    mender = make(at=[at, "3 s"])
    out = run(mender, DAMAGED)
    touched = np.flatnonzero((out != DAMAGED).any(axis=1))
    assert touched.min() in range(71_227, 71_235)
    assert touched.max() in range(71_234, 71_242)
    assert mender.told["nothing_at_s"] == [3.0]
    n_samples = mender.told["mended"][0]["n_samples"]
    assert mender.told["did"] == (
        f"mended 1 click, {n_samples} samples in all; found none at 3 s"
    )


def test_a_soft_click_is_mended_where_it_was_heard() -> None:
    soft = SONG.copy()
    soft[88_200, 0] += 0.012
    everywhere = make()
    np.testing.assert_array_equal(run(everywhere, soft), soft)
    told = make(at="2 s")
    assert np.flatnonzero(run(told, soft)[:, 0] != soft[:, 0]).size
    assert told.told["n_mended"] == 1


def test_one_time_needs_no_list_and_none_at_all_is_refused() -> None:
    one = Declick.model_validate({"at": "2 s"})
    assert one == Declick.model_validate({"at": ["2 s"]})
    with pytest.raises(ValidationError, match="at least 1 item"):
        Declick.model_validate({"at": []})


@pytest.mark.parametrize("n_samples", [0, 1, 700, 14_112, 20_000, 100_020])
def test_any_length_comes_out_whole(n_samples: int) -> None:
    out = run(make(), DAMAGED[:n_samples])
    assert out.shape == (n_samples, 2)


@given(st.lists(st.integers(0, len(SONG)), max_size=6), st.booleans())
@settings(deadline=None, max_examples=20)
def test_any_block_cut_gives_the_same_samples(cuts: list[int], is_told: bool) -> None:
    written: dict[str, Any] = {"at": ["0.68 s", "2.268 s", "3 s"]} if is_told else {}
    one, many = make(**written), make(**written)
    edges = [0, *sorted(cuts), len(SONG)]
    np.testing.assert_array_equal(run(many, DAMAGED, edges), run(one, DAMAGED))
    assert many.told == one.told


def test_a_click_at_either_end_breaks_nothing() -> None:
    ends = SONG[: 2 * RATE_HZ].copy()
    ends[3] += 0.5
    ends[-4] -= 0.5
    assert run(make(at=["0 s", "2 s"]), ends).shape == ends.shape
