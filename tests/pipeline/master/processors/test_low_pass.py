import numpy as np
import pytest

from pipeline.dsp import Audio
from pipeline.master.processors.low_pass import LowPass

SLOPES_DB = range(6, 49, 6)


def levels_db(written: dict[str, str], rate_hz: int, *at_hz: int) -> Audio:
    impulse = np.zeros((rate_hz, 2))
    impulse[0] = 1.0
    out = LowPass.model_validate(written).make(rate_hz).process(impulse)
    return np.asarray(20 * np.log10(np.abs(np.fft.rfft(out[:, 0]))[list(at_hz)]))


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("slope_db", SLOPES_DB)
def test_it_is_3_db_down_at_its_corner_and_falls_by_its_slope(
    slope_db: int, rate_hz: int
) -> None:
    written = {"at": "9 kHz", "slope": f"{slope_db} dB/oct"}
    low, corner, octave_up = levels_db(written, rate_hz, 100, 9_000, 18_000)
    assert low == pytest.approx(0.0, abs=0.05)
    assert corner == pytest.approx(-3.01, abs=0.05)
    assert octave_up == pytest.approx(-10 * np.log10(1 + 2 ** (slope_db / 3)), abs=0.05)


def test_the_highest_octave_keeps_its_shape_at_44_1_khz() -> None:
    """A bilinear one would be 14 dB too low at 20 kHz."""
    at_20_khz = levels_db({"at": "16 kHz"}, 44_100, 20_000)[0]
    assert at_20_khz == pytest.approx(-10 * np.log10(1 + (20 / 16) ** 4), abs=0.05)


def test_twelve_db_per_octave_is_the_default() -> None:
    written = LowPass.model_validate({"at": "16 kHz"}).model_dump(mode="json")
    assert written == {"at": "16000 Hz", "slope": "12 dB/oct", "phase": "minimum"}
