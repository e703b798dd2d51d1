from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import EncodeError
from formats.filenames import FALLBACK, MAX_BYTES, safe_filename, unique_names

DEVICE = re.compile(
    r"(CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³]|CONIN\$|CONOUT\$) *(\..*)?", re.I
)
TITLES = st.text(max_size=40) | st.text(
    st.sampled_from('aE. /:\\?*"<>|\n\u0301\u200d\ufe0f😀ö\u202e日\ue000CONcon1'), max_size=30
)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Slipway", "Slipway"),
        ("AC/DC", "AC-DC"),
        ("Björk", "Björk"),
        ("日本語", "日本語"),
        ("Ænima", "Ænima"),
        ("𠮷田", "𠮷田"),
        ("R.E.M.", "R.E.M"),
        ("...And Justice for All", "And Justice for All"),
        ("What's the Story? (Live)", "What's the Story (Live)"),
        ("Side: A", "Side - A"),
        ("4:33", "4-33"),
        ('12" Mix', "12' Mix"),
        ("a\\b|c<d>e*f", "a-b-c(d)e_f"),
        ("  two   spaces ", "two spaces"),
        ("tab\tand\nline", "tab and line"),
        ("no\u00a0break", "no break"),
        ("love 😀 you", "love you"),
        ("👨‍👩‍👧", FALLBACK),
        ("♥", "♥"),
        ("♥\ufe0f", "♥"),
        ("\u202egnp.exe", "gnp.exe"),
        ("bell\x07", "bell"),
        ("nul\0l", "null"),
        ("half\ud800", "half"),
        ("", FALLBACK),
        (".", FALLBACK),
        ("..", FALLBACK),
        ("???", FALLBACK),
        ("/", "-"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("CON", "CON_"),
        ("con", "con_"),
        ("Aux.Mix", "Aux_.Mix"),
        ("COM¹", "COM¹_"),
        ("LPT9 .x", "LPT9_.x"),
        ("Con Air", "Con Air"),
        ("COM10", "COM10"),
        ("trailing dots. . .", "trailing dots"),
    ],
)
def test_titles_become_names(title: str, name: str) -> None:
    assert safe_filename(title) == name


def test_decomposed_letters_are_composed() -> None:
    assert safe_filename(unicodedata.normalize("NFD", "Björk")) == "Björk"


@given(title=TITLES, max_bytes=st.integers(16, 60))
@settings(max_examples=400, deadline=None)
def test_any_title_makes_a_safe_name(title: str, max_bytes: int) -> None:
    name = safe_filename(title, max_bytes=max_bytes)
    assert 0 < len(name.encode()) <= max_bytes
    assert not set(name) & set('<>:"/\\|?*')
    assert not any(unicodedata.category(each)[0] == "C" for each in name)
    assert name == name.strip(" .")
    assert unicodedata.is_normalized("NFC", name)
    assert not unicodedata.combining(name[0])
    assert not DEVICE.fullmatch(name)
    assert safe_filename(name, max_bytes=max_bytes) == name


@pytest.mark.parametrize(
    "title", ["a" * 300, "日" * 300, "n\u0303" * 300, "ab" + "x\u0302\u0303" * 99]
)
def test_long_titles_are_cut_between_letters(title: str) -> None:
    name = safe_filename(title)
    assert MAX_BYTES - 6 < len(name.encode()) <= MAX_BYTES
    whole = unicodedata.normalize("NFC", title)
    assert whole.startswith(name)
    assert not unicodedata.combining(whole[len(name)])


def test_a_limit_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(EncodeError, match="16 or more"):
        safe_filename("a", max_bytes=15)


def test_a_name_can_be_made_on_this_system(tmp_path: Path) -> None:
    for title in ("AC/DC", "CON", "日" * 300, "..", "Björk", "a\0b", "😀"):
        (tmp_path / safe_filename(title)).write_bytes(b"")


def caseless(name: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


@pytest.mark.parametrize(
    ("names", "unique"),
    [
        ([], ()),
        (["a", "b"], ("a", "b")),
        (["Intro", "Song", "Intro"], ("Intro", "Song", "Intro (2)")),
        (["Intro", "INTRO", "intro"], ("Intro", "INTRO (2)", "intro (3)")),
        (["a", "a", "a (2)"], ("a", "a (3)", "a (2)")),
        (["a (2)", "a", "a", "a"], ("a (2)", "a", "a (3)", "a (4)")),
        (["ö", "o\u0308"], ("ö", "o\u0308 (2)")),
        (["straße", "STRASSE"], ("straße", "STRASSE (2)")),
    ],
)
def test_names_that_collide_are_numbered(names: list[str], unique: tuple[str, ...]) -> None:
    assert unique_names(names) == unique


FEW = st.lists(
    st.sampled_from(("a", "A", "b", "a (2)", "a (3)", "ö", "Ö", "c" * 16, "c" * 12 + "dddd")),
    max_size=8,
)


@given(FEW)
@settings(max_examples=200, deadline=None)
def test_no_two_names_are_one_file_on_any_system(names: list[str]) -> None:
    unique = unique_names(names, max_bytes=16)
    assert len({caseless(name) for name in unique}) == len(names)
    assert all(len(name.encode()) <= 16 for name in unique)


@given(names=FEW, other=st.sampled_from(("z", "y (2)", "Z")), place=st.integers(0, 8))
@settings(max_examples=100, deadline=None)
def test_another_title_changes_no_name(names: list[str], other: str, place: int) -> None:
    place = min(place, len(names))
    more = unique_names([*names[:place], other, *names[place:]])
    assert more[:place] + more[place + 1 :] == unique_names(names)


def test_a_shortened_name_keeps_its_number() -> None:
    assert unique_names(["日" * 5] * 2, max_bytes=16) == ("日" * 5, "日" * 4 + " (2)")
