from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engine import JSON, Artifact, Source, Step, canonical_json
from pipeline.engine.keys import facets_of, key_of, known_digests

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(each) for each in value] if isinstance(value, list) else value


def key(**changes: Any) -> str:
    given = {
        "name": "track/slipway/master",
        "kind": "master.track",
        "run": "pipeline.master.steps:master",
        "params": {"ceiling_db": -1.0},
        "inputs": {"mix": Source(Path("01.wav"), "aa")},
        "tools": ("numba",),
        "tool_versions": {"numba": "0.61"},
    } | changes
    versions = given.pop("tool_versions")
    step = Step(**given)
    return key_of(facets_of(step, known_digests(step, {}), tool_versions=versions))


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_the_order_of_keys_does_not_change_canonical_json(value: JSON) -> None:
    assert canonical_json(reordered(value)) == canonical_json(value)


def test_canonical_json_is_ascii_without_blanks_and_sorted() -> None:
    assert canonical_json({"b": (1, 2.5), "a": "é"}) == b'{"a":"\\u00e9","b":[1,2.5]}'


def test_negative_zero_is_zero() -> None:
    assert canonical_json({"gain_db": -0.0}) == canonical_json({"gain_db": 0.0})


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused_with_its_place(number: float) -> None:
    with pytest.raises(ValueError, match=r"value\.eq\[1\] is"):
        canonical_json({"eq": [0.0, number]})


@pytest.mark.parametrize("value", [{1: "a"}, {"a": {1, 2}}, {"a": Path("x")}, {"a": b"x"}])
def test_what_is_no_json_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match=r"no JSON|no text"):
        canonical_json(value)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "another/name"},
        {"run": "pipeline.master.steps:renamed"},
        {"cost_s": 3.0},
        {"hints": {"offset": 7}},
        {"inputs": {"mix": Source(Path("moved/elsewhere.wav"), "aa")}},
        {"inputs": {"mix": Artifact("aa", 5)}},
        {"tool_versions": {"numba": "0.61", "soxr": "1.0"}},
    ],
)
def test_what_does_not_shape_the_bytes_is_no_part_of_the_key(change: dict[str, Any]) -> None:
    assert key(**change) == key()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "master.stem"},
        {"version": 2},
        {"params": {"ceiling_db": -0.5}},
        {"inputs": {"mix": Source(Path("01.wav"), "bb")}},
        {"inputs": {"stem": Source(Path("01.wav"), "aa")}},
        {"outputs": ("audio",)},
        {"tool_versions": {"numba": "0.62"}},
        {"tools": ()},
    ],
)
def test_what_shapes_the_bytes_changes_the_key(change: dict[str, Any]) -> None:
    assert key(**change) != key()


def test_a_tool_without_a_version_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="no version given for soxr"):
        key(tools=("soxr",))


def test_a_step_keeps_its_own_copy_of_settings_and_inputs() -> None:
    params: dict[str, JSON] = {"ceiling_db": -1.0}
    step = Step("a", "kind", "module:function", params=params)
    params["ceiling_db"] = 0.0
    assert step.params == {"ceiling_db": -1.0}


@pytest.mark.parametrize(
    "wrong", [{"outputs": ()}, {"outputs": ("a", "a")}, {"run": "no_colon"}, {"name": ""}]
)
def test_a_step_that_cannot_be_is_a_mistake(wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        Step(**({"name": "a", "kind": "k", "run": "m:f"} | wrong))


def test_an_output_that_is_not_made_cannot_be_named() -> None:
    with pytest.raises(AssertionError, match="has no output 'cover'"):
        Step("a", "kind", "module:function").output("cover")
