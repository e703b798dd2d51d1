from typing import Any

import pytest

from pipeline.intake.comparison import COLUMNS, Compared, compare
from pipeline.intake.listening import SILENCE_DB
from pipeline.intake.survey import Survey


def album(*lufs: float | None, **others: Any) -> dict[str, Survey]:
    return {
        f"t{number}": Survey({"loudness": {"integrated_lufs": each}, **others})
        for number, each in enumerate(lufs, start=1)
    }


def loudness(*lufs: float | None) -> Compared:
    (found,) = compare(album(*lufs))
    assert found.name == "integrated_lufs"
    return found


def test_a_mix_far_from_the_middle_stands_apart() -> None:
    found = loudness(-18.0, -17.5, -11.0, -18.4, -18.1)
    assert found.middle == -18.0
    assert found.apart == ("t3",)


def test_mixes_that_differ_among_themselves_do_not() -> None:
    assert loudness(-10.0, -14.0, -18.0, -22.0, -26.0).apart == ()


def test_small_distances_are_no_news_however_alike_the_others_are() -> None:
    assert loudness(-18.0, -18.0, -18.0, -18.0, -21.9).apart == ()


def test_of_three_mixes_none_stands_apart() -> None:
    assert loudness(-18.0, -18.0, -2.0).apart == ()


def test_what_is_undefined_or_silent_has_no_value_and_is_not_counted() -> None:
    found = loudness(None, SILENCE_DB, -18.0, -17.0)
    assert found.values == {"t1": None, "t2": None, "t3": -18.0, "t4": -17.0}
    assert found.middle == -17.5


def test_columns_without_a_listener_are_left_out() -> None:
    assert compare({"t1": Survey({})}) == ()
    assert compare({}) == ()


def test_balance_and_regions_come_from_their_listeners() -> None:
    stereo = {"left_lufs": -20.0, "right_lufs": -18.5, "correlation": None}
    tone = {"heard_s": 9.0, "centres_hz": [50.0, 1_000.0, 8_000.0], "levels_db": [-20.0] * 3}
    found = {
        each.name: each for each in compare({"t1": Survey({"stereo": stereo, "tone": tone})})
    }
    assert found["balance_lu"].values == {"t1": 1.5}
    assert found["low_share_db"].values["t1"] == pytest.approx(-4.8)
    assert "correlation" not in found


def test_names_are_unique_and_carry_their_unit() -> None:
    assert len({each.name for each in COLUMNS}) == len(COLUMNS)
    for each in COLUMNS:
        assert each.name.endswith(f"_{each.unit.lower()}" if each.unit else "n")
