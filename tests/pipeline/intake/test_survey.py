from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.intake import survey
from pipeline.intake.listening import Format, Windows
from pipeline.intake.survey import EARS, hear

RATE_HZ = 48_000


def cut(audio: Audio, cuts: list[int]) -> Iterator[Audio]:
    return iter(np.split(audio, cuts))


@pytest.mark.parametrize("n_channels", [1, 2])
def test_any_way_of_cutting_a_mix_leads_to_the_same_figures(n_channels: int) -> None:
    rng = np.random.default_rng(4)
    audio = rng.normal(0.0, 0.1, (3 * RATE_HZ, n_channels))
    wanted = Format(RATE_HZ, n_channels, len(audio), 24, is_float=False)
    whole = hear(cut(audio, []), wanted)
    parts = hear(cut(audio, [0, 1, 777, 70_000, 70_000, 123_456]), wanted)
    for name, figures in whole.figures.items():
        for key, value in figures.items():
            is_text = value is None or isinstance(value, str)
            same = value if is_text else pytest.approx(value, rel=1e-9, abs=1e-12)
            assert parts.figures[name][key] == same, (name, key)


def test_every_listener_has_a_name_of_its_own_and_figures_that_come_back() -> None:
    assert len({ear.name for ear in EARS}) == len(EARS)
    audio = np.random.default_rng(1).normal(0.0, 0.1, (RATE_HZ, 2))
    found = hear(cut(audio, []), Format(RATE_HZ, 2, RATE_HZ, 24, is_float=False))
    for ear in EARS:
        figures = survey._resolved(ear)(Format(RATE_HZ, 2, RATE_HZ, 24, is_float=False))
        assert figures.figures().name == ear.name
        assert set(found.figures) == {each.name for each in EARS}


def test_a_sine_on_a_bin_has_its_amplitude_in_the_spectra() -> None:
    windows = Windows(RATE_HZ, 1, length_s=0.18)
    first = windows.frames(np.zeros((0, 1)))
    assert first.spectra.shape == (0, 1, 4097)
    hz = 200 * RATE_HZ / 8192
    tone = 0.25 * np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ)
    frames = windows.frames(tone[:, None])
    assert len(frames.spectra) == (RATE_HZ - 8192) // 4096 + 1
    np.testing.assert_allclose(np.abs(frames.spectra[:, 0, 200]), 0.25, rtol=1e-9)
    assert frames.frequencies_hz[200] == pytest.approx(hz)
