"""What a finished programme measures, all in one pass."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.dsp.loudness import LoudnessMeter
from pipeline.dsp.meter import CLIP_LEVEL, Measurement, Meter, note_clipping

RATE_HZ = 48_000


def programme(n_samples: int, *, n_channels: int = 2) -> Audio:
    """Return seeded noise at about -20 dBFS with clipped bursts and silent ends."""
    rng = np.random.default_rng(1770)
    audio = 0.1 * rng.standard_normal((n_samples, n_channels))
    audio[n_samples // 2 : n_samples // 2 + 200] *= 30.0
    audio[: n_samples // 10] = audio[-(n_samples // 9) :] = 0.0
    return np.clip(audio, -1.0, 1.0)


def measure(
    audio: Audio, cuts: list[int] | None = None, *, dual_mono: bool = False
) -> Measurement:
    meter = Meter(RATE_HZ, audio.shape[1], dual_mono=dual_mono)
    for block in np.split(audio, sorted(cuts or [])):
        meter.update(block)
    return meter.result()


def at_full_scale(*runs: tuple[int, int, int], sign: float = 1.0) -> Audio:
    """Return quiet stereo with runs of (channel, start, length) at full scale."""
    audio = np.full((1_000, 2), 0.25)
    for channel, start, length in runs:
        audio[start : start + length, channel] = sign
    return audio


class TestFigures:
    def test_a_tone_measures_what_it_is(self) -> None:
        tone = 0.5 * np.sin(2 * np.pi * 997 / RATE_HZ * np.arange(4 * RATE_HZ))
        measured = measure(np.column_stack((tone, tone)))
        assert measured.integrated_lufs == pytest.approx(-6.02, abs=0.01)
        assert measured.sample_peak_dbfs == pytest.approx(-6.02, abs=0.01)
        assert measured.true_peak_dbtp == pytest.approx(-6.02, abs=0.05)
        assert measured.itu_true_peak_dbtp == pytest.approx(-6.02, abs=0.05)
        assert measured.plr_db == pytest.approx(0.0, abs=0.05)
        assert measured.loudness_range_lu == pytest.approx(0.0, abs=0.01)
        assert (measured.sample_rate_hz, measured.n_channels) == (RATE_HZ, 2)
        assert measured.n_samples == 4 * RATE_HZ

    def test_its_loudness_is_that_of_the_loudness_meter(self) -> None:
        audio = programme(4 * RATE_HZ)
        meter = LoudnessMeter(RATE_HZ, 2)
        meter.update(audio)
        alone, together = meter.result(), measure(audio)
        for field in fields(alone):
            np.testing.assert_array_equal(
                getattr(together, field.name), getattr(alone, field.name)
            )

    def test_a_peak_between_the_samples_is_seen(self) -> None:
        tone = np.sin(np.pi / 2 * np.arange(RATE_HZ) + np.pi / 4)
        measured = measure(tone[:, np.newaxis])
        assert measured.sample_peak_dbfs == pytest.approx(-3.01, abs=0.01)
        assert measured.true_peak_dbtp > -0.4
        assert measured.plr_db == pytest.approx(
            measured.true_peak_dbtp - (measured.integrated_lufs or 0.0)
        )

    def test_a_mono_programme_can_count_as_two_channels(self) -> None:
        audio = programme(RATE_HZ, n_channels=1)
        once, twice = (
            measure(audio).integrated_lufs,
            measure(audio, dual_mono=True).integrated_lufs,
        )
        assert once is not None
        assert twice == pytest.approx(once + 3.01, abs=0.001)

    def test_silence_has_no_peak_no_loudness_and_no_ratio(self) -> None:
        measured = measure(np.zeros((4 * RATE_HZ, 2)))
        assert measured.integrated_lufs == -np.inf
        assert measured.sample_peak_dbfs == measured.true_peak_dbtp == -np.inf
        assert measured.plr_db is None

    def test_nothing_at_all_is_undefined(self) -> None:
        measured = measure(np.empty((0, 2)))
        assert measured.n_samples == 0
        assert measured.integrated_lufs is None
        assert measured.plr_db is None
        assert (measured.silent_head_samples, measured.silent_tail_samples) == (0, 0)


class TestClipping:
    def test_two_samples_at_full_scale_are_a_peak_and_three_a_run(self) -> None:
        measured = measure(at_full_scale((0, 100, 2)))
        assert measured.n_clipped_runs == 0
        assert measured.longest_clipped_run_samples == 0
        assert measured.first_clipped_sample is None
        measured = measure(at_full_scale((0, 100, 3)))
        assert measured.n_clipped_runs == 1
        assert measured.longest_clipped_run_samples == 3
        assert measured.first_clipped_sample == 100

    @pytest.mark.parametrize("cuts", [[], [401, 402]])
    def test_runs_are_counted_in_every_channel(self, cuts: list[int]) -> None:
        measured = measure(at_full_scale((0, 400, 5), (1, 300, 9), (1, 400, 5)), cuts)
        assert measured.n_clipped_runs == 3
        assert measured.longest_clipped_run_samples == 9
        assert measured.first_clipped_sample == 300

    def test_channels_take_no_part_in_each_others_runs(self) -> None:
        measured = measure(at_full_scale((0, 100, 2), (1, 102, 2)))
        assert measured.n_clipped_runs == 0

    @pytest.mark.parametrize("sign", [32_767 / 32_768, -1.0, 1.5])
    def test_full_scale_of_16_bits_counts_on_either_side_and_so_do_overs(
        self, sign: float
    ) -> None:
        assert measure(at_full_scale((0, 100, 4), sign=sign)).n_clipped_runs == 1

    def test_a_run_just_under_full_scale_is_music(self) -> None:
        assert measure(at_full_scale((0, 100, 4), sign=0.9999)).n_clipped_runs == 0

    def test_the_compiled_kernel_does_what_its_source_says(self) -> None:
        audio = programme(2_000)
        results = []
        for function in (note_clipping, note_clipping.py_func):
            runs, first = np.zeros((2, 3), dtype=np.int64), np.full(1, -1)
            function(audio, 500, CLIP_LEVEL, 3, runs, first)
            results.append([*runs.ravel().tolist(), int(first[0])])
        assert results[0] == results[1]
        assert results[0][1] > 0


class TestSilentEnds:
    @pytest.mark.parametrize("cuts", [[], [0, 1, 299, 300, 301, 699, 700, 701, 1_000]])
    def test_they_last_until_the_first_and_from_the_last_sound(self, cuts: list[int]) -> None:
        audio = np.zeros((1_000, 2))
        audio[300, 1] = 1e-9
        audio[699, 0] = -1e-9
        measured = measure(audio, cuts)
        assert measured.silent_head_samples == 300
        assert measured.silent_tail_samples == 300

    def test_both_are_the_whole_length_of_silence(self) -> None:
        measured = measure(np.zeros((1_000, 2)), [400])
        assert measured.silent_head_samples == measured.silent_tail_samples == 1_000

    def test_music_from_end_to_end_has_none(self) -> None:
        measured = measure(np.full((1_000, 2), 0.1), [400])
        assert measured.silent_head_samples == measured.silent_tail_samples == 0


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 40_000), max_size=8), n_channels=st.sampled_from([1, 2]))
def test_any_cut_into_blocks_gives_the_same_bits(cuts: list[int], n_channels: int) -> None:
    audio = programme(40_000, n_channels=n_channels)
    whole, pieces = measure(audio), measure(audio, [0, 0, *cuts])
    assert pieces == whole
    assert whole.n_clipped_runs > 0
    np.testing.assert_array_equal(pieces.energies, whole.energies)


class TestJson:
    @pytest.mark.parametrize("n_samples", [0, 1_000, 200_000])
    def test_it_comes_back_as_it_was(self, n_samples: int) -> None:
        for audio in (programme(n_samples), np.zeros((n_samples, 2))):
            measured = measure(audio)
            text = json.dumps(measured.to_json(), allow_nan=False)
            read = Measurement.from_json(json.loads(text))
            assert read == measured
            np.testing.assert_array_equal(read.energies, measured.energies)

    def test_silence_is_a_word_and_undefined_is_null(self) -> None:
        figures = measure(np.zeros((RATE_HZ, 2))).to_json()
        assert figures["integrated_lufs"] == "-inf"
        assert figures["true_peak_dbtp"] == "-inf"
        assert figures["max_short_term_lufs"] is None
        assert figures["n_clipped_runs"] == 0

    def test_the_keys_are_the_names_of_the_figures(self) -> None:
        figures = measure(programme(RATE_HZ)).to_json()
        assert list(figures) == [field.name for field in fields(Measurement)]

    def test_energies_take_no_part_in_comparisons(self) -> None:
        measured = measure(programme(RATE_HZ))
        assert measured == replace(measured, energies=np.empty(0))
        assert measured != replace(measured, n_samples=0)
