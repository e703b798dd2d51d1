from __future__ import annotations

from typing import Any

import pytest

from pipeline.engine.reasons import changed, differs


def facets(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "master.track",
        "version": 1,
        "params": {},
        "inputs": {"mix": "aa"},
        "outputs": ["out"],
        "tools": {"numba": "0.61"},
    } | changes


@pytest.mark.parametrize(
    ("before", "now", "text"),
    [
        (
            {"limiter": {"ceiling": -1}},
            {"limiter": {"ceiling": -0.5}},
            "limiter.ceiling -1 -> -0.5",
        ),
        ({"threshold_db": -18.0}, {"threshold_db": -16.0}, "threshold -18 dB -> -16 dB"),
        ({"aim_lufs": -10.0}, {"aim_lufs": -9.5}, "aim -10 LUFS -> -9.5 LUFS"),
        (
            {"chain": [{"at_hz": 320.0}]},
            {"chain": [{"at_hz": 300.0}]},
            "chain[1].at 320 Hz -> 300 Hz",
        ),
        ({"mode": "slow"}, {"mode": "fast"}, "mode 'slow' -> 'fast'"),
        ({"dither": True}, {"dither": False}, "dither on -> off"),
        ({"fade_s": None}, {"fade_s": 2}, "fade none -> 2 s"),
        ({"text": "a" * 80}, {"text": "b" * 80}, "text changed"),
        ({"ratio": 2}, {"ratio": 2.0}, "ratio changed"),
        ({}, {"width": 1.2}, "width 1.2 added"),
        ({"width": 1.2}, {}, "width removed"),
        ({"chain": []}, {"chain": [1]}, "chain[1] 1 added"),
        ({"chain": []}, {}, "settings changed"),
        ({"s": 1}, {"s": 2}, "s 1 -> 2"),
    ],
)
def test_a_changed_setting_is_named_with_both_values(
    before: dict[str, Any], now: dict[str, Any], text: str
) -> None:
    reason = changed(facets(params=before), facets(params=now))
    assert (reason.code, str(reason)) == ("setting_changed", text)


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({"inputs": {"mix": "bb"}}, "input_changed", "mix changed"),
        ({"inputs": {"mix": "aa", "cover": "cc"}}, "input_changed", "cover added"),
        ({"inputs": {}}, "input_changed", "mix removed"),
        ({"version": 2}, "version_raised", "version 1 -> 2"),
        ({"tools": {"numba": "0.62"}}, "tool_changed", "numba 0.61 -> 0.62"),
        ({"tools": {"numba": "0.61", "soxr": "1.0"}}, "tool_changed", "soxr none -> 1.0"),
        ({"outputs": ["out", "gain"]}, "setting_changed", "outputs changed"),
        ({"kind": "master.stem"}, "new", "new"),
        ({}, "output_missing", "its result is no longer kept"),
    ],
)
def test_every_other_change_has_its_code_and_words(
    change: dict[str, Any], code: str, text: str
) -> None:
    reason = changed(facets(), facets(**change))
    assert (reason.code, reason.text) == (code, text)


def test_a_step_that_never_ran_is_new() -> None:
    assert changed(None, facets()).code == "new"


def test_several_changes_are_all_named_the_input_first() -> None:
    reason = changed(
        facets(params={"gain_db": 0.0}), facets(params={"gain_db": 1.5}, inputs={"mix": "bb"})
    )
    assert (reason.code, reason.text) == ("input_changed", "mix changed; gain 0 dB -> 1.5 dB")


def test_of_many_changes_the_first_few_are_named_and_the_rest_counted() -> None:
    before, now = ({f"p{n}": each for n in range(9)} for each in (0, 1))
    text = changed(facets(params=before), facets(params=now)).text
    assert text == "p0 0 -> 1; p1 0 -> 1; p2 0 -> 1; p3 0 -> 1; and 5 more"


def test_nothing_is_said_of_an_input_that_is_not_known_yet() -> None:
    now = facets(inputs={}, params={"gain_db": 1.0})
    assert differs(facets(), facets(inputs={}), unknown={"mix"}) == ""
    assert differs(facets(), now, unknown={"mix"}) == "gain 1 dB added"
    assert differs(None, now, unknown={"mix"}) == ""
