from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import SpecError
from pipeline.master.processors.eq import Eq
from pipeline.master.registry import parameters
from pipeline.spec.loader import read

NOISE = np.random.default_rng(1).normal(0.0, 0.2, (500, 2))


def level_db(written: Any, at_hz: float) -> float:
    """Return the level of a tone behind the equaliser, in whole Hz."""
    impulse = np.zeros((48_000, 2))
    impulse[0] = 1.0
    out = Eq.model_validate(written).make(48_000).process(impulse)
    return float(20 * np.log10(np.abs(np.fft.rfft(out[:, 0]))[round(at_hz)]))


def test_a_bell_has_its_gain_at_its_centre() -> None:
    bell = {"bell": {"at": "320 Hz", "gain": "-1.2 dB", "q": "0.9"}}
    assert level_db(bell, 320.0) == pytest.approx(-1.2, abs=0.001)
    assert level_db({"bell": {"at": "6 kHz", "gain": "6 dB"}}, 6000) == pytest.approx(
        6, abs=0.03
    )
    assert level_db(bell, 20_000.0) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize(("shape", "far_hz"), [("low_shelf", 20.0), ("high_shelf", 20_000.0)])
def test_a_shelf_has_half_its_gain_at_its_corner_and_all_of_it_far_away(
    shape: str, far_hz: float
) -> None:
    shelf = {shape: {"at": "1 kHz", "gain": "4 dB"}}
    assert level_db(shelf, 1000.0) == pytest.approx(2.0, abs=0.02)
    assert level_db(shelf, far_hz) == pytest.approx(4.0, abs=0.1)


def test_bands_add_up() -> None:
    bell = {"bell": {"at": "100 Hz", "gain": "2 dB"}}
    shelf = {"high_shelf": {"at": "8 kHz", "gain": "3 dB"}}
    together = level_db([bell, shelf], 3000.0)
    assert together == pytest.approx(level_db(bell, 3000.0) + level_db(shelf, 3000.0), abs=0.06)


def test_bands_without_gain_keep_every_bit() -> None:
    flat = [{shape: {"at": "1 kHz", "gain": "0 dB"}} for shape in ("bell", "low_shelf")]
    eq = Eq.model_validate(flat).make(48_000)
    np.testing.assert_array_equal(eq.process(NOISE), NOISE)


def test_a_tilt_lifts_the_highs_and_lowers_the_lows_by_its_gain() -> None:
    slope = {"tilt": {"at": "700 Hz", "gain": "2 dB"}}
    assert level_db(slope, 20) == pytest.approx(-2.0, abs=0.05)
    assert level_db(slope, 700) == pytest.approx(0.0, abs=0.05)
    assert level_db(slope, 20_000) == pytest.approx(2.0, abs=0.05)


def test_a_notch_takes_one_frequency_away_and_leaves_its_neighbours() -> None:
    hum = {"notch": {"at": "1 kHz", "q": "10"}}
    assert level_db(hum, 1000) < -100
    assert level_db(hum, 950) == pytest.approx(-2.9, abs=0.1)
    assert level_db(hum, 500) == pytest.approx(0.0, abs=0.05)
    assert level_db(hum, 2000) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{phase: liner, bands: []}", "4:15: album_chain[1].eq.phase: 'liner' is not one of"),
        (
            "{bands: [{tilt: {at: 9 kHz}}]}",
            "4:17: album_chain[1].eq.bands[1].tilt.gain: is mis",
        ),
        (
            "{phase: linear, tilt: {}}",
            "album_chain[1].eq.tilt: 'tilt' is not a key here\n  hint: it does not go",
        ),
    ],
)
def test_what_is_wrong_in_bands_with_a_phase_is_found_in_its_place(
    written: str, said: str
) -> None:
    text = "album: {title: A, artist: B}\ntracks: {a: {title: x, mix: a.wav}}\nalbum_chain:\n"
    with pytest.raises(SpecError) as caught:
        read(f"{text}- eq: {written}\n", path=Path("a"), processors=parameters())
    assert said in "\n".join(map(str, caught.value.problems))


def test_bands_with_a_phase_may_leave_it_to_be_minimum() -> None:
    band = {"tilt": {"at": "700 Hz", "gain": "2 dB"}}
    assert Eq.model_validate({"bands": band}) == Eq.model_validate([band])
