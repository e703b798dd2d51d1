from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.master.registry import parameters
from pipeline.spec.insertion import (
    ChainLine,
    NoRoomError,
    SpecText,
    flow,
    with_insertions,
)
from pipeline.spec.loader import read
from pipeline.spec.model import ChainItem, read_item

FIRST = {"high_pass": {"at": "25 Hz"}}
LAST = {"mono_bass": {"below": "120 Hz"}, "mix": "40 %"}
LINES = [
    ChainLine("high_pass: {at: 25 Hz}", "rumble, much of it"),
    ChainLine("{mono_bass: {below: 120 Hz}, mix: 40 %}", "wide", is_last=True),
]
HEAD = "album: {title: 'Ufer — 岸 🎵', artist: The Testers}  # Ä\ntracks:\n"


def item(written: dict[str, Any]) -> ChainItem:
    return read_item(written, parameters())


def chains(text: str) -> dict[str, tuple[ChainItem, ...]]:
    spec = read(text, path=Path("album.yaml"), processors=parameters()).spec
    return {name: each.chain for name, each in spec.tracks.items()}


def added(text: str, track: str = "a") -> str:
    """Return a spec with both lines in the chain of a track."""
    spec = SpecText(text)
    return with_insertions(text, spec.chain_insertions(("tracks", track), "chain", LINES))


def is_within(small: str, large: str) -> bool:
    """Whether one text comes of another by leaving characters out."""
    letters = iter(large)
    return all(letter in letters for letter in small)


TRACKS = {
    "block": "  a:\n    title: A\n    mix: a.wav\n",
    "block with comments": "  a:\n    title: A\n    mix: a.wav  # 岸\n    # TODO\n\n  # b\n",
    "tabs in comments": "  a:\t# first\n    title: A\t# its\ttitle\n    mix: a.wav\t#\tx\n",
    "no end": "  a:\n    title: A\n    mix: a.wav",
    "flow": "  a: {title: A, mix: a.wav}  # best\n",
    "flow with a comma": "  a: {title: A, mix: a.wav, }\n",
    "flow without end": "  a: {title: A, mix: a.wav}",
    "flow on lines": "  a: {title: A,\n    mix: a.wav  # best\n  }\n",
    "flow on lines with a comma": "  a: {title: A,\n    mix: a.wav,  # best\n  }\n",
    "flow on lines, tight": "  a: {title: A,\n    mix: a.wav}\n",
    "empty chain": "  a: {title: A, chain: [], mix: a.wav}\n",
    "block, empty chain": "  a:\n    title: A\n    chain:  # nothing yet\n    mix: a.wav\n",
    "block, chain in brackets": "  a:\n    title: A\n    mix: a.wav\n    chain: []\n",
    "quoted key": "  'a':\n    \"title\": A\n    'mix': a.wav\n",
    "folded title": "  a:\n    mix: a.wav\n    title: >-\n      A\n      B\n\n",
    "wide indent": "      a:\n              title: A\n              mix: a.wav\n",
}
OWN = {
    "block": "  a:\n    title: A\n    chain:\n      # his\n      - gain: -1 dB\n"
    "      - gain: 2 dB\n        mix: 30 %\n      # said so\n    mix: a.wav\n",
    "level with its key": "  a:\n    title: A\n    mix: a.wav\n    chain:\n    - gain: -1 dB\n"
    "    - gain: 2 dB\n      mix: 30 %\n",
    "flow": "  a: {title: A, mix: a.wav, chain: [{gain: -1 dB}, {gain: 2 dB, mix: 30 %}]}\n",
    "flow with a comma": "  a:\n    title: A\n    mix: a.wav\n    chain: [gain: -1 dB, "
    "{gain: 2 dB, mix: 30 %} , ]  # his\n",
    "flow on lines": "  a:\n    title: A\n    mix: a.wav\n    chain: [\n      gain: -1 dB,\n"
    "      {gain: 2 dB, mix: 30 %}  # his\n      ]\n",
}
GAINS = (item({"gain": "-1 dB"}), item({"gain": "2 dB", "mix": "30 %"}))
NEXT = "  b: {title: B, mix: b.wav}\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("track", TRACKS)
def test_a_chain_is_added_to_a_track(track: str, newline: str) -> None:
    text = (HEAD + TRACKS[track]).replace("\n", newline)
    after = added(text)
    assert chains(after) == {"a": (item(FIRST), item(LAST))}
    assert is_within(text, after)
    assert newline == "\n" or after.count("\n") == after.count("\r\n")
    assert text.endswith(("\n", "\r\n")) == after.endswith(("\n", "\r\n"))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("track", OWN)
def test_a_chain_gets_its_lines_before_and_behind_what_is_there(
    track: str, newline: str
) -> None:
    text = (HEAD + OWN[track] + NEXT).replace("\n", newline)
    after = added(text)
    assert chains(after) == {"a": (item(FIRST), *GAINS, item(LAST)), "b": ()}
    assert is_within(text, after)


