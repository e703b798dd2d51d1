import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import firwin, resample_poly

from pipeline.dsp import Audio, _truepeak_banks, _truepeak_design
from pipeline.dsp.truepeak import (
    CHUNK_SAMPLES,
    PeakEnvelope,
    TruePeakMeter,
    TruePeakTrace,
    _cell_peaks,
)

RATE_HZ = 48_000
NOISE = np.random.default_rng(6).uniform(-0.9, 0.9, (3 * CHUNK_SAMPLES + 77, 2))
# 200 taps per phase, flat to 0.48 of the sample rate: longer than any bank of ours.
LONG_FILTER = firwin(32 * 200 + 1, 1.0, window=("kaiser", 8.0), fs=64.0)


def metered(
    signal: Audio, *, rate_hz: int = RATE_HZ, cuts: list[int] | None = None
) -> TruePeakMeter:
    meter = TruePeakMeter(rate_hz, signal.shape[1])
    for block in np.split(signal, sorted(cuts or [])):
        meter.update(block)
    return meter


def envelope(
    signal: Audio, *, rate_hz: int = RATE_HZ, cuts: list[int] | None = None, floor: float = 0.0
) -> Audio:
    detector = PeakEnvelope(rate_hz, signal.shape[1], floor=floor)
    parts = [detector.process(block) for block in np.split(signal, sorted(cuts or []))]
    whole = np.concatenate([*parts, detector.flush()])
    assert whole.dtype == np.float32
    assert len(whole) == len(signal) + detector.latency_samples
    return whole[detector.latency_samples :].astype(np.float64)


def reference_dbtp(signal: Audio) -> float:
    padded = np.pad(signal, ((400, 400), (0, 0)))
    return 20 * math.log10(abs(resample_poly(padded, 32, 1, window=LONG_FILTER)).max())


def band_limited(seed: int, *, below: float, n_samples: int = 20_000) -> Audio:
    noise = np.random.default_rng(seed).standard_normal((n_samples, 2))
    taps = firwin(255, 2 * below)
    return np.column_stack([np.convolve(channel, taps) for channel in noise.T]) * 0.2


def literal_itu_dbtp(signal: Audio) -> float:
    phases = [
        np.array([float(tap) for tap in text.split()]) for text in _truepeak_design._ITU_PHASES
    ]
    phases += [taps[::-1] for taps in phases]
    read = max(abs(np.convolve(channel, taps)).max() for channel in signal.T for taps in phases)
    return 20 * math.log10(max(read, abs(signal).max()))


def libebur128_peak(signal: Audio, *, factor: int) -> float:
    tap = np.arange(49)
    taps = np.sinc((tap - 24) / factor) * np.hanning(49)
    stuffing = [1.0] + [0.0] * (factor - 1)
    rows = [np.convolve(np.kron(row, stuffing), taps) for row in signal.T]
    return float(np.abs(rows).max())


def test_the_kernels_are_those_of_the_design() -> None:
    written = Path(_truepeak_banks.__file__).read_text(encoding="utf-8")
    assert written == _truepeak_design.source()


@pytest.mark.parametrize("seed", range(4))
def test_the_meter_agrees_with_a_long_interpolation_by_32(seed: int) -> None:
    signal = band_limited(seed, below=0.44)
    assert metered(signal).true_peak_dbtp == pytest.approx(reference_dbtp(signal), abs=0.06)


@pytest.mark.parametrize("seed", range(4))
def test_the_meter_never_reads_far_above_a_long_interpolation(seed: int) -> None:
    clipped = np.clip(np.random.default_rng(seed).standard_normal((20_000, 2)) * 0.5, -0.8, 0.8)
    assert metered(clipped).true_peak_dbtp <= reference_dbtp(clipped) + 0.15


