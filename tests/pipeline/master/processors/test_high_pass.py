import numpy as np
import pytest

from pipeline.master.processors.high_pass import HighPass


@pytest.mark.parametrize("slope", [f"{db} dB/oct" for db in range(6, 49, 6)])
def test_it_is_3_db_down_at_its_corner_and_takes_dc_away(slope: str) -> None:
    model = HighPass.model_validate({"at": "25 Hz", "slope": slope})
    impulse = np.zeros((88_200, 2))
    impulse[0] = 1.0
    spectrum = np.abs(np.fft.rfft(model.make(44_100).process(impulse)[:, 0]))  # 0.5 Hz apart
    levels = spectrum[[0, 25, 50, 2000]]
    assert levels[0] == pytest.approx(0.0, abs=1e-9)
    order = float(slope.split()[0]) / 6.0
    an_octave_down_db = -10 * np.log10(1 + 2 ** (2 * order))
    assert 20 * np.log10(levels[1]) == pytest.approx(an_octave_down_db, abs=0.01)
    assert 20 * np.log10(levels[2]) == pytest.approx(-3.01, abs=0.01)
    assert 20 * np.log10(levels[3]) == pytest.approx(0.0, abs=0.01)


def test_twelve_db_per_octave_is_the_default() -> None:
    written = HighPass.model_validate({"at": "25 Hz"}).model_dump(mode="json")
    assert written == {"at": "25 Hz", "slope": "12 dB/oct", "phase": "minimum"}


def test_dc_is_gone_from_the_audio() -> None:
    model = HighPass.model_validate({"at": "25 Hz"})
    out = model.make(48_000).process(np.full((48_000, 2), 0.5))
    assert np.abs(out[-100:]).max() < 1e-6
