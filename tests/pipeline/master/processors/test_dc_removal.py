from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dsp import Audio
from pipeline.master.processors.dc_removal import DcRemoval, OffsetRemover

RATE_HZ = 48_000
NOISE = np.random.default_rng(6).normal(0.0, 0.1, (RATE_HZ, 2))
OFFSETS = np.array([0.02, -0.005])


def made(below: str = "2 Hz") -> OffsetRemover:
    return DcRemoval.model_validate({"below": below}).make(RATE_HZ)


def run(remover: OffsetRemover, signal: Audio, edges: list[int]) -> Audio:
    parts = [remover.process(signal[start:end]) for start, end in pairwise(edges)]
    return np.concatenate((*parts, remover.flush()))


def test_an_offset_is_gone_a_second_later() -> None:
    out = made().process(np.full((3 * RATE_HZ, 2), OFFSETS))
    assert np.abs(out[RATE_HZ:]).max() < 1e-6


@pytest.mark.parametrize(("tone_hz", "level_db"), [(2, -3.01), (20, -0.043), (40, -0.011)])
def test_the_bass_is_left_alone(tone_hz: int, level_db: float) -> None:
    impulse = np.zeros((10 * RATE_HZ, 2))
    impulse[0] = 1.0
    spectrum = np.fft.rfft(made().process(impulse)[:, 0])[10 * tone_hz]
    assert 20 * np.log10(abs(spectrum)) == pytest.approx(level_db, abs=0.002)
    turned = np.degrees(np.angle(spectrum))
    assert turned == pytest.approx(np.degrees(np.arctan(2 / tone_hz)), abs=0.05)


def test_it_tells_the_offset_it_met() -> None:
    remover = made()
    noise = NOISE - NOISE.mean(axis=0)
    remover.process(noise + OFFSETS)
    assert remover.told["offsets"] == OFFSETS.tolist()
    assert remover.told["did"] == (
        "took away an offset of +2.000 % of full scale on the left, -0.500 % on the right"
    )


@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
def test_any_block_cut_gives_the_same_samples_and_tells_the_same(cuts: list[int]) -> None:
    one, many = made(), made()
    whole = run(one, NOISE, [0, len(NOISE)])
    np.testing.assert_array_equal(run(many, NOISE, [0, *sorted(cuts), len(NOISE)]), whole)
    assert many._sum.tolist() == one._sum.tolist()
    assert many.told == one.told


def test_silence_stays_silence() -> None:
    remover = made()
    assert not remover.process(np.zeros((1000, 2))).any()
    assert remover.told["offsets"] == [0.0, 0.0]