@pytest.mark.parametrize("hz", [60.0, 997.0, 4_800.0, 9_991.0, 15_013.0, 20_011.0])
def test_a_steady_tone_reads_its_amplitude(hz: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * hz * np.arange(20_000) / RATE_HZ)
    faded = tone * np.minimum(1, np.minimum(np.arange(20_000), np.arange(20_000)[::-1]) / 2_000)
    assert metered(faded[:, None]).true_peak_dbtp == pytest.approx(-6.02, abs=0.05)


def test_the_literal_reading_is_that_of_the_printed_filter() -> None:
    assert metered(NOISE).itu_true_peak_dbtp == pytest.approx(literal_itu_dbtp(NOISE), abs=1e-5)


def test_the_sample_peak_is_exact_and_the_true_peak_never_below_it() -> None:
    signal = np.zeros((100, 2))
    signal[40, 1] = -0.7
    meter = metered(signal)
    assert meter.sample_peak_dbfs == pytest.approx(20 * math.log10(0.7), abs=1e-12)
    assert meter.true_peak_dbtp >= meter.sample_peak_dbfs
    assert meter.itu_true_peak_dbtp >= meter.sample_peak_dbfs


@pytest.mark.parametrize("n_samples", [0, 1, CHUNK_SAMPLES])
def test_silence_has_no_peak(n_samples: int) -> None:
    meter = metered(np.zeros((n_samples, 2)))
    assert meter.true_peak_dbtp == meter.itu_true_peak_dbtp == -math.inf
    assert meter.sample_peak_dbfs == -math.inf


def test_a_programme_of_any_length_is_read_to_its_end() -> None:
    for n_samples in range(CHUNK_SAMPLES - 130, CHUNK_SAMPLES + 3, 7):
        meter = TruePeakMeter(RATE_HZ, 1)
        meter.update(np.full((n_samples, 1), 0.5))
        assert meter.true_peak_dbtp > -6.03


def test_reading_the_meter_does_not_disturb_it() -> None:
    meter = TruePeakMeter(RATE_HZ, 2)
    for block in np.array_split(NOISE, 7):
        meter.update(block)
        assert meter.true_peak_dbtp > -6
    assert meter.true_peak_dbtp == metered(NOISE).true_peak_dbtp


def test_a_peak_between_two_blocks_or_after_the_end_is_seen() -> None:
    alternating = np.array([[0.5], [-0.5]] * 8 + [[-0.5], [0.5]] * 8)
    assert metered(alternating, cuts=[16]).true_peak_dbtp > -3
    assert metered(np.full((5, 1), 0.5)).true_peak_dbtp > -5.9


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
def test_any_block_cut_gives_the_same_reading_and_envelope(cuts: list[int]) -> None:
    whole, cut = metered(NOISE), metered(NOISE, cuts=cuts)
    assert cut.true_peak_dbtp == whole.true_peak_dbtp
    assert cut.itu_true_peak_dbtp == whole.itu_true_peak_dbtp
    np.testing.assert_array_equal(envelope(NOISE, cuts=cuts), envelope(NOISE))


@pytest.mark.parametrize(
    ("rate_hz", "factor"), [(44_100, 4), (88_200, 4), (96_000, 2), (192_000, 2)]
)
def test_the_envelope_covers_every_meter(rate_hz: int, factor: int) -> None:
    found = envelope(NOISE, rate_hz=rate_hz).max()
    assert found >= libebur128_peak(NOISE, factor=factor) * (1 - 1e-6)
    assert 20 * math.log10(found) >= literal_itu_dbtp(NOISE) - 1e-5
    assert 20 * math.log10(found) >= reference_dbtp(band_limited(1, below=0.4)) - 3


def test_the_envelope_stands_where_the_peak_is() -> None:
    for place in range(40, 80):
        signal = np.zeros((200, 2))
        signal[place, place % 2] = 0.5
        assert envelope(signal).argmax() in (place, place + 1)
        assert envelope(signal)[place] >= 0.5