@pytest.mark.parametrize("track", [*TRACKS.values(), *OWN.values()])
def test_lines_can_be_deleted_or_struck_out_one_by_one(track: str) -> None:
    text = HEAD + track
    before, lines = chains(text)["a"], added(text).split("\n")
    for marks, wanted in (("# rumble", item(LAST)), ("# wide", item(FIRST))):
        place = next(number for number, line in enumerate(lines) if marks in line)
        deleted = lines[:place] + lines[place + 1 :]
        struck = [*lines[:place], f"# {lines[place]}", *lines[place + 1 :]]
        for each in (deleted, struck):
            left = chains("\n".join(each))["a"]
            assert wanted in left
            assert len(left) == len(before) + 1
    none = [line for line in lines if "# rumble" not in line and "# wide" not in line]
    assert chains("\n".join(none))["a"] == before


@pytest.mark.parametrize("track", [*TRACKS.values(), *OWN.values()])
def test_whole_lines_are_put_in_but_where_a_bracket_closes_or_opens(track: str) -> None:
    text = HEAD + track
    changes = difflib.ndiff(text.splitlines(), added(text).splitlines())
    changed = [line for line in changes if line.startswith("- ")]
    if "{title" in track or "[" in track:
        assert len(changed) <= 2
    else:
        assert not changed


def test_the_chain_of_the_album_comes_behind_what_is_there() -> None:
    text = HEAD + "  a: {title: A, mix: a.wav}\n"
    after = with_insertions(text, SpecText(text).chain_insertions((), "album_chain", LINES[:1]))
    spec = read(after, path=Path("album.yaml"), processors=parameters()).spec
    assert spec.album_chain == (item(FIRST),)
    assert after.startswith(text)


@pytest.mark.parametrize(
    ("track", "why"),
    [
        ("  a: &same {title: A, mix: a.wav, chain: &c [gain: -1 dB]}\n", "a name"),
        ("  a:\n    title: A\n    mix: a.wav\n    chain: ~\n", "one word"),
        (
            "  a:\n    title: A\n    mix: a.wav\n    chain: &c\n      - gain: 1 dB\n",
            "before it",
        ),
        ("  a: {title: A, mix: a.wav, chain: }\n", "one word"),
    ],
)
def test_what_no_line_can_be_added_to_is_refused_in_words(track: str, why: str) -> None:
    with pytest.raises(NoRoomError, match=why):
        added(HEAD + track)


def test_an_alias_is_written_elsewhere() -> None:
    text = HEAD + "  a: &x {title: A, mix: a.wav}\n  b: *x\n"
    with pytest.raises(NoRoomError, match="elsewhere"):
        added(text, "b")


def test_a_region_has_the_comments_behind_an_entry() -> None:
    text = (
        HEAD
        + "  a: {title: A, mix: a.wav}  # one\n  # two\n  b: {title: B, mix: b.wav}\n# three\n"
    )
    spec = SpecText(text)
    assert spec.region(("tracks", "a")) == "a: {title: A, mix: a.wav}  # one\n  # two\n  "
    assert spec.region(("tracks", "b")).endswith("# three\n")
    with pytest.raises(NoRoomError):
        spec.region(("tracks", "c"))


PIECES = st.sampled_from(
    [*TRACKS.values(), *OWN.values(), "\n", "  # 岸 🎵\n", "# at the left\n", "  #\t\n"]
)


@given(st.lists(PIECES, min_size=1, max_size=5), st.booleans())
def test_any_track_of_any_spec_gets_its_lines_and_no_other(
    pieces: list[str], is_crlf: bool
) -> None:
    n_tracks, text = 0, HEAD
    for piece in pieces:
        if "title" in piece:
            name = f"t{n_tracks}"
            n_tracks += 1
            indent = len(piece) - len(piece.lstrip())
            piece = piece.replace("'a'", name, 1) if "'a'" in piece else piece
            piece = piece.replace(" a:", f" {name}:", 1)
            piece = "\n".join(line[max(indent - 2, 0) :] for line in piece.split("\n"))
        text += piece if piece.endswith("\n") else piece + "\n"
    if not n_tracks:
        return
    text = text.replace("\n", "\r\n") if is_crlf else text
    before = chains(text)
    for name in before:
        after = added(text, name)
        own = before[name]
        assert chains(after) == {**before, name: (item(FIRST), *own, item(LAST))}
        assert is_within(text, after)


def test_settings_are_written_in_flow_style() -> None:
    bands = {"bands": [{"up_to": "120 Hz", "threshold": "off"}, {"threshold": "-20 dB"}]}
    written = flow(bands)
    assert written == "{bands: [{up_to: 120 Hz, threshold: off}, {threshold: -20 dB}]}"
