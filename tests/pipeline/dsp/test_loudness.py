"""The loudness meter against the standard's text, written out plainly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import freqz, lfilter

from pipeline.dsp import Audio
from pipeline.dsp.loudness import (
    Energies,
    Loudness,
    LoudnessMeter,
    integrated_from,
    k_weighting,
    loudness_range_from,
    momentary_lufs,
    pooled_loudness,
    power_to_lufs,
    short_term_lufs,
    short_term_percentile,
    weighted_power,
)

RATE_HZ = 48_000


def programme(seconds: float, *, rate_hz: int = RATE_HZ, n_channels: int = 2) -> Audio:
    """Return seeded noise whose level moves by 40 dB in steps of 0.7 s."""
    rng = np.random.default_rng(1770)
    n_samples = round(seconds * rate_hz)
    levels_db = rng.uniform(-45, -5, n_samples // (7 * rate_hz // 10) + 1)
    gains = np.repeat(10 ** (levels_db / 20), 7 * rate_hz // 10)[:n_samples]
    noise: Audio = 0.3 * gains[:, np.newaxis] * rng.standard_normal((n_samples, n_channels))
    return noise


def measure(
    audio: Audio,
    *,
    rate_hz: int = RATE_HZ,
    cuts: list[int] | None = None,
    dual_mono: bool = False,
    weights: list[float] | None = None,
) -> Loudness:
    meter = LoudnessMeter(rate_hz, audio.shape[1], dual_mono=dual_mono, weights=weights)
    for block in np.split(audio, sorted(cuts or [])):
        meter.update(block)
    return meter.result()


def tone(frequency_hz: float, amplitude: float, *, rate_hz: int = RATE_HZ) -> Audio:
    phase = 2 * np.pi * frequency_hz / rate_hz * np.arange(5 * rate_hz)
    sine: Audio = amplitude * np.sin(phase)[:, np.newaxis]
    return sine


def lufs_to_power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def plain_integrated(audio: Audio, rate_hz: int) -> float:
    """BS.1770-5 Annex 1, step by step, with nothing shared between blocks."""
    for section in k_weighting(rate_hz):
        audio = lfilter(section[:3], [1.0, *section[3:]], audio, axis=0)
    block, hop = 4 * rate_hz // 10, rate_hz // 10
    starts = range(0, len(audio) - block + 1, hop)
    powers = np.array([np.sum(np.mean(audio[i : i + block] ** 2, axis=0)) for i in starts])
    powers = powers[-0.691 + 10 * np.log10(powers) > -70]
    threshold = -0.691 + 10 * np.log10(np.mean(powers)) - 10
    powers = powers[-0.691 + 10 * np.log10(powers) > threshold]
    return float(-0.691 + 10 * np.log10(np.mean(powers)))


class TestKWeighting:
    def test_at_48_khz_it_is_the_printed_filter(self) -> None:
        shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285]
        shelf += [-1.69065929318241, 0.73248077421585]
        high_pass = [1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621]
        ours = k_weighting(48_000)
        np.testing.assert_allclose(ours[0], shelf, atol=1e-14)
        np.testing.assert_allclose(ours[1, 3:], high_pass[3:], atol=1e-14)
        np.testing.assert_allclose(ours[1, :3], high_pass[:3], atol=2e-8)

    @pytest.mark.parametrize("rate_hz", [44_100, 88_200, 96_000, 176_400, 192_000])
    def test_its_curve_is_the_same_at_every_rate(self, rate_hz: int) -> None:
        frequencies_hz = np.geomspace(20, 20_000, 300)
        curves_db = [self.curve_db(rate, frequencies_hz) for rate in (rate_hz, 48_000)]
        np.testing.assert_allclose(curves_db[0], curves_db[1], atol=0.008)

    def test_it_adds_691_mdb_at_997_hz(self) -> None:
        assert self.curve_db(48_000, np.array([997.0]))[0] == pytest.approx(0.691, abs=5e-4)

    @staticmethod
    def curve_db(rate_hz: int, frequencies_hz: Audio) -> Audio:
        gain = np.ones(len(frequencies_hz), dtype=complex)
        for section in k_weighting(rate_hz):
            gain *= freqz(section[:3], [1, *section[3:]], frequencies_hz, fs=rate_hz)[1]
        return np.asarray(20 * np.log10(np.abs(gain)))


class TestLevels:
    @pytest.mark.parametrize(
        ("rate_hz", "tolerance_lu"),
        [(8_000, 0.25), (11_025, 0.15), (44_100, 0.005), (48_000, 0.005), (192_000, 0.01)],
    )
    def test_a_full_scale_tone_in_one_channel_reads_minus_3_01(
        self, rate_hz: int, tolerance_lu: float
    ) -> None:
        loudness = measure(tone(997, 1.0, rate_hz=rate_hz), rate_hz=rate_hz)
        assert loudness.integrated_lufs == pytest.approx(-3.01, abs=tolerance_lu)

    def test_a_mono_programme_can_count_as_two_channels(self) -> None:
        mono = tone(997, 0.1)
        as_heard = measure(mono, dual_mono=True)
        assert as_heard == measure(np.repeat(mono, 2, axis=1))
        assert as_heard.integrated_lufs == pytest.approx(-20.0, abs=0.005)

    def test_the_second_channel_counts_as_much_as_the_first(self) -> None:
        silence = np.zeros((5 * RATE_HZ, 1))
        left = measure(np.hstack((tone(997, 0.1), silence)))
        right = measure(np.hstack((silence, tone(997, 0.1))))
        assert left == right

    def test_each_of_six_channels_has_its_weight(self) -> None:
        weights = [1.0, 1.0, 1.0, 0.0, 1.41, 1.41]
        readings = []
        for channel in range(6):
            audio = np.zeros((5 * RATE_HZ, 6))
            audio[:, [channel]] = tone(997, 1.0)
            readings.append(measure(audio, weights=weights).integrated_lufs)
        surround = -3.01 + 10 * np.log10(1.41)
        expected = [-3.01, -3.01, -3.01, -np.inf, surround, surround]
        np.testing.assert_allclose(np.array(readings, dtype=float), expected, atol=0.005)

    @settings(max_examples=25, deadline=None)
    @given(gain_db=st.floats(-20, 40))
    def test_a_gain_moves_every_level_and_leaves_the_range(self, gain_db: float) -> None:
        audio = programme(8.0) + 1e-3 * np.sin(np.arange(8 * RATE_HZ))[:, np.newaxis]
        before, after = measure(audio), measure(audio * 10 ** (gain_db / 20))
        for name in ("integrated_lufs", "max_momentary_lufs", "max_short_term_lufs"):
            assert getattr(after, name) - getattr(before, name) == pytest.approx(gain_db)
        assert after.loudness_range_lu == pytest.approx(before.loudness_range_lu)

    @pytest.mark.parametrize("rate_hz", [44_100, 48_000])
    def test_integrated_agrees_with_the_standard_written_out(self, rate_hz: int) -> None:
        audio = programme(20.0, rate_hz=rate_hz)
        expected = plain_integrated(audio, rate_hz)
        reading = measure(audio, rate_hz=rate_hz).integrated_lufs
        assert reading == pytest.approx(expected, abs=1e-9)


class TestUndefinedAndSilent:
    @pytest.mark.parametrize(
        ("seconds", "momentary", "short_term"),
        [(0.0, False, False), (0.395, False, False), (0.4, True, False), (3.0, True, True)],
    )
    def test_without_a_full_window_there_is_no_figure(
        self, seconds: float, momentary: bool, short_term: bool
    ) -> None:
        loudness = measure(programme(4.0)[: round(seconds * RATE_HZ)])
        assert (loudness.integrated_lufs is not None) == momentary
        assert (loudness.max_momentary_lufs is not None) == momentary
        assert (loudness.max_short_term_lufs is not None) == short_term
        assert (loudness.loudness_range_lu is not None) == short_term

    def test_silence_is_minus_infinity_and_has_no_range(self) -> None:
        loudness = measure(np.zeros((4 * RATE_HZ, 2)))
        silent = Loudness(-np.inf, -np.inf, -np.inf, None, energies=loudness.energies)
        assert loudness == silent

    def test_a_programme_under_the_absolute_gate_is_silent_but_for_its_maxima(self) -> None:
        loudness = measure(tone(997, 10 ** (-72 / 20)))
        assert loudness.integrated_lufs == -np.inf
        assert loudness.max_momentary_lufs == pytest.approx(-75.01, abs=0.01)
        assert loudness.loudness_range_lu is None

    def test_half_a_second_of_digital_silence_empties_the_filter(self) -> None:
        # Otherwise it would go on in denormals, a hundred times slower.
        state = np.ones((2, 5))
        silence, weights = np.zeros((RATE_HZ // 2, 2)), np.ones(2)
        weighted_power(silence, 0, weights, k_weighting(RATE_HZ), state, 0, RATE_HZ, 50)
        assert np.all(state == 0)


class TestBlocks:
    @settings(max_examples=25, deadline=None)
    @given(
        cuts=st.lists(st.integers(0, 30_000), max_size=8),
        rate_hz=st.sampled_from([8_001, 11_025, 44_100, 48_000]),
        n_channels=st.sampled_from([1, 2, 5]),
    )
    def test_any_cut_into_blocks_gives_the_same_bits(
        self, cuts: list[int], rate_hz: int, n_channels: int
    ) -> None:
        audio = programme(30_000 / rate_hz, rate_hz=rate_hz, n_channels=n_channels)
        weights = [1.0] * n_channels
        whole = measure(audio, rate_hz=rate_hz, weights=weights)
        pieces = measure(audio, rate_hz=rate_hz, weights=weights, cuts=[0, 0, *cuts])
        assert pieces == whole
        np.testing.assert_array_equal(pieces.energies, whole.energies)

    def test_sample_by_sample_gives_the_same_bits(self) -> None:
        audio = programme(0.5)
        whole, single = measure(audio), measure(audio, cuts=list(range(len(audio))))
        assert single == whole
        np.testing.assert_array_equal(single.energies, whole.energies)

    def test_the_result_can_be_asked_for_on_the_way(self) -> None:
        audio = programme(6.0)
        meter = LoudnessMeter(RATE_HZ, 2)
        meter.update(audio[:200_000])
        assert meter.result() == measure(audio[:200_000])
        meter.update(audio[200_000:])
        assert meter.result() == measure(audio)

    def test_the_block_is_not_modified_and_may_be_any_view(self) -> None:
        audio = programme(1.0)
        view = np.asfortranarray(audio)[::-1]
        kept = view.copy()
        assert measure(view) == measure(kept)
        np.testing.assert_array_equal(view, kept)

    def test_the_compiled_kernel_does_what_its_source_says(self) -> None:
        audio = programme(0.05)
        results = []
        for function in (weighted_power, weighted_power.py_func):
            state = np.zeros((2, 5))
            bins = function(
                audio, 0, np.array([1.0, 0.5]), k_weighting(RATE_HZ), state, 960, RATE_HZ, 5
            )
            results.append(np.concatenate((bins, state.ravel())))
        np.testing.assert_array_equal(results[0], results[1])


class TestWrongUse:
    def test_more_than_two_channels_need_weights(self) -> None:
        with pytest.raises(ValueError, match="weights are needed for 3 channels"):
            LoudnessMeter(RATE_HZ, 3)

    def test_the_weights_must_belong_to_the_channels(self) -> None:
        with pytest.raises(ValueError, match="2 channels need as many weights, got 3"):
            LoudnessMeter(RATE_HZ, 2, weights=[1, 1, 1])

    def test_dual_mono_is_for_one_channel(self) -> None:
        with pytest.raises(ValueError, match="dual_mono is for one channel"):
            LoudnessMeter(RATE_HZ, 2, dual_mono=True)

    def test_a_rate_under_8_khz_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least 8000"):
            LoudnessMeter(7_999, 2)

    def test_a_block_of_another_width_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
            LoudnessMeter(RATE_HZ, 2).update(np.zeros((10, 1)))

    def test_a_percentile_over_100_is_refused(self) -> None:
        with pytest.raises(ValueError, match="0 to 100"):
            short_term_percentile(np.ones(100), 101)


class TestEnergies:
    @pytest.mark.parametrize("shift", [0, 3, 7])
    def test_curves_step_by_100_ms_from_full_windows(self, shift: int) -> None:
        energies = np.zeros(60)
        energies[20 + shift] = 1.0
        momentary, short_term = momentary_lufs(energies), short_term_lufs(energies)
        assert (len(momentary), len(short_term)) == (57, 31)
        assert np.flatnonzero(momentary > -np.inf).tolist() == [*range(17 + shift, 21 + shift)]
        assert momentary[17 + shift] == pytest.approx(power_to_lufs(1 / 4))
        assert np.flatnonzero(short_term > -np.inf).tolist() == [*range(min(21 + shift, 31))]
        assert short_term[0] == pytest.approx(power_to_lufs(1 / 30))

    def test_loud_passages_leave_no_trace_in_quiet_ones(self) -> None:
        energies = np.concatenate((np.full(1_000, 0.1), np.full(100, 1e-17)))
        assert short_term_lufs(energies)[-1] == pytest.approx(power_to_lufs(1e-17), abs=1e-9)

    def test_the_maxima_need_no_less_than_10_ms(self) -> None:
        # 400 ms that start 50 ms after a 100 ms step: no 100 ms grid sees them whole.
        audio = np.zeros((2 * RATE_HZ, 1))
        audio[50 * 48 : 450 * 48] = tone(997, 1.0)[: 400 * 48]
        loudness = measure(audio)
        assert loudness.max_momentary_lufs == pytest.approx(-3.01, abs=0.01)
        assert np.max(momentary_lufs(loudness.energies)) < -3.5

    def test_the_loudest_3_s_need_no_less_than_10_ms_either(self) -> None:
        audio = np.zeros((4 * RATE_HZ, 1))
        audio[50 * 48 : 3_050 * 48] = tone(997, 1.0)[: 3_000 * 48]
        loudness = measure(audio)
        assert loudness.max_short_term_lufs == pytest.approx(-3.01, abs=0.01)
        assert np.max(short_term_lufs(loudness.energies)) < -3.07

    def test_a_song_pooled_with_itself_keeps_its_loudness(self) -> None:
        song = measure(programme(10.0))
        pooled = pooled_loudness([song.energies, song.energies])
        assert pooled == pytest.approx(song.integrated_lufs, abs=1e-9)
        assert integrated_from(song.energies) == song.integrated_lufs

    def test_the_album_is_gated_as_one_programme(self) -> None:
        loud, quiet = np.full(600, lufs_to_power(-10)), np.full(600, lufs_to_power(-25))
        assert pooled_loudness([loud, quiet]) == pytest.approx(-10.0)
        near = np.full(600, lufs_to_power(-15))
        mean = power_to_lufs((lufs_to_power(-10) + lufs_to_power(-15)) / 2)
        assert pooled_loudness([loud, near]) == pytest.approx(mean)

    def test_no_block_straddles_two_tracks(self) -> None:
        short = np.full(3, lufs_to_power(-10))
        assert pooled_loudness([short, short]) is None
        song = np.full(100, lufs_to_power(-20))
        assert pooled_loudness([song, short, song]) == pytest.approx(-20.0)

    def test_silent_tracks_take_no_part_in_the_album(self) -> None:
        song, silence = np.full(100, lufs_to_power(-20)), np.zeros(1_000)
        assert pooled_loudness([silence, song]) == pytest.approx(-20.0)
        assert pooled_loudness([silence]) == -np.inf
        assert pooled_loudness([]) is None

    @pytest.mark.parametrize(("below_lu", "passes"), [(19.5, True), (19.7, False)])
    def test_the_relative_gate_is_10_lu_below_the_mean_of_what_is_heard(
        self, below_lu: float, passes: bool
    ) -> None:
        # Nine quiet blocks to a loud one: power q passes a tenth of the mean, (1 + 9q) / 10, if
        # q > 1 / 91, which is 19.59 LU below the loud ones.
        loud = np.full(103, lufs_to_power(-20.0))
        quiet = np.full(903, lufs_to_power(-20.0 - below_lu))
        reading = pooled_loudness([loud, quiet])
        everything = power_to_lufs((loud[0] + 9 * quiet[0]) / 10)
        assert reading == pytest.approx(everything if passes else -20.0)

    def test_the_percentile_ignores_what_the_gates_ignore(self) -> None:
        music = steps([-30.0, -20.0, -10.0])
        with_hiss = np.concatenate((music, np.full(2_000, lufs_to_power(-71))))
        assert short_term_percentile(with_hiss, 95) == pytest.approx(-10.0)
        assert short_term_percentile(music, 95) == pytest.approx(-10.0)
        assert short_term_percentile(music, 0) == pytest.approx(-29.9, abs=0.2)

    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 2**32), hops=st.integers(30, 200))
    def test_the_range_agrees_with_the_standard_written_out(self, seed: int, hops: int) -> None:
        walk = np.cumsum(np.random.default_rng(seed).normal(0, 5, hops))
        energies = 10 ** (np.clip(walk - 30, -90, 0) / 10)
        low, high = (plain_percentile(energies, percent) for percent in (10, 95))
        assert short_term_percentile(energies, 95) == pytest.approx(high, abs=1e-9)
        assert loudness_range_from(energies) == pytest.approx(high - low, abs=1e-9)


def plain_percentile(energies: Energies, percent: int) -> float:
    """Tech 3342, step by step; its places start at 1, and halves are rounded up."""
    windows = [energies[i : i + 30] for i in range(len(energies) - 29)]
    levels = np.array([-0.691 + 10 * np.log10(np.mean(window)) for window in windows])
    levels = levels[levels >= -70]
    mean = 10 * np.log10(np.mean(10 ** (levels / 10)))
    levels = np.sort(levels[levels >= mean - 20])
    return float(levels[int(np.floor((len(levels) - 1) * percent / 100 + 0.5))])


def steps(levels_lufs: list[float]) -> Energies:
    return np.repeat([lufs_to_power(level) for level in levels_lufs], 400)


def test_the_loudest_moments_are_found_wherever_the_history_is_cut() -> None:
    """Bins are looked through some thousand at a time, and most are forgotten."""
    rate_hz = 8_000
    quiet = np.full((75 * rate_hz, 1), 1e-3) * np.tile([[1.0], [-1.0]], (75 * rate_hz // 2, 1))
    for start_s in (26.4, 27.01, 29.8, 32.9, 59.99):
        audio = quiet.copy()
        start = round(start_s * rate_hz)
        audio[start : start + 3 * rate_hz] *= 50
        whole = measure(audio, rate_hz=rate_hz)
        cut = measure(audio, rate_hz=rate_hz, cuts=list(range(777, len(audio), 7_777)))
        assert cut == whole
        np.testing.assert_array_equal(cut.energies, whole.energies)
        assert len(whole.energies) == 750
        alone = measure(audio[start - 8_000 : start + 32_000], rate_hz=rate_hz)
        assert whole.max_short_term_lufs == pytest.approx(alone.max_short_term_lufs, abs=0.01)
        assert whole.max_momentary_lufs == pytest.approx(alone.max_momentary_lufs, abs=0.01)