def test_below_the_floor_the_envelope_may_be_anything_but_above_it_is_exact() -> None:
    signal = NOISE * np.linspace(0, 1, len(NOISE))[:, None] ** 4
    exact, cheap = envelope(signal), envelope(signal, floor=0.6)
    loud = exact > 0.6
    np.testing.assert_array_equal(exact[loud], cheap[loud])
    assert (cheap[~loud] <= 0.6).all()


def test_the_plain_kernels_agree_with_the_compiled_ones() -> None:
    samples = NOISE[:256, 0].astype(np.float32)
    for name in [*_truepeak_design.BANKS, "edge_peaks", "double_rate", "double_rate_steeply"]:
        run = getattr(_truepeak_banks, name)
        plain, compiled = np.zeros(128, np.float32), np.zeros(128, np.float32)
        run.py_func(samples, plain, np.arange(2))
        run(samples, compiled, np.arange(2))
        np.testing.assert_allclose(plain, compiled, rtol=1e-4, atol=1e-5)
    samples = samples[:128]
    peaks = np.empty(2, np.int32)
    _cell_peaks.py_func(samples.view(np.int32), np.array([1, 3]), peaks)
    np.testing.assert_array_equal(
        peaks.view(np.float32), abs(samples).reshape(4, 32).max(axis=1)[[1, 3]]
    )


def test_skipping_uses_bounds_that_hold() -> None:
    from pipeline.dsp import truepeak

    assert _truepeak_design.bound("itu_peaks") <= truepeak._ITU_BOUND
    every = [_truepeak_design.bound(name) for name in _truepeak_design.BANKS]
    assert max(every) <= truepeak._COARSE_BOUND


def traced(signal: Audio, *, rate_hz: int = RATE_HZ, cuts: list[int] | None = None) -> Audio:
    trace = TruePeakTrace(rate_hz, signal.shape[1])
    for block in np.split(signal, sorted(cuts or [])):
        trace.update(block)
    return trace.peaks().astype(np.float64)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
def test_the_trace_has_the_peak_in_its_100_ms(rate_hz: int) -> None:
    signal = np.zeros((2 * rate_hz, 2))
    for hop in (0, 3, 12):
        place = round((hop + 0.5) * rate_hz / 10)
        signal[place : place + 2, hop % 2] = 0.5  # two in a row: the peak lies between them
    peaks = traced(signal, rate_hz=rate_hz)[:20]
    assert np.flatnonzero(peaks > 0.3).tolist() == [0, 3, 12]
    assert peaks.max() == pytest.approx(0.63, abs=0.03)


def test_the_highest_of_the_trace_is_the_true_peak() -> None:
    signal = band_limited(1, below=0.4)
    highest = 20 * math.log10(traced(signal).max())
    assert highest == pytest.approx(metered(signal).true_peak_dbtp, abs=0.1)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, len(NOISE)), max_size=5))
def test_any_block_cut_gives_the_same_trace(cuts: list[int]) -> None:
    np.testing.assert_array_equal(traced(NOISE, cuts=cuts), traced(NOISE))


@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
@pytest.mark.parametrize("seed", range(3))
def test_the_meter_stays_between_the_standards_limit_and_an_eighth_of_a_db(
    seed: int, rate_hz: int
) -> None:
    """Programmes of every brightness, up to what an anti-alias filter lets through."""
    signal = band_limited(seed + 10, below=(0.1, 0.3, 0.45)[seed])
    wanted, found = reference_dbtp(signal), metered(signal, rate_hz=rate_hz)
    assert wanted - 0.15 <= found.true_peak_dbtp <= wanted + 0.15
    # The literal filter of the standard: EBU Tech 3341 allows it 0.4 dB below, 0.2 above; its
    # own design reads 0.22 dB too much at a tenth of the rate.
    assert wanted - 0.4 <= found.itu_true_peak_dbtp <= wanted + 0.25
