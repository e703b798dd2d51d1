import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import DecodeError
from pipeline.dsp import Audio
from pipeline.dsp.cells import CellMeter, Cells, _weighted_power
from pipeline.dsp.loudness import LoudnessMeter, k_weighting
from pipeline.dsp.truepeak import CHUNK_SAMPLES, PeakEnvelope

RATE_HZ = 48_000
NOISE = np.random.default_rng(3).uniform(-0.8, 0.8, (2 * CHUNK_SAMPLES + 1_009, 2))


def cells_of(signal: Audio, *, rate_hz: int = RATE_HZ, cuts: list[int] | None = None) -> Cells:
    meter = CellMeter(rate_hz, signal.shape[1])
    for block in np.split(signal, sorted(cuts or [])):
        meter.update(block)
    return meter.result()


@pytest.mark.parametrize("n_channels", [1, 2])
def test_power_is_that_of_the_loudness_meter(n_channels: int) -> None:
    signal = NOISE[: 4_800 * 6, :n_channels]
    meter = LoudnessMeter(RATE_HZ, n_channels)
    meter.update(signal)
    by_100_ms = cells_of(signal).power.reshape(-1, 150).mean(axis=1)
    np.testing.assert_allclose(by_100_ms, meter.result().energies, rtol=1e-5)


def test_peaks_are_those_of_the_envelope_on_both_sides_of_each_sample() -> None:
    envelope = PeakEnvelope(RATE_HZ, 2)
    dull = np.column_stack([np.convolve(row, np.hanning(9) / 4) for row in NOISE.T])
    found = np.concatenate([envelope.process(dull), envelope.flush()])[
        envelope.latency_samples :
    ]
    whole = found[: 32 * 700].reshape(-1, 32)
    expected = np.maximum(whole.max(axis=1)[:-1], whole[1:, 0])
    np.testing.assert_array_equal(cells_of(dull).peak[:699], expected)


def test_bright_cells_are_read_by_long_filters_too() -> None:
    envelope = PeakEnvelope(RATE_HZ, 2)
    found = np.concatenate([envelope.process(NOISE), envelope.flush()])[
        envelope.latency_samples :
    ]
    short = found[: 32 * 700].reshape(-1, 32).max(axis=1)
    long = cells_of(NOISE).peak[:700]
    assert (long >= short).all()
    assert (long > 1.05 * short).mean() > 0.2


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
def test_any_block_cut_gives_the_same_cells(cuts: list[int]) -> None:
    assert cells_of(NOISE, cuts=cuts).to_bytes() == cells_of(NOISE).to_bytes()


@pytest.mark.parametrize(("n_samples", "n_cells"), [(0, 0), (1, 1), (32, 1), (33, 2)])
def test_a_last_partial_cell_is_kept(n_samples: int, n_cells: int) -> None:
    cells = cells_of(np.ones((n_samples, 2)))
    assert len(cells) == len(cells.power) == n_cells
    assert (cells.peak >= 1.0).all()


def test_cells_survive_as_bytes() -> None:
    cells = cells_of(NOISE)
    again = Cells.from_bytes(cells.to_bytes())
    assert (again.sample_rate_hz, again.cell_samples) == (RATE_HZ, 32)
    np.testing.assert_array_equal(again.peak, cells.peak)
    np.testing.assert_array_equal(again.power, cells.power)


@given(
    st.binary(max_size=64)
    | st.integers(0, 200).map(lambda n: cells_of(NOISE[:96]).to_bytes()[:n])
)
def test_whatever_the_bytes_only_a_decode_error_comes_of_them(data: bytes) -> None:
    with contextlib.suppress(DecodeError):
        Cells.from_bytes(data)


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(44_100, 48_000), (96_000, 44_100), (48_000, 48_000)]
)
def test_another_grid_loses_no_peak_and_keeps_the_power(from_hz: int, to_hz: int) -> None:
    rng = np.random.default_rng(0)
    peak, power = rng.random((2, from_hz // 32 * 2)).astype(np.float32)
    moved = Cells(from_hz, peak, power).at_rate(to_hz)
    assert len(moved) / to_hz == pytest.approx(len(peak) / from_hz, abs=1.5 / to_hz)
    assert moved.peak.max() == peak.max()
    for cell in rng.integers(0, len(peak) - 1, 50):
        place = cell * to_hz // from_hz
        assert moved.peak[place : place + 3].max() >= peak[cell]
    total = power.astype(np.float64).sum() / from_hz
    assert moved.power.astype(np.float64).sum() / to_hz == pytest.approx(total, rel=1e-5)


def test_more_than_two_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="1 or 2"):
        CellMeter(RATE_HZ, 3)


def test_the_plain_kernel_agrees_with_the_compiled_one() -> None:
    powers = []
    for run in (_weighted_power, _weighted_power.py_func):
        power = np.empty(4, np.float32)
        run(NOISE[:128].copy(), k_weighting(RATE_HZ), np.zeros((2, 4)), power)
        powers.append(power)
    np.testing.assert_allclose(powers[0], powers[1], rtol=1e-6)
