from __future__ import annotations

from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SpecError
from pipeline.spec import located
from pipeline.spec.located import MAX_DEPTH, Node, Place, compose

# fmt: off
FRAGMENTS = [
    "a", "b", ": ", ":", "\n", "  ", "- ", "[", "]", "{", "}", ", ", "&x ", "*x", '"', "'",
    "|\n", ">\n", "#", "!", "!!int ", "%", "@", "`", "\t", "---\n", "...\n", "? ", "<<: ", "~",
    "null", "\\", "\x00", "\ufeff", "é", "🎵", "\u2028", "\x85",
]
# fmt: on


def tree(text: str) -> Node:
    return compose(text, file="album.yaml")


def fault(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        tree(text)
    return str(caught.value)


@pytest.mark.parametrize(
    "written",
    ["2:00", "0123456701234", "5012345678900", "NO", "off", "2026-03-06", "1e-3", "0x1f", "010",
     "1_000", ".5", "True", "-10 LUFS", "=", "12:30:45", ".inf", "Null"],
)  # fmt: skip
def test_a_value_means_the_text_that_was_written(written: str) -> None:
    assert tree(f"key: {written}").plain() == {"key": written}


@pytest.mark.parametrize("written", ["", "~", "null", "# later"])
def test_only_an_empty_value_and_null_mean_nothing(written: str) -> None:
    assert tree(f"key: {written}").plain() == {"key": None}


def test_null_in_quotes_is_a_text() -> None:
    assert tree("key: 'null'").plain() == {"key": "null"}


def test_every_key_and_value_knows_its_place() -> None:
    place = Place.find(tree("a:\n  b: [x, {c:   d}]\n"), ("a", "b", 1, "c"))
    assert (str(place.key_mark), str(place.mark)) == ("album.yaml:2:11", "album.yaml:2:16")


def test_a_place_that_is_not_written_is_the_key_around_it() -> None:
    place = Place.find(tree("a:\n  b:\n    c: d\n"), ("a", "b", "e", "f"))
    assert str(place.mark) == "album.yaml:2:3"
    assert place.path == ("a", "b", "e", "f")


def test_both_parsers_find_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &n [1, 'two', \"3\"]\nb:\n  - *n\n  - {c: ~}\n"
    with_libyaml = tree(text)
    monkeypatch.setattr(located, "_Loader", yaml.BaseLoader)
    assert tree(text) == with_libyaml


def test_a_repeat_stands_where_it_was_named() -> None:
    place = Place.find(tree("a: &warm [x]\nb: *warm\n"), ("b", 0))
    assert str(place.mark) == "album.yaml:1:11"


@pytest.mark.parametrize(
    ("text", "where", "said", "hint"),
    [
        (
            "a: 1\nb: 2\na: 3",
            "3:1",
            "'a' stands here a second time; the first",
            "",
        ),
        ("a:\n\tb: 1", "2:1", "a tab stands here", "only spaces count"),
        ("a:\n  b: 1\n\tc: 2", "3:1", "a tab stands here", "only spaces count"),
        ("a: 1\n---\nb: 2", "2:1", "a second document", ""),
        ("", "1:1", "there is nothing in this file", "glassmaster init"),
        ("# only remarks\n", "1:1", "there is nothing in this file", "glassmaster init"),
        ("a: {<<: {b: 1}}", "1:5", "'<<' is not read", "defaults"),
        ("a: !!int 3", "1:4", "the type '!!int' is not read", "quotes"),
        ("a: !Loud", "1:4", "the type '!Loud' is not read", "quotes"),
        ("a: *star", "1:4", "'*star' repeats something that has not been named", '"*star"'),
        ("a: &x [*x]", "1:8", "'*x' repeats something that has not been named", ""),
        ("a: Song: Part 2", "1:8", "a second colon stands in this value", "quotes"),
        ("a: @home", "1:4", "a text cannot begin with this sign", "quotes"),
        ("a: 100\nb: %", "2:4", "a text cannot begin with this sign", "quotes"),
        ("a: * b", "1:4", "a text cannot begin with * or &", "quotes"),
        ("a: 'it\nb: 2", "1:4", "the text in quotes that begins here does not end", "''"),
        ('a: "What" he said', "1:11", "something stands after the text in quotes", "quotes"),
        ('a: "C:\\mixes"', "1:7", "\\ inside double quotes", "single quotes"),
        ("a: [x, y\nb: 3\n", "1:4", "the list that begins here has no ]", "' #'"),
        ("a: {x: 1\nb: 3\n", "1:4", "the mapping that begins here has no }", "' #'"),
        ("a: 1\nb:2\nc: 3", "2:1", "this line is no `key: value`", "a colon and a space"),
        ("a:\n   b: 1\n  c: 2", "3:3", "indented unlike its neighbours", "same column"),
        ("a: - x", "1:4", "a list that begins with - starts in a line of its own", "[first"),
        ("a: >x", "1:4", "after | or > the text begins in the next line", ""),
        ("[a]: b", "1:1", "a key is missing here, or is no text", ""),
        ("a: b\x07c", "1:5", "character U+0007 cannot stand in a spec", ""),
        ("a: " + "[" * 40 + "]" * 40, "1:27", "24 deep", ""),
    ],
)
def test_what_is_no_spec_is_told_with_its_place(
    text: str, where: str, said: str, hint: str
) -> None:
    found = fault(text)
    assert found.startswith(f"album.yaml:{where}: ")
    assert said in found
    assert hint in found


def test_several_faults_of_structure_are_told_at_once() -> None:
    assert fault("a: 1\na: 2\nb: !x y\n").count("album.yaml:") == 2


def test_a_bomb_of_repeats_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "50,000 values" in fault("\n".join(lines))


def test_repeats_do_not_nest_deeper_than_what_is_written_out() -> None:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, MAX_DEPTH + 1)]
    assert f"more than {MAX_DEPTH} deep" in fault("\n".join(lines))


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_whatever_the_text_only_spec_errors_escape(text: str) -> None:
    with suppress(SpecError):
        tree(text).plain()
